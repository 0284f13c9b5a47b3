import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0052_each_return_counts_and_a_cleared_demo_opens_periods_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WeeklyLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "key",
                    models.UUIDField(
                        db_default=models.Func(function="gen_random_uuid"),
                        default=uuid.uuid4,
                        editable=False,
                        help_text="Names it to a provider, the same at every try.",
                        unique=True,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("owed", "Owed"),
                            ("sending", "Being sent"),
                            ("accepted", "Taken by the provider"),
                            ("delivered", "Delivered"),
                            ("failed", "Undeliverable"),
                            ("given_up", "Given up"),
                            ("dropped", "Not wanted any more"),
                        ],
                        default="owed",
                        max_length=9,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "next_try_at",
                    models.DateTimeField(
                        help_text="While being sent: when it is stuck."
                    ),
                ),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="A code, no words.", max_length=40
                    ),
                ),
                (
                    "may_have_gone",
                    models.BooleanField(
                        default=False,
                        help_text="A try that failed may have reached the provider.",
                    ),
                ),
                (
                    "may_be_doubled",
                    models.BooleanField(
                        default=False, help_text="It may have been sent twice."
                    ),
                ),
                ("provider_id", models.CharField(blank=True, max_length=100)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "week",
                    models.DateField(help_text="The Monday on which the week began."),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="weekly_letters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["owed", "sending"])),
                        fields=["next_try_at"],
                        name="weeklyletter_still_owed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "week"), name="weekly_letter_comes_once_a_week"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ["accepted", "delivered"]), _negated=True
                            ),
                            ("sent_at__isnull", False),
                            _connector="OR",
                        ),
                        name="weeklyletter_taken_by_a_provider_was_sent_at_a_moment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            models.Q(("attempts__gt", 0), ("tried_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="weeklyletter_being_sent_was_tried",
                    ),
                ],
            },
        ),
    ]
