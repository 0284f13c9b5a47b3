"""A rule about one asset names it by its number: a survey that describes it anew makes
a new row, and the rule must not stay with the old one."""

from importlib import import_module

import django.contrib.postgres.constraints
import django.db.models.functions.comparison
import django.db.models.lookups
from django.db import migrations, models


FUNCTION = """
CREATE OR REPLACE FUNCTION incidents_weigh(
  point geometry, east float, north float, wide float, high float, places bigint[],
  asked bigint, day date
) RETURNS TABLE (
  rule bigint, asset bigint, kind varchar, asset_class varchar, code varchar, name varchar,
  spans smallint, metres float, role varchar, precedence smallint, legal_basis varchar,
  is_confirmed boolean, by_territory boolean, place_id bigint, conditions jsonb,
  unit_id bigint, unit_code varchar, unit_name varchar, unit_name_en varchar
) LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  codes varchar[] := '{}';
  kinds varchar[] := '{}';
BEGIN
  FOR asset, kind, asset_class, code, name, spans, metres IN
    SELECT a.id, a.kind, a.asset_class, a.code, a.name, a.spans,
      ST_Length(ST_Affine(ST_ShortestLine(a.shape, point), east, 0, 0, north, 0, 0))
    FROM gis_data_asset a
    WHERE a.shape && ST_Expand(point, wide, high) AND a.validity @> day
  LOOP
    codes := codes || code;
    kinds := kinds || kind;
    RETURN NEXT;
  END LOOP;
  RETURN QUERY
    SELECT r.id, NULL::bigint, r.asset_kind, r.asset_class, r.asset_code, NULL::varchar,
      NULL::smallint, r.within_m::float, r.role, r.precedence, r.legal_basis,
      r.is_confirmed, r.territory_id IS NOT NULL,
      coalesce(r.place_id, r.territory_id), r.conditions, o.id, o.code, o.name, o.name_en
    FROM incidents_responsibility r
    JOIN incidents_organisation charged ON charged.id = r.organisation_id
    JOIN incidents_organisation o ON o.id = CASE
      WHEN upper_inf(charged.validity) OR charged.validity @> day THEN charged.id
      ELSE coalesce((
        WITH RECURSIVE heir AS (
          SELECT charged.id AS id, 0 AS turn
          UNION
          SELECT s.successor_id, heir.turn + 1
          FROM heir JOIN incidents_organisationsuccession s
            ON s.predecessor_id = heir.id AND s.on <= day
          WHERE heir.turn < 9)
        SELECT heir.id FROM heir JOIN incidents_organisation h ON h.id = heir.id
        WHERE h.validity @> day ORDER BY heir.turn, heir.id LIMIT 1
      ), charged.id) END
    WHERE r.category_id IN (
        SELECT unnest(ARRAY[c.id, c.branch_id, b.branch_id])
        FROM incidents_category c LEFT JOIN incidents_category b ON b.id = c.branch_id
        WHERE c.id = asked)
      AND (coalesce(r.place_id, r.territory_id) = ANY(places)
        OR r.asset_kind = ANY(kinds) AND (r.asset_code = '' OR r.asset_code = ANY(codes)))
      AND r.validity @> day
    ORDER BY r.precedence DESC, r.id;
END
$$
"""


WEIGHED_BEFORE = import_module(
    "incidents.migrations.0009_weigh_rules_by_one_planned_call"
).FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
NUMBERED = """
UPDATE incidents_responsibility r SET asset_kind = a.kind, asset_code = a.code
FROM gis_data_asset a WHERE a.id = r.asset_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0004_assets_stand_beside_boundaries"),
        ("incidents", "0009_weigh_rules_by_one_planned_call"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="responsibility",
            name="responsibility_is_tied_to_one_thing",
        ),
        migrations.RemoveConstraint(
            model_name="responsibility",
            name="a_class_is_of_a_kind",
        ),
        migrations.RemoveConstraint(
            model_name="responsibility",
            name="responsibility_is_said_once_a_day",
        ),
        migrations.AddField(
            model_name="responsibility",
            name="asset_code",
            field=models.CharField(
                blank=True,
                help_text="One asset, by its keeper's number.",
                max_length=64,
            ),
        ),
        migrations.RunSQL(NUMBERED, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name="responsibility",
            name="asset",
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        "place",
                        "territory",
                        django.db.models.functions.comparison.NullIf(
                            "asset_kind", models.Value("")
                        ),
                        function="num_nonnulls",
                        output_field=models.IntegerField(),
                    ),
                    1,
                ),
                name="responsibility_is_tied_to_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asset_class", ""), ("asset_code", "")),
                    models.Q(("asset_kind", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_class_or_code_is_of_a_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    ("category", "="),
                    (
                        django.db.models.functions.comparison.Coalesce(
                            "place", "territory", models.Value(0)
                        ),
                        "=",
                    ),
                    ("asset_kind", "="),
                    ("asset_class", "="),
                    ("asset_code", "="),
                    (
                        django.db.models.functions.comparison.Cast(
                            "conditions", models.TextField()
                        ),
                        "=",
                    ),
                    ("organisation", "="),
                    ("validity", "&&"),
                ],
                name="responsibility_is_said_once_a_day",
            ),
        ),
        migrations.RunSQL(FUNCTION, WEIGHED_BEFORE),
    ]
