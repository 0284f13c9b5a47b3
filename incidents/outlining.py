"""Outlined: where an incident is, by a drawing, by wards, or by streets in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Polygon
from django.db import connection
from django.utils.translation import gettext as _

from gis_data.drawing import area_drawn, shape_said
from gis_data.errors import MapError
from gis_data.models import Place, Street
from gis_data.models.place import search_key

from .errors import Missing

#: So wide a street is taken to be, to either side of its middle.
BESIDE_M = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An area, and what people call it."""

    area: MultiPolygon
    where: str


def outline(
    *, drawn: str, wards: Sequence[Place], streets: Sequence[str], on: date
) -> Outline | None:
    """Return the area that was drawn; else the streets named, or the wards whole.

    Streets are looked for in the wards that were chosen. Nothing chosen is no area.
    """
    if drawn.strip():
        try:
            area = area_drawn(shape_said(drawn))
        except MapError as error:
            raise Missing(str(error), field="shape") from error
        return Outline(area=area, where=", ".join(each.name for each in wards))
    if not wards:
        return None
    names = [each.name for each in wards]
    if streets:
        return Outline(area=_along(streets, wards), where=", ".join([*streets, *names]))
    ids = [each.pk for each in wards]
    return Outline(
        area=_united(WARDS, {"wards": ids, "on": on}), where=", ".join(names)
    )


def _along(streets: Sequence[str], wards: Sequence[Place]) -> MultiPolygon:
    keys = {search_key(each): each for each in streets}
    there = Street.objects.filter(
        place__in=wards, search_key__in=keys, shape__isnull=False
    )
    found = list(there.values_list("pk", "search_key"))
    if missing := sorted(keys.keys() - {key for _pk, key in found}):
        said = _("“%(street)s” is on no map of these wards. Draw it, or choose wards.")
        raise Missing(said % {"street": keys[missing[0]]}, field="streets")
    asked = {"streets": [pk for pk, _key in found], "metres": BESIDE_M}
    return _united(STREETS, asked)


def _united(query: str, asked: dict[str, object]) -> MultiPolygon:
    with connection.cursor() as cursor:
        cursor.execute(query, asked)  # type: ignore[arg-type]
        ((shape,),) = cursor.fetchall()
    if shape is None:
        raise Missing(_("There is no map of it. Draw the area."), field="shape")
    read = GEOSGeometry(memoryview(shape))
    parts = [read] if isinstance(read, Polygon) else list(read)  # type: ignore[call-overload]
    areas = [each for each in parts if isinstance(each, Polygon)]
    return MultiPolygon(*areas, srid=4326)


WARDS = """
SELECT ST_AsEWKB(ST_Union(shape)) FROM gis_data_boundary
WHERE place_id = ANY(%(wards)s) AND upper_inf(recorded) AND validity @> %(on)s::date
"""
STREETS = """
SELECT ST_AsEWKB(ST_Union(ST_Buffer(shape::geography, %(metres)s)::geometry))
FROM gis_data_street WHERE id = ANY(%(streets)s)
"""
