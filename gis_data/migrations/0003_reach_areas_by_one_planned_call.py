"""Let PostgreSQL plan the look-up of a point once a session: planning it took longer
than answering it."""

from django.db import migrations

NEAR = """
    FOR kind, rank, code, name, name_en, place_id, boundary_id, edition_id, approximate,
        covers, share, way IN
      SELECT k.code, k.rank, l.code, l.name, l.name_en, l.id, b.id, b.edition_id,
        e.is_approximate, ST_Covers(p.shape, point),
        CASE WHEN ST_Covers(p.shape, disc) THEN 1
          ELSE ST_Area(ST_Intersection(p.shape, disc)) / ST_Area(disc) END,
        CASE WHEN ST_Covers(p.shape, point) THEN NULL ELSE ST_ClosestPoint(
          ST_Affine(p.shape, east, 0, 0, north,
            -ST_X(point) * east, -ST_Y(point) * north), origin) END
      FROM gis_data_boundarypiece p
      JOIN gis_data_boundary b ON b.id = p.boundary_id
      JOIN gis_data_edition e ON e.id = b.edition_id
      JOIN gis_data_place l ON l.id = b.place_id
      JOIN gis_data_placekind k ON k.id = l.kind_id
      WHERE p.shape && disc AND p.validity @> day AND {known}
        AND ST_Intersects(p.shape, disc)
    LOOP
      IF covers AND rank = most_local THEN
        given := true;
      END IF;
      RETURN NEXT;
    END LOOP;
"""
FAR = """
    RETURN QUERY
      SELECT k.code, k.rank, l.code, l.name, l.name_en, l.id, b.id, b.edition_id,
        e.is_approximate, false, NULL::float, ST_ClosestPoint(
          ST_Affine(p.shape, east, 0, 0, north,
            -ST_X(point) * east, -ST_Y(point) * north), origin)
      FROM gis_data_boundarypiece p
      JOIN gis_data_boundary b ON b.id = p.boundary_id
      JOIN gis_data_edition e ON e.id = b.edition_id
      JOIN gis_data_place l ON l.id = b.place_id
      JOIN gis_data_placekind k ON k.id = l.kind_id
      WHERE p.shape && wide AND p.validity @> day AND {known};
"""
TODAY = {"known": "upper_inf(p.recorded)"}
THEN = {"known": "p.recorded @> known_at"}

FUNCTION = f"""
CREATE FUNCTION gis_data_reach(
  point geometry, disc geometry, wide geometry, east float, north float, day date,
  known_at timestamptz
) RETURNS TABLE (
  kind varchar, rank smallint, code varchar, name varchar, name_en varchar, place_id bigint,
  boundary_id bigint, edition_id bigint, approximate boolean, covers boolean,
  share float, way geometry
) LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
  most_local smallint := (SELECT max(k.rank) FROM gis_data_placekind k);
  given boolean := false;
  origin geometry := ST_SetSRID(ST_MakePoint(0, 0), 4326);
BEGIN
  IF known_at IS NULL THEN
{NEAR.format(**TODAY)}
  ELSE
{NEAR.format(**THEN)}
  END IF;
  IF given THEN
    RETURN;
  END IF;
  IF known_at IS NULL THEN
{FAR.format(**TODAY)}
  ELSE
{FAR.format(**THEN)}
  END IF;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gis_data", "0002_draw_boundaries_for_tiles_and_let_a_sketch_give_way")
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "DROP FUNCTION gis_data_reach(geometry, geometry, geometry, float, float,"
            " date, timestamptz)",
        )
    ]
