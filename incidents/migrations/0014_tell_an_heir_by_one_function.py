"""Say in one place who carries on for a unit that is no more: for one decision and for
many at once. Of several heirs the first by its code, in whatever order they were kept."""

from importlib import import_module

from django.db import migrations

WEIGHED = import_module(
    "incidents.migrations.0013_doubt_points_that_maps_fall_back_to"
).FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
HEIR = """
CREATE FUNCTION incidents_heir(gone bigint, day date) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  WITH RECURSIVE heir AS (
    SELECT gone AS id, 0 AS turn
    UNION
    SELECT s.successor_id, heir.turn + 1
    FROM heir JOIN incidents_organisationsuccession s
      ON s.predecessor_id = heir.id AND s.on <= day
    WHERE heir.turn < 9)
  SELECT heir.id FROM heir JOIN incidents_organisation h ON h.id = heir.id
  WHERE h.validity @> day ORDER BY heir.turn, h.code LIMIT 1
$$
"""
BEGINS, ENDS = "coalesce((\n        WITH RECURSIVE heir", "), charged.id) END"
BEFORE, _, REST = WEIGHED.partition(BEGINS)
FUNCTION = (
    f"{BEFORE}coalesce(incidents_heir(charged.id, day), charged.id) END"
    f"{REST.partition(ENDS)[2]}"
)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0013_doubt_points_that_maps_fall_back_to")]

    operations = [
        migrations.RunSQL(HEIR, "DROP FUNCTION incidents_heir(bigint, date)"),
        migrations.RunSQL(FUNCTION, WEIGHED),
    ]
