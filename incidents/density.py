"""Density: how many reports lie where, by the squares of the world's grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.gis.geos import Point
from django.db.models import Aggregate, Count, F, Func, TextField, Value
from django.db.models.functions import NullIf

from gis_data.geometry import WORLD_CELL_ZOOM, cell_centre, interleave
from gis_data.models import Place

from .models import Category, ReportQuerySet
from .worklist import Term, terms

#: Squares of this zoom are some 300 metres wide; where they are many, wider ones serve.
SQUARE_ZOOM = 17
SQUARES_AT_MOST = 3000
#: So many together at least are many: one alone is not, where there are no others.
MANY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """How many reports lie in one square of the grid, and what they mostly are."""

    cell: int  #: Its number in the z-order of its zoom.
    zoom: int
    count: int
    late: int
    place: int | None
    category: int
    street: str

    @property
    def middle(self) -> Point:
        finer = WORLD_CELL_ZOOM - self.zoom
        half = 1 << finer - 1 if finer else 0
        return cell_centre((self.cell << 2 * finer) + interleave(half, half))

    @property
    def world_cells(self) -> tuple[int, int]:
        """The first and the last of the finest cells in it."""
        finer = 2 * (WORLD_CELL_ZOOM - self.zoom)
        return self.cell << finer, (self.cell + 1 << finer) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """Where reports lie, by squares, the fullest first; and how many have no place."""

    squares: tuple[Square, ...]
    placeless: int

    @property
    def count(self) -> int:
        return sum(square.count for square in self.squares)

    @property
    def by_place(self) -> dict[int, int]:
        """How many lie in each ward, the most first."""
        counts: dict[int, int] = {}
        for square in self.squares:
            if square.place is not None:
                counts[square.place] = counts.get(square.place, 0) + square.count
        return dict(sorted(counts.items(), key=lambda each: -each[1]))


class Mode(Aggregate):
    """What occurs most often."""

    function = "mode"
    template = "%(function)s() WITHIN GROUP (ORDER BY %(expressions)s)"


def density(reports: ReportQuerySet, *, at: datetime) -> Density:
    """Count by squares where these reports lie, in one statement.

    `reports` are what the reader may see, each with its due date.
    """
    finer = 2 * (WORLD_CELL_ZOOM - SQUARE_ZOOM)
    counted = (
        reports.order_by()
        .annotate(cell=F("world_cell").bitrightshift(finer))
        .values("cell")
        .annotate(
            n=Count("pk"),
            n_late=Count("pk", filter=terms(at=at)[Term.LATE]),
            mostly=Mode("category"),
            ward=Mode("current_place"),
            street=Mode(NullIf(_street(), Value(""), output_field=TextField())),
        )
    )
    found = list(counted)
    squares = [
        Square(
            cell=each["cell"],
            zoom=SQUARE_ZOOM,
            count=each["n"],
            late=each["n_late"],
            place=each["ward"],
            category=each["mostly"],
            street=each["street"] or "",
        )
        for each in found
        if each["cell"] is not None
    ]
    while len(squares) > SQUARES_AT_MOST:
        squares = _wider(squares)
    squares.sort(key=lambda square: (-square.count, square.cell))
    placeless = sum(each["n"] for each in found if each["cell"] is None)
    return Density(squares=tuple(squares), placeless=placeless)


def within(reports: ReportQuerySet, square: Square) -> ReportQuerySet:
    """Keep the reports that lie in a square."""
    return reports.filter(world_cell__range=square.world_cells)


def names_of(
    squares: Iterable[Square],
) -> tuple[Mapping[int, Place], Mapping[int, Category]]:
    """Read the wards and categories that squares speak of, in two statements."""
    found = list(squares)
    wards = {square.place for square in found if square.place is not None}
    return (
        Place.objects.in_bulk(sorted(wards)),
        Category.objects.in_bulk(sorted({square.category for square in found})),
    )


def _street() -> Func:
    """Return the street an address names, without the number of the house."""
    first = Func(
        F("address"),
        Value(","),
        Value(1),
        function="split_part",
        output_field=TextField(),
    )
    number = Value(r"^\s*((số|so|no\.?)\s*)?\d[\w/.-]*\s*")
    return Func(
        first,
        number,
        Value(""),
        Value("i"),
        function="regexp_replace",
        output_field=TextField(),
    )


def _wider(squares: Sequence[Square]) -> list[Square]:
    """Gather four squares into one; what the fullest of them mostly is, it is."""
    gathered: dict[int, list[Square]] = {}
    for square in squares:
        gathered.setdefault(square.cell >> 2, []).append(square)
    wider = []
    for cell, inner in gathered.items():
        first = max(inner, key=lambda square: square.count)
        wider.append(
            Square(
                cell=cell,
                zoom=first.zoom - 1,
                count=sum(square.count for square in inner),
                late=sum(square.late for square in inner),
                place=first.place,
                category=first.category,
                street=first.street,
            )
        )
    return wider
