"""What each row of a file says, whatever form the file has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from django.conf import settings
from django.contrib.gis.db import models
from django.db import connection, transaction
from django.db.models import Func
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _

from gis_data.models import Place
from incidents.filters import ReportFilter
from incidents.models import Category, Organisation, ReportQuerySet, Status

#: So many rows are fetched from the database at once.
CHUNK = 5000
#: A degree with so many decimals tells a decimetre; the point is snapped long before.
DECIMALS = 6

#: Seconds.
QUARTER = 15 * 60
#: The words of a row in the order of the columns, then longitude and latitude.
Row = tuple[Any, ...]


class Says(Enum):
    """What a column says, where a form can tell that apart from other words."""

    WORDS = "words"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One thing told of each report: its name for programs, its label for people."""

    name: str
    label: str
    says: Says = Says.WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns, and rows that can be gone through once; two degrees end each row.

    Where nothing is told of places, the degrees are not there; only CSV is so.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    has_degrees: bool = True


def public_table(asked: ReportFilter) -> Table:
    """Tell of each public report that passes what the list tells, the last first.

    Four statements, however many there are: three for names, one that is read as the
    file is written.
    """
    columns = (
        Column(name="public_id", label=_("Id")),
        Column(name="category", label=_("Category code")),
        Column(name="category_name", label=_("Category")),
        Column(name="status_group", label=_("Status code")),
        Column(name="status", label=_("Status")),
        Column(name="title", label=_("Title")),
        Column(name="ward", label=_("Ward code")),
        Column(name="ward_name", label=_("Ward")),
        Column(name="organisation", label=_("Unit code")),
        Column(name="organisation_name", label=_("Handling unit")),
        Column(name="received_on", label=_("Received on"), says=Says.DAY),
        Column(name="updated_at", label=_("Last change")),
    )
    return Table(columns=columns, rows=_public_rows(asked.public()))


def _public_rows(reports: ReportQuerySet) -> Iterator[Row]:
    nothing = ("", "")
    # The cursor is open as long as it is read, and sees what there was when it began.
    with transaction.atomic():
        categories = named(Category.objects.order_by())
        places = named(Place.objects.order_by())
        units = named(Organisation.objects.order_by())
        groups = {
            str(each): (each.group.value, str(each.group.label)) for each in Status
        }
        hours = _Hours()
        found = (
            reports.order_by("-received_at", "-pk")
            .annotate(
                received=_day("received_at"),
                changed=_quarter("updated_at"),
                lon=degree("ST_X"),
                lat=degree("ST_Y"),
            )
            .values_list(
                "public_id",
                "category_id",
                "status",
                "public_title",
                "current_place_id",
                "place_id",
                "organisation_id",
                "received",
                "changed",
                "lon",
                "lat",
            )
        )
        for (
            public_id,
            category,
            status,
            title,
            now,
            then,
            unit,
            received,
            changed,
            lon,
            lat,
        ) in _read(found):
            yield (
                public_id,
                *categories[category],
                *groups[status],
                title,
                *places.get(now or then, nothing),
                *units.get(unit, nothing),
                received,
                hours[changed],
                lon,
                lat,
            )


def named(rows: models.QuerySet[Any]) -> dict[int | None, tuple[str, str]]:
    """Read code and name, in the reader's language, of all there are of a kind."""
    return {each.pk: (each.code, each.label) for each in rows}


def _read(found: models.QuerySet[Any, Any]) -> Iterator[Row]:
    """Read row by row what the database says, with no more made of it.

    While some rows are being written the next are fetched.
    """
    sql, given = found.query.sql_with_params()
    with connection.chunked_cursor() as cursor, ThreadPoolExecutor(1) as beside:
        cursor.execute(sql, given)
        coming = beside.submit(cursor.fetchmany, CHUNK)
        while rows := coming.result():
            coming = beside.submit(cursor.fetchmany, CHUNK)
            yield from rows


class _Hours(dict[int, str]):
    """The hour of a quarter of an hour, each reckoned once.

    No finer: the second at which somebody filed could give them away.
    """

    def __missing__(self, quarter: int) -> str:
        zone = get_default_timezone()
        at = datetime.fromtimestamp(quarter * QUARTER, tz=zone)
        told = self[quarter] = at.replace(minute=0).isoformat()
        return told


def _day(column: str) -> Func:
    """Say the city's day of a moment, as programs write it."""
    return Func(
        column,
        template="(%(expressions)s AT TIME ZONE %(zone)s)::date::text",
        zone=f"'{settings.TIME_ZONE}'",
        output_field=models.TextField(),
    )


def _quarter(column: str) -> Func:
    """Give quarters of an hour a number: they begin with the hour wherever one is."""
    return Func(
        column,
        function="floor",
        template=f"floor(extract(epoch FROM %(expressions)s) / {QUARTER})::int",
        output_field=models.IntegerField(),
    )


def degree(function: str) -> Func:
    """Read one of the two degrees of the point that strangers see, and no shape."""
    return Func("public_point", function=function, output_field=models.FloatField())
