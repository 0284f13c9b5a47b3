import django.db.models.deletion
import gis_data.models.map_file
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0005_editions_are_drafts_first_and_places_have_heirs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MapChange",
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
                    "code",
                    models.CharField(
                        choices=[
                            ("file_sent", "File sent"),
                            ("file_dropped", "File thrown away"),
                            ("draft_kept", "Draft made"),
                            ("draft_drawn", "Draft redrawn"),
                            ("draft_discarded", "Draft thrown away"),
                            ("activated", "Put in force"),
                            ("rolled_back", "Rolled back"),
                            ("assets_kept", "Assets kept"),
                            ("asset_drawn", "Asset drawn"),
                        ],
                        max_length=16,
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
                (
                    "arguments",
                    models.JSONField(
                        default=dict,
                        help_text="Kind, days, source, and how much changed.",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="Who did it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty for assets, and for a draft that is no more.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="changes",
                        to="gis_data.edition",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MapFile",
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
                    "what",
                    models.CharField(
                        choices=[("boundaries", "Boundaries"), ("assets", "Assets")],
                        max_length=10,
                    ),
                ),
                (
                    "original",
                    models.FileField(
                        max_length=200, upload_to=gis_data.models.map_file._kept_at
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="As its sender called it.", max_length=200
                    ),
                ),
                ("bytes", models.PositiveBigIntegerField()),
                ("sent_at", models.DateTimeField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("look", "Its columns are being read"),
                            ("ask", "Waiting for you to say how to read it"),
                            ("check", "It is being checked"),
                            ("report", "Checked; waiting for you to read the report"),
                            ("keep", "It is being kept"),
                            ("kept", "Kept"),
                        ],
                        default="look",
                        max_length=8,
                    ),
                ),
                ("since", models.DateTimeField(help_text="When this step began.")),
                (
                    "done",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of the step, in per cent."
                    ),
                ),
                (
                    "layers",
                    models.JSONField(
                        default=list,
                        help_text="Layer by layer: its name, columns and rows.",
                    ),
                ),
                (
                    "asked",
                    models.JSONField(
                        default=dict,
                        help_text="How it is to be read, as the form took it.",
                    ),
                ),
                (
                    "report",
                    models.JSONField(
                        blank=True, help_text="What was found.", null=True
                    ),
                ),
                (
                    "failure",
                    models.TextField(
                        blank=True, help_text="Why a step came to nothing."
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        blank=True,
                        help_text="The draft it became.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="gis_data.edition",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["sent_at"], name="map_file_by_day")],
            },
        ),
    ]
