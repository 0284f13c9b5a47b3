"""Carried off: the list behind a figure as rows of a file, with what the list tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from gis_data.models import Place
from incidents.carried.table import CHUNK, Column, Row, Table, named
from incidents.models import Category, Handling, Organisation


def figure_table(handlings: QuerySet[Handling], *, gives_back: bool) -> Table:
    """Tell of each handling that a figure counts what its list tells, in its order.

    Four statements: three for names, one that is read as the file is written. Of a
    place it tells the ward alone, since a file is passed on.
    """
    columns = [
        Column(name="public_id", label=_("Id")),
        Column(name="category_name", label=_("Category")),
        Column(name="ward_name", label=_("Ward")),
        Column(name="organisation_name", label=_("Unit")),
        Column(name="opened_at", label=_("Opened")),
        Column(name="due_at", label=_("Due")),
        Column(name="ended_at", label=_("Ended")),
    ]
    if gives_back:
        columns.append(Column(name="given_back_at", label=_("Given back at")))
    moments = ["opened_at", "due_at", "ended_at", *["given_back_at"] * gives_back]
    return Table(
        columns=tuple(columns), rows=_rows(handlings, moments), has_degrees=False
    )


def _rows(handlings: QuerySet[Handling], moments: list[str]) -> Iterator[Row]:
    told = handlings.values_list(
        "report__public_id",
        "category_id",
        "current_place_id",
        "place_id",
        "organisation_id",
        *moments,
    )
    nothing = ("", "")
    # The cursor is open as long as it is read, and sees what there was when it began.
    with transaction.atomic():
        categories = named(Category.objects.order_by())
        places = named(Place.objects.order_by())
        units = named(Organisation.objects.order_by())
        for public_id, category, now, then, unit, *at in told.iterator(
            chunk_size=CHUNK
        ):
            yield (
                public_id,
                categories[category][1],
                places.get(now or then, nothing)[1],
                units.get(unit, nothing)[1],
                *map(_minute, at),
            )


def _minute(at: datetime | None) -> str:
    """Write a moment as programs and spreadsheets read it, in the city's time."""
    return f"{localtime(at):%Y-%m-%d %H:%M}" if at else ""
