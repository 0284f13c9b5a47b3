"""A wall: the figures of the running period on a screen in a room, by a link alone.

Whoever has the link looks, and that is all: no session is begun, nothing is taken, and
nothing here leads to a case or to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timezone import localdate
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from gis_data.api.fields import Reads
from incidents.errors import NoSuchLink
from incidents.leading.figures import Axis
from incidents.leading.outlines import outlines
from incidents.leading.periods import period_of
from incidents.leading.reading import Part, read
from incidents.models import Category, WallLink
from incidents.walls import note_seen, open_wall

from .choices import WARD
from .leading_charts import Bar, ages, choropleth, series, sums, times
from .limits import is_allowed, wait_a_minute

#: So many wards, or categories, stand in the list of where most is overdue.
LISTED = 10
#: Of a place with fewer, a room is not told how many.
TOLD_FROM = 5
#: So many periods have room side by side.
PERIODS = 6
READ_BY = ("GET", "HEAD")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """A ward, or a category, in the list of where most is overdue."""

    name: str
    late: str
    in_hand: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """How long it took: the number large, what it counts beside it."""

    label: str
    number: str
    unit: str
    p90: str


@csrf_exempt  # Nothing is taken here from anybody, so nothing can be forged.
@never_cache
def wall(request: HttpRequest, token: str) -> HttpResponse:
    """Show a room how the city or its unit stands; of a dead link say only that."""
    answer = _answer(request, token)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    if request.method not in READ_BY:
        said = _("This page can only be looked at.") + "\n"
        kind = "text/plain; charset=utf-8"
        return HttpResponseNotAllowed(READ_BY, said, content_type=kind)
    if not is_allowed(request, Reads):
        status = HTTPStatus.TOO_MANY_REQUESTS
        return wait_a_minute(render(request, "mapui/wall_busy.html", status=status))
    now = timezone.now()
    try:
        link = open_wall(token, at=now)
    except NoSuchLink:
        return render(request, "mapui/wall_over.html", status=HTTPStatus.NOT_FOUND)
    if request.method == "GET":
        note_seen(link, at=now)
    with override(_language(request, link)):
        shown = render(request, "mapui/wall.html", _figures(link, at=now))
        shown["Content-Language"] = get_language() or ""
    return shown


def _language(request: HttpRequest, link: WallLink) -> str:
    """Return the link's language, unless one was chosen in this very browser."""
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    return (get_language() if chosen else None) or link.language


def _figures(link: WallLink, *, at: datetime) -> dict[str, Any]:
    """Read all that the screen shows; a ward's committee is told by categories."""
    unit, period = link.organisation, period_of(at)
    axis = Axis.CATEGORY if unit is not None and unit.place_id else Axis.WARD
    found = read(period, axis=axis, at=at, unit=unit)
    sheet = None
    if axis == Axis.WARD:
        sheet = outlines(kind=WARD, on=localdate(at))
    return {
        "unit": unit,
        "period": period,
        "counted_at": found.window.at,
        "sums": sums(found, _nowhere),
        "times": [_split(each) for each in times(found.total, is_brief=True)],
        "ages": ages(found.total, _nowhere),
        "map": choropleth(sheet, found.parts) if sheet and sheet.near else None,
        "series": series(found)[-PERIODS:],
        "behind": _behind(found.parts),
        "is_by_ward": axis == Axis.WARD,
    }


def _split(bar: Bar) -> Time:
    number, _space, unit = bar.value.partition(" ")
    return Time(label=bar.label, number=number, unit=unit, p90=bar.other)


def _behind(parts: Sequence[Part]) -> list[Behind]:
    """Return where most is overdue, in the order of the dashboard.

    No category that strangers are shown nothing of: a room is full of them.
    """
    late = [
        part
        for part in parts
        if part.figures["late"] and part.label and not _is_sensitive(part)
    ]
    return [
        Behind(
            name=part.label,
            late=_told(part.figures["late"]),
            in_hand=_told(part.figures["in_hand"]),
        )
        for part in late[:LISTED]
    ]


def _is_sensitive(part: Part) -> bool:
    return isinstance(part.named, Category) and not part.named.is_public


def _told(count: int) -> str:
    """Say how many; of very few, only that they are few."""
    if 0 < count < TOLD_FROM:
        return _("under %(n)s") % {"n": TOLD_FROM}
    return str(number_format(count, 0, use_l10n=True, force_grouping=True))


def _nowhere(_figure: str) -> str:
    """Lead from a figure to no list: a room reads sums alone."""
    return ""
