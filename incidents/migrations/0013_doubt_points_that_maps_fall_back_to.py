"""Tell with the rules whether a point is one that maps fall back to, or one that many
told of before: all of it in the one planned call. The call that asked for less stays
until no process makes it any more."""

from importlib import import_module

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

WEIGHED = import_module(
    "incidents.migrations.0010_rules_name_an_asset_by_its_number"
).FUNCTION

GIVEN = "asked bigint, day date\n)"
MORE = """asked bigint, day date,
  default_m float, asked_at timestamptz, since timestamptz, known_at timestamptz
)"""
BEGUN = "BEGIN\n"
# Two of the tables have a column `point`, so what was asked about is called `here`.
# What has neither a rule nor an asset speaks of the point itself.
POINT = """BEGIN
  IF point IS NOT NULL THEN
    FOR kind, name, metres IN
      SELECT 'default_point', f.name, away.metres
      FROM gis_data_defaultpoint f
      LEFT JOIN gis_data_boundary b ON b.id = f.boundary_id
      CROSS JOIN LATERAL (SELECT ST_Length(
        ST_Affine(ST_MakeLine(f.point, here), east, 0, 0, north, 0, 0)) AS metres) away
      WHERE f.point && ST_Expand(here, default_m / east, default_m / north)
        AND away.metres <= default_m
        AND (b.id IS NULL OR lower(b.validity) IS NULL OR lower(b.validity) <= day)
        AND CASE WHEN known_at IS NULL THEN b.id IS NULL OR upper_inf(b.recorded)
          ELSE coalesce(b.recorded @> known_at, f.recorded_at <= known_at) END
    LOOP
      RETURN NEXT;
    END LOOP;
    SELECT 'repeated_point', NULL, count(DISTINCT told.category_id)::smallint,
      count(DISTINCT told.who)::float
    INTO kind, name, spans, metres
    FROM (
      SELECT r.category_id, coalesce(
        nullif(c.phone_index, ''), nullif(c.email_index, ''), r.id::text) AS who
      FROM incidents_report r LEFT JOIN incidents_contact c ON c.report_id = r.id
      WHERE ST_X(r.point) = ST_X(here) AND ST_Y(r.point) = ST_Y(here)
        AND r.point IS NOT NULL AND r.received_at >= since AND r.received_at < asked_at
      ORDER BY r.received_at DESC, r.id DESC LIMIT 100
    ) told;
    IF spans > 0 THEN
      RETURN NEXT;
    END IF;
    spans := NULL;
  END IF;
"""
FUNCTION = (
    WEIGHED.replace(GIVEN, MORE)
    .replace("DECLARE\n", "DECLARE\n  here geometry := point;\n")
    .replace(BEGUN, POINT, 1)
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("gis_data", "0010_points_that_maps_fall_back_to_are_known"),
        ("incidents", "0012_reports_know_the_ward_of_today_and_reforms_are_kept"),
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "DROP FUNCTION incidents_weigh(geometry, float, float, float, float,"
            " bigint[], bigint, date, float, timestamptz, timestamptz, timestamptz)",
        ),
        AddIndexConcurrently(
            model_name="report",
            index=models.Index(
                models.Func(
                    models.F("point"),
                    function="ST_X",
                    output_field=models.FloatField(),
                ),
                models.Func(
                    models.F("point"),
                    function="ST_Y",
                    output_field=models.FloatField(),
                ),
                models.F("received_at"),
                name="report_told_at_the_very_point",
                condition=models.Q(point__isnull=False),
            ),
        ),
    ]
