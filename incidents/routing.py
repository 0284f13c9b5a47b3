"""Routed: who answers for this problem, here, on that day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils.timezone import localdate

from gis_data.locating import Area, Found, Location, locate

from .decisions import Basis, Claim, Decision, Unit
from .models import Category

ENGINE = 1  #: Raise it when the same evidence would come out otherwise.

#: Written by hand, since building it through the ORM costs more than running it.
WEIGHED = """
SELECT r.id, r.role, r.precedence, r.legal_basis, r.is_confirmed,
       r.territory_id IS NOT NULL, coalesce(r.place_id, r.territory_id),
       o.id, o.code, o.name, o.name_en
FROM incidents_responsibility r
JOIN incidents_organisation o ON o.id = r.organisation_id
WHERE coalesce(r.place_id, r.territory_id) = ANY(%(places)s)
  AND r.category_id IN (
      SELECT unnest(ARRAY[c.id, c.branch_id, b.branch_id])
      FROM incidents_category c LEFT JOIN incidents_category b ON b.id = c.branch_id
      WHERE c.id = %(category)s)
  AND r.validity @> %(on)s::date
ORDER BY r.precedence DESC, r.id
"""
NAMED = """
SELECT k.code, k.rank, p.code, p.name, p.name_en, p.id
FROM gis_data_place p JOIN gis_data_placekind k ON k.id = p.kind_id
WHERE p.id = %(ward)s OR (k.code = %(kind)s AND p.code = %(code)s)
ORDER BY k.rank DESC NULLS LAST, p.code
"""


def route(
    point: Point | None,
    category: Category,
    at: datetime,
    *,
    accuracy: float = 0,
    ward_id: int | None = None,
    known_at: datetime | None = None,
) -> Decision:
    """Weigh the map and the responsibilities of that day, in two statements.

    Without a point it weighs what the declared ward and the city as a whole answer
    for. Reads and never writes, so an old decision can be replayed as we knew things
    then, and a new responsibility tried out before it is in force.

    `accuracy` is in metres, `point` in degrees (SRID 4326).
    """
    day = localdate(at)
    if point is None:
        location = _named(ward_id)
    else:
        location = locate(point, on=day, accuracy=accuracy, known_at=known_at)
    return Decision(
        location=location,
        weighed=_weigh(location, category, on=day),
        has_point=point is not None,
        needs_point=category.needs_place,
        declared=ward_id,
    )


def _weigh(location: Location, category: Category, *, on: date) -> tuple[Claim, ...]:
    """Read every responsibility over the located areas, strongest first."""
    if not location.areas:
        return ()
    places = [area.place_id for area in _most_local(location)]
    with connection.cursor() as cursor:
        cursor.execute(WEIGHED, {"places": places, "category": category.pk, "on": on})
        return tuple(_claim(row) for row in cursor.fetchall())


def _most_local(location: Location) -> list[Area]:
    """Keep one area of each kind: where two overlap, the one with the larger share."""
    strongest: dict[str, Area] = {}
    for area in location.areas:
        strongest.setdefault(area.kind, area)
    return list(strongest.values())


def _claim(row: tuple[Any, ...]) -> Claim:
    pk, role, precedence, legal_basis, confirmed, by_territory, place, *unit = row
    return Claim(
        responsibility=pk,
        unit=Unit(id=unit[0], code=unit[1], name=unit[2], name_en=unit[3]),
        role=role,
        precedence=precedence,
        basis=Basis.TERRITORY if by_territory else Basis.AREA,
        place_id=place,
        legal_basis=legal_basis,
        is_confirmed=confirmed,
    )


def _named(ward_id: int | None) -> Location:
    """Return the declared ward, if there is one, and the city, as if located there."""
    root = settings.CITY.root_place
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"ward": ward_id, **root})
        rows = cursor.fetchall()
    areas = tuple(
        Area(
            kind=kind,
            rank=rank,
            code=code,
            name=name,
            name_en=name_en,
            place_id=place,
            boundary_id=None,
            edition_id=None,
            share=1.0,
            distance_m=0.0,
        )
        for kind, rank, code, name, name_en, place in rows
    )
    return Location(areas=areas, beside=(), reason=Found.INSIDE, doubts=())
