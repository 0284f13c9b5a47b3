"""What is behind a figure: as many cases in a list, on a map and in a file.

All three are asked for by the same parameters and read from the same question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models import Extent
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gis_data.api.tiles import MEDIA_TYPE
from gis_data.models import Place
from incidents.carried.forms import FORMS
from incidents.leading.carrying import figure_table
from incidents.leading.figures import Axis, Window, conditions
from incidents.leading.periods import Period
from incidents.leading.reading import listed
from incidents.leading.words import labels, nobody
from incidents.models import Category, Handling, Organisation, StatusGroup
from incidents.permissions import Actor
from incidents.tiles import LAST_ZOOM, handling_tile

from .carrying import carried_off, refused, too_many_at_work
from .city_map import map_words
from .doors import for_staff
from .leading import Asked, asked_of, may_read

#: So many cases stand on one page of a list.
LISTED = 50
FEWER = gettext_lazy(
    "Open the figure of one ward, category or unit after another, and take their files."
)
#: So many degrees are shown about the outermost cases.
AROUND = 0.004


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The handlings that one figure counts, and how they were asked for."""

    asked: Asked
    figure: str
    part: tuple[Axis, int | None] | None
    at: datetime  #: As of when.
    cases: QuerySet[Handling]
    is_too_few: bool  #: Of one rating alone, a list would say who was satisfied.

    @property
    def gives_back(self) -> bool:
        return self.figure == "returned"

    def address(self, page: str) -> str:
        """Return where the same cases are told in another way."""
        said: dict[str, str | int] = {"of": self.figure}
        if self.part is not None:
            said["id"] = self.part[1] or "none"
        if self.at < self.asked.period.until:
            said["at"] = self.at.isoformat()
        return self.asked.address(page, **said)


@for_staff
@require_safe
def leading_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the cases that one figure counts, and show on a map where they are."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    behind = _behind(request, actor)
    asked = behind.asked
    told = behind.cases.order_by().aggregate(
        count=Count("pk"),
        placed=Count("report__world_cell"),
        box=Extent("report__public_point"),
    )
    shown = behind.cases.select_related(
        "report", "category", "current_place", "place", "organisation"
    )
    pages = Paginator(shown, LISTED)
    pages.count = told["count"]
    page = pages.get_page(request.GET.get("page"))
    file = behind.address("leading-list-file")
    context: dict[str, Any] = {
        "asked": asked,
        "figure": labels()[behind.figure],
        "figure_code": behind.figure,
        "as_of": behind.at,
        "is_ended": any(each.ended_at for each in page),
        "gives_back": behind.gives_back,
        "part": _part_label(behind.part),
        "count": told["count"],
        "placed": told["placed"],
        "placeless": told["count"] - told["placed"],
        "is_too_few": behind.is_too_few,
        "page": page,
        "back": asked.address(),
        "file": file,
        "too_many": too_many_at_work(told["count"], fewer=FEWER),
        "drawn": file.partition("?")[2],
        "tiles": _tiles(),
        "view": _view(told["box"]),
        "map_words": map_words(),
        "groups": list(StatusGroup),
        "pages": {
            turn: _page_address(request, number)
            for turn, number in _neighbours(page).items()
        },
        "is_over": asked.period.is_over(at=timezone.now()),
    }
    return render(request, "mapui/staff/leading_list.html", context)


@for_staff
@require_safe
def figure_tile(
    request: HttpRequest, actor: Actor, z: int, x: int, y: int
) -> HttpResponse:
    """Draw one tile of the cases that one figure counts, for who may list them."""
    if not may_read(actor) or z > LAST_ZOOM or max(x, y) >= 2**z:
        raise Http404
    tile = handling_tile(_behind(request, actor).cases, z=z, x=x, y=y)
    if not tile:
        return HttpResponse(status=204)
    return HttpResponse(tile, content_type=MEDIA_TYPE)


@for_staff
@require_safe
def leading_list_file(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """Send the list behind one figure as a file, row by row."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    behind = _behind(request, actor)
    count = behind.cases.order_by().count()
    if said := too_many_at_work(count, fewer=FEWER):
        return refused(said)
    table = figure_table(behind.cases, gives_back=behind.gives_back)
    name = f"{behind.asked.period.code}-{behind.figure}"
    return carried_off(request, table, FORMS["csv"], name=name, count=count)


def _behind(request: HttpRequest, actor: Actor) -> Behind:
    """Find what an address asks for; a figure there is not is not found."""
    asked, _units = asked_of(request, actor)
    figure = request.GET.get("of", "received")
    window = Window.of(asked.period, at=_as_of(request, asked.period))
    if figure not in conditions(window):
        raise Http404
    part = _part(request, asked)
    about: dict[str, Any] = {
        "unit": asked.unit.pk if asked.unit else None,
        "part": part,
    }
    cases = listed(figure, window, **about)
    is_too_few = figure == "satisfied" and (
        listed("rated", window, **about).count() < settings.CITY.rated_at_least
    )
    return Behind(
        asked=asked,
        figure=figure,
        part=part,
        at=window.at,
        cases=cases.none() if is_too_few else cases,
        is_too_few=is_too_few,
    )


def _as_of(request: HttpRequest, period: Period) -> datetime:
    """Read as of which moment of a period a list is asked for; now if nobody said."""
    now = timezone.now()
    if "at" not in request.GET:
        return now
    try:
        at = parse_datetime(request.GET["at"])
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at) or not period.since <= at <= now:
        raise Http404
    return at


def _part(request: HttpRequest, asked: Asked) -> tuple[Axis, int | None] | None:
    said = request.GET.get("id", "")
    if not said:
        return None
    if said == "none":
        return asked.by, None
    if not said.isdecimal() or len(said) > 18:
        raise Http404
    return asked.by, int(said)


def _part_label(part: tuple[Axis, int | None] | None) -> str:
    """Name the ward, unit or category that a list is of."""
    if part is None:
        return ""
    axis, pk = part
    if pk is None:
        return nobody(axis)
    if axis == Axis.UNIT:
        return get_object_or_404(Organisation, pk=pk).label
    if axis == Axis.CATEGORY:
        return get_object_or_404(Category, pk=pk).label
    return get_object_or_404(Place, pk=pk).label


def _tiles() -> str:
    """Return where the tiles are, as the map fills it in."""
    first = reverse("mapui:figure-tile", args=[0, 0, 0])
    return first.replace("0/0/0", "{z}/{x}/{y}")


def _view(box: tuple[float, float, float, float] | None) -> str:
    """Return west, south, east and north of what has a place; nothing of nothing."""
    if box is None:
        return ""
    west, south, east, north = box
    sides = (west - AROUND, south - AROUND, east + AROUND, north + AROUND)
    return ",".join(f"{each:.4f}" for each in sides)


def _neighbours(page: Any) -> dict[str, int]:
    found = {}
    if page.has_previous():
        found["previous"] = page.previous_page_number()
    if page.has_next():
        found["next"] = page.next_page_number()
    return found


def _page_address(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"
