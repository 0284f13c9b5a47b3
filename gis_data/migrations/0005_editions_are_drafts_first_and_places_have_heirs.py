import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0004_assets_stand_beside_boundaries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="ends_on",
            field=models.DateField(
                blank=True,
                help_text="Last day in force, where one is known.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who made the draft; empty for what a command published.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="note",
            field=models.CharField(
                blank=True,
                help_text="By what law, or why it was redrawn.",
                max_length=300,
            ),
        ),
        migrations.AddField(
            model_name="edition",
            name="version",
            field=models.PositiveIntegerField(
                default=1,
                help_text="Counts changes of a draft, so that nobody overwrites one.",
            ),
        ),
        migrations.CreateModel(
            name="PlaceSuccession",
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
                    "on",
                    models.DateField(help_text="First day the successor is in force."),
                ),
                (
                    "share",
                    models.FloatField(
                        blank=True,
                        help_text="Of the predecessor's ground, as measured; empty if unmeasured.",
                        null=True,
                    ),
                ),
                (
                    "is_official",
                    models.BooleanField(
                        default=False, help_text="Named by the table of the reform."
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=200)),
                (
                    "predecessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="place_successions",
                        to="gis_data.place",
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="place_origins",
                        to="gis_data.place",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("predecessor", "successor", "on"),
                        name="place_succeeds_another_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("share__isnull", True),
                            ("share__range", (0, 1)),
                            _connector="OR",
                        ),
                        name="place_succession_has_a_share_of_one_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("predecessor", models.F("successor")), _negated=True
                        ),
                        name="place_does_not_succeed_itself",
                    ),
                ],
            },
        ),
    ]
