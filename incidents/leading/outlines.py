"""Drawn: the wards of a day as shapes that a figure can be laid on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from statistics import median

from django.contrib.gis.db.models.functions import AsSVG, Centroid
from django.db.models import FloatField, Func

from gis_data.models import BoundaryDrawing, Place

#: Shapes of this zoom are coarse enough to draw a whole city with.
ZOOM = 9
#: What lies farther from the middle of the city than so many metres stands apart.
APART_M = 120_000
#: The sides of a shape's box, as PostGIS names them.
BOX = ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
Box = tuple[float, float, float, float]
#: Beside the largest of far islands so much of its size is shown about it.
ABOUT = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One ward as an SVG path, in metres of the map's own plane."""

    place: int
    name: str
    path: str
    middle: tuple[float, float]
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The wards of a city on one sheet; islands far off have a corner of their own."""

    near: tuple[Outline, ...]
    far: tuple[Outline, ...]

    @property
    def view(self) -> str:
        return _view([each.box for each in self.near])

    @property
    def far_view(self) -> str:
        return _view([_largest_part(each) for each in self.far])


def outlines(*, kind: str, on: date) -> Sheet:
    """Read the shapes of all places of a kind that are in force, in one statement."""
    drawings = BoundaryDrawing.objects.filter(
        zoom=ZOOM,
        boundary__place__kind__code=kind,
        boundary__validity__contains=on,
        boundary__recorded__upper_inf=True,
    ).annotate(
        path=AsSVG("shape", relative=True, precision=0),
        # As numbers: taking shapes apart here is most of the work.
        **{name: _number(name, Centroid("shape")) for name in ("ST_X", "ST_Y")},
        **{name: _number(name, "shape") for name in BOX},
    )
    rows = drawings.values_list(
        "boundary__place",
        "boundary__place__name",
        "boundary__place__name_en",
        "path",
        "ST_X",
        "ST_Y",
        *BOX,
    )
    found = [
        Outline(
            place=place,
            name=Place(name=name, name_en=name_en).label,
            path=path,
            middle=(x, y),
            box=(west, south, east, north),
        )
        for place, name, name_en, path, x, y, west, south, east, north in rows
    ]
    if not found:
        return Sheet(near=(), far=())
    x, y = (median(each.middle[turn] for each in found) for turn in (0, 1))

    def is_far(each: Outline) -> bool:
        off = max(abs(each.middle[0] - x), abs(each.middle[1] - y))
        return off > APART_M

    return Sheet(
        near=tuple(each for each in found if not is_far(each)),
        far=tuple(each for each in found if is_far(each)),
    )


def _number(name: str, shape: str | Func) -> Func:
    return Func(shape, function=name, output_field=FloatField())


def _view(shown: Sequence[Box]) -> str:
    """Return the view that holds these boxes, as SVG counts: downwards."""
    if not shown:
        return "0 0 1 1"
    west, south = (min(box[turn] for box in shown) for turn in (0, 1))
    east, north = (max(box[turn] for box in shown) for turn in (2, 3))
    return f"{west:.0f} {-north:.0f} {east - west:.0f} {north - south:.0f}"


def _largest_part(outline: Outline) -> Box:
    """Return the box of the largest island of some: a rock far off would dwarf them."""
    boxes = [_box(part) for part in outline.path.split("M") if part.strip()]
    west, south, east, north = max(boxes, key=_size, default=outline.box)
    room = ABOUT * max(east - west, north - south)
    return west - room, south - room, east + room, north + room


def _box(part: str) -> Box:
    """Return the box of one ring, written as steps from where it begins."""
    numbers = [float(each) for each in part.split() if each not in {"l", "z"}]
    xs, ys = list(accumulate(numbers[::2])), list(accumulate(numbers[1::2]))
    return min(xs), -max(ys), max(xs), -min(ys)


def _size(box: Box) -> float:
    west, south, east, north = box
    return (east - west) * (north - south)
