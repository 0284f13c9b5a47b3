"""Let PostgreSQL plan the weighing of rules once a session: planning it took longer
than answering it."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION incidents_weigh(
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
  things bigint[] := '{}';
  kinds varchar[] := '{}';
BEGIN
  FOR asset, kind, asset_class, code, name, spans, metres IN
    SELECT a.id, a.kind, a.asset_class, a.code, a.name, a.spans,
      ST_Length(ST_Affine(ST_ShortestLine(a.shape, point), east, 0, 0, north, 0, 0))
    FROM gis_data_asset a
    WHERE a.shape && ST_Expand(point, wide, high) AND a.validity @> day
  LOOP
    things := things || asset;
    kinds := kinds || kind;
    RETURN NEXT;
  END LOOP;
  RETURN QUERY
    SELECT r.id, r.asset_id, r.asset_kind, r.asset_class, NULL::varchar, NULL::varchar,
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
        OR r.asset_id = ANY(things) OR r.asset_kind = ANY(kinds))
      AND r.validity @> day
    ORDER BY r.precedence DESC, r.id;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_rules_speak_of_assets")]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "DROP FUNCTION incidents_weigh(geometry, float, float, float, float,"
            " bigint[], bigint, date)",
        )
    ]
