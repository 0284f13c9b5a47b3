"""Keep the points that maps answer when they know no better, also of the maps so far."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

# The middles of all that was ever in force; what comes later brings its own.
MIDDLES = """
INSERT INTO gis_data_defaultpoint (point, kind, boundary_id, name, source)
SELECT middle.point, middle.kind, b.id, '', ''
FROM gis_data_boundary b
JOIN gis_data_place p ON p.id = b.place_id
JOIN gis_data_placekind k ON k.id = p.kind_id AND k.rank IS NOT NULL
CROSS JOIN LATERAL (VALUES
  ('centroid', ST_Centroid(b.shape)),
  ('on_surface', ST_PointOnSurface(b.shape)),
  ('box', ST_Centroid(ST_Envelope(b.shape)))
) AS middle(kind, point)
WHERE NOT isempty(b.recorded)
"""


class Migration(migrations.Migration):
    dependencies = [("gis_data", "0009_streets_by_ward_and_outside_answers")]

    operations = [
        migrations.CreateModel(
            name="DefaultPoint",
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
                    "point",
                    django.contrib.gis.db.models.fields.PointField(srid=4326),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("centroid", "middle of the area"),
                            ("on_surface", "a point inside the area"),
                            ("box", "middle of the box round the area"),
                            ("office", "an office"),
                            ("geocoder", "what a geocoder answers"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="Who says so; empty for a middle.",
                        max_length=200,
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Since when we know; empty for a middle.",
                        null=True,
                    ),
                ),
                (
                    "boundary",
                    models.ForeignKey(
                        blank=True,
                        help_text="The boundary it is a middle of.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="default_points",
                        to="gis_data.boundary",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("boundary__isnull", False),
                                ("recorded_at__isnull", True),
                                ("source", ""),
                            ),
                            models.Q(
                                ("boundary__isnull", True),
                                ("recorded_at__isnull", False),
                                models.Q(("source", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="default_point_is_a_middle_or_has_a_source",
                    )
                ],
            },
        ),
        migrations.RunSQL(MIDDLES, migrations.RunSQL.noop),
    ]
