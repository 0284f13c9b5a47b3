"""Fallen back: the points that maps and geocoders answer when they know no better."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils.translation import gettext as _

from .errors import UnreadableBoundaries
from .models import Boundary, BoundaryPiece, DefaultPoint, tidy

#: Whoever answers with a default point answers with that very point, but for rounding.
DEFAULT_POINT_M = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A default point that somebody told us of, in degrees."""

    lon: float
    lat: float
    kind: DefaultPoint.Kind
    name: str = ""


def keep_middles(boundaries: Iterable[Boundary]) -> None:
    """Keep the middles of areas, as geocoders reckon them; a territory has none.

    The centroid, a point inside it, and the middle of the box round it.
    """
    with connection.cursor() as cursor:
        cursor.execute(MIDDLES, [[each.pk for each in boundaries]])


@transaction.atomic
def keep_told(told: Sequence[Told], *, source: str, at: datetime) -> tuple[int, int]:
    """Let what a source tells be all that we have of it; return what came and went.

    What it told before and tells again stays known since then.
    """
    said = {(each.lon, each.lat, each.kind.value, each.name) for each in told}
    known = {
        (row.point.x, row.point.y, row.kind, row.name): row.pk
        for row in DefaultPoint.objects.filter(source=source)
    }
    gone = [known[key] for key in known.keys() - said]
    DefaultPoint.objects.filter(pk__in=gone).delete()
    come = DefaultPoint.objects.bulk_create(
        DefaultPoint(
            point=Point(lon, lat, srid=4326),
            kind=kind,
            name=name,
            source=source,
            recorded_at=at,
        )
        for lon, lat, kind, name in sorted(said - known.keys())
    )
    return len(come), len(gone)


def read_told(path: Path, *, kind: DefaultPoint.Kind) -> list[Told]:
    """Read default points from a CSV with the columns `lon`, `lat` and `name`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    told = []
    for line, row in enumerate(rows, start=2):
        try:
            lon, lat = float(row["lon"]), float(row["lat"])
        except (KeyError, TypeError, ValueError) as error:
            said = _("%(file)s, line %(line)s: “lon” and “lat” must be degrees.")
            raise UnreadableBoundaries(
                said % {"file": path.name, "line": line}
            ) from error
        name = tidy(row.get("name") or "")
        told.append(Told(lon=lon, lat=lat, kind=kind, name=name))
    return told


def default_points(
    *, on: date, known_at: datetime | None = None
) -> list[tuple[float, float]]:
    """Return every default point that counts that day, as longitude and latitude.

    A geocoder may lag behind the law, so the middles of what was in force until then
    count as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNTING, {"on": on, "known_at": known_at})
        return [(float(lon), float(lat)) for lon, lat in cursor.fetchall()]


def office_of(
    places: Iterable[int] | QuerySet[Any], *, on: date
) -> DefaultPoint | None:
    """Return from where somebody of one of these places sets out, in one statement.

    Its office where one is known, or else a point inside the place; the first place
    that has any.
    """
    current = Boundary.objects.known().in_force(on=on).filter(place__in=places)
    pieces = BoundaryPiece.objects.filter(boundary__in=current.values("pk"))
    kinds = DefaultPoint.Kind
    is_office = Q(kind=kinds.OFFICE)
    inside = Exists(pieces.filter(shape__covers=OuterRef("point")))
    middle = Q(kind=kinds.ON_SURFACE, boundary__in=current.values("pk"))
    found = DefaultPoint.objects.filter(middle | (is_office & inside))
    return found.order_by(Case(When(is_office, then=0), default=1), "pk").first()


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
WHERE b.id = ANY(%s)
"""
# As the database weighs one point: see the migration of `incidents_weigh`.
COUNTING = """
SELECT ST_X(f.point), ST_Y(f.point)
FROM gis_data_defaultpoint f LEFT JOIN gis_data_boundary b ON b.id = f.boundary_id
WHERE (b.id IS NULL OR lower(b.validity) IS NULL OR lower(b.validity) <= %(on)s::date)
  AND CASE WHEN %(known_at)s::timestamptz IS NULL
    THEN b.id IS NULL OR upper_inf(b.recorded)
    ELSE coalesce(b.recorded @> %(known_at)s::timestamptz,
      f.recorded_at <= %(known_at)s::timestamptz) END
ORDER BY f.id
"""
