"""What units have in hand, among all they ever had: lists and reforms ask for nothing
else, and a unit that is no more keeps its ended cases for ever."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # An index made while people work is made outside a transaction.

    dependencies = [("incidents", "0016_several_units_are_asked_at_once")]

    operations = [
        AddIndexConcurrently(
            model_name="report",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            "acknowledged",
                            "awaiting",
                            "in_progress",
                            "paused",
                            "reopened",
                            "transferred",
                            "verifying",
                        ],
                    )
                ),
                fields=["organisation"],
                name="report_in_hand_of_unit",
            ),
        ),
    ]
