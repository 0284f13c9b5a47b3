"""Relocated: every report is told anew in which ward it lies by the map of a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import numpy
from django.db import connection, transaction
from django.db.models import F

from gis_data.atlas import Atlas
from gis_data.locating import POSITION_TOLERANCE_M
from gis_data.models import Boundary
from incidents.models import Reform
from incidents.routing import answered

from .heirs import only_heirs

#: So many reports are looked up at a time; each lot is a statement to read and one to
#: write, so that no lock lasts.
LOT = 20_000


def relocate(reform: Reform, *, lot: int = LOT) -> Iterator[int]:
    """Bring the place of today of each report in line; yield how many changed, by lots.

    A point is looked up in the map of the day as intake looks it up: one that is unsure
    counts for the ward that has most of what it may be, or that the reporter named. A
    ward that was named without a point gives way to its only heir, or to nothing where
    it was split. Where a report lay when it came stays as it is. What is right already
    is left alone, so that a run begun again finds little to do, and a second nothing.
    """
    on = reform.on
    kind = _most_local(on=on)
    if kind is None:
        return
    atlas, last = Atlas.read(on=on), 0
    while rows := _read(after=last, lot=lot):
        last = rows[-1][0]
        moved = _lying(rows, atlas, kind=kind, on=on)
        if moved:
            with transaction.atomic():
                count = _keep(moved)
                own = Reform.objects.filter(pk=reform.pk)
                own.update(relocated=F("relocated") + count)
            yield count


class Row(NamedTuple):
    """A report, where it lies, and the ward that counts for it until now."""

    id: int
    lon: float | None
    lat: float | None
    accuracy: float  #: In metres.
    ward: int | None  #: The one that was named.
    place: int | None


def _read(*, after: int, lot: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(REPORTS, [after, lot])
        return [Row(*row) for row in cursor.fetchall()]


def _lying(
    rows: list[Row], atlas: Atlas, *, kind: str, on: date
) -> list[tuple[Row, int]]:
    """Return those of these that lie elsewhere now, each with its place, or 0."""
    pinned = [row for row in rows if row.lon is not None]
    wards = {row.ward for row in rows if row.ward is not None}
    heirs = only_heirs(wards, on=on) if wards else {}
    there = _places(pinned, heirs, atlas, kind=kind) if pinned else []
    found = list(zip(pinned, there, strict=True))
    named = [row for row in rows if row.lon is None]
    found += [(row, heirs.get(row.ward or 0, 0)) for row in named]
    return [(row, place) for row, place in found if place != (row.place or 0)]


def _places(
    rows: list[Row], heirs: Mapping[int, int], atlas: Atlas, *, kind: str
) -> list[int]:
    """Look points up in the most local areas; those beside or unsure as intake does."""
    points = numpy.array([(row.lon, row.lat) for row in rows], dtype=numpy.float64)
    accuracy = numpy.array([row.accuracy for row in rows], dtype=numpy.float64)
    places = atlas.places(points, kind=kind)
    looked_up = numpy.flatnonzero((places == 0) | (accuracy > POSITION_TOLERANCE_M))
    located = atlas.locate(points[looked_up], accuracy=accuracy[looked_up])
    for turn, location in zip(looked_up.tolist(), located, strict=True):
        ward = heirs.get(rows[turn].ward or 0)
        areas = answered(location, ward).areas
        places[turn] = areas[0].place_id if areas else 0
    return [int(place) for place in places.tolist()]


def _keep(moved: list[tuple[Row, int]]) -> int:
    """Write places down, but of reports that were moved or told so meanwhile."""
    rows = [(row.id, row.lon, row.lat, row.ward, place) for row, place in moved]
    columns = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(KEPT, columns)
        return int(cursor.rowcount)


def _most_local(*, on: date) -> str | None:
    """Return the kind of the most local areas in force that day."""
    held = (
        Boundary.objects.known().in_force(on=on).filter(place__kind__rank__isnull=False)
    )
    kinds = held.order_by("-place__kind__rank").values_list(
        "place__kind__code", flat=True
    )
    return kinds.first()


REPORTS = """
SELECT id, ST_X(point), ST_Y(point), coalesce(accuracy, 0), declared_ward_id,
  current_place_id
FROM incidents_report
WHERE id > %s AND (point IS NOT NULL OR place_source = 'ward')
ORDER BY id LIMIT %s
"""
KEPT = """
UPDATE incidents_report r SET current_place_id = nullif(m.place, 0)
FROM unnest(%s::bigint[], %s::float[], %s::float[], %s::bigint[], %s::bigint[])
  AS m(id, lon, lat, ward, place)
WHERE r.id = m.id AND r.current_place_id IS DISTINCT FROM nullif(m.place, 0)
  AND CASE WHEN m.lon IS NULL
    THEN r.point IS NULL AND r.declared_ward_id IS NOT DISTINCT FROM m.ward
    ELSE ST_X(r.point) = m.lon AND ST_Y(r.point) = m.lat END
"""
