"""The public map with its equal list, and a report as anyone may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from rest_framework.exceptions import ValidationError

from gis_data.models import Place
from gis_data.succession import Resolution
from incidents.api.filters import FILTERS, Boundaries, Window, read_filter
from incidents.models import Incident, Report, ReportQuerySet, StatusGroup
from incidents.publishing import public_timeline

from .asked_words import asked_in_words, mistake_in
from .choices import WARD, branches, is_approximate, organisations, wards
from .city_map import first_view, map_words
from .following import following_of
from .on_paper import paper_of

ON_A_PAGE = 25
#: So far back time can be gone through month by month.
MONTHS = 24
#: What hides behind "more filters" until it is used.
FURTHER = ("category", "ward", "boundaries", "organisation", "from", "to")
#: Public is what was accepted and not refused since, so it is told by these words only.
TOLD = (StatusGroup.IN_PROGRESS, StatusGroup.DONE)


@require_safe
@gzip_page
@vary_on_headers("HX-Request")
def home(request: HttpRequest) -> HttpResponse:
    """Show the city's public reports, on the map and as an equal list."""
    found = results_of(request.GET)
    if _wants_fragment(request):
        return render(request, "mapui/_results.html", found | {"is_fragment": True})
    today = localdate()
    offered = {
        "branches": branches(on=today),
        "wards": wards(on=today),
        "organisations": organisations(on=today),
        "is_approximate": is_approximate(on=today),
        "is_narrowed": any(request.GET.get(name) for name in FURTHER),
        "groups": TOLD,
        "incidents": Incident.objects.public().under_way(at=timezone.now()).count(),
        "boundaries": Boundaries,
        "windows": Window,
        "view": first_view(),
        "map_words": map_words(),
        "months": " ".join(_months(today)),
    }
    return render(request, "mapui/home.html", found | offered)


@require_safe
@vary_on_headers("HX-Request")
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one public report: a page of its own, or a panel beside the map.

    What goes along with another leads on to that one.
    """
    cases = Report.objects.public().with_what_is_shown().with_confirmations()
    shown = cases.filter(public_id=public_id).first()
    if shown is None:
        masters = Report.objects.public().filter(duplicates__public_id=public_id)
        return redirect("mapui:report", get_object_or_404(masters).public_id)
    photos = shown.attachments.public()
    spot = shown.public_point
    context = {
        "report": shown,
        "photos": photos,
        "history": public_timeline(shown),
        "lon": f"{spot.x:.6f}" if spot else "",
        "lat": f"{spot.y:.6f}" if spot else "",
        "map_words": map_words(),
        "track": TOLD,
        "address": settings.SITE_URL + request.path,
    }
    context |= following_of(request, shown)
    page = "mapui/_panel.html" if _wants_fragment(request) else "mapui/report.html"
    return render(request, page, context)


def results_of(query: QueryDict) -> dict[str, Any]:
    """Return a page of the list, and how many there are: in the frame, and in all.

    What has no place lies in no frame; it is counted whatever part of the map is seen.
    """
    query = _opened(query)
    mistake, only_unplaced = "", False
    former: tuple[Resolution, ...] = ()
    current: tuple[Place, ...] = ()
    wrong: set[str] = set()
    reports = everywhere = Report.objects.none()
    inside = Q()
    try:
        asked = read_filter(query)
    except ValidationError as error:
        mistake = mistake_in(error.detail)
        wrong = {str(name) for name in error.detail}
    else:
        reports, everywhere = asked.public(), replace(asked, bbox=None).public()
        only_unplaced = asked.placed is False
        former, current = asked.former, asked.current
        if asked.bbox is not None:
            inside = Q(public_point__intersects=asked.bbox)
    counted = everywhere.aggregate(
        total=Count("pk", filter=inside),
        everywhere=Count("pk"),
        unplaced=Count("pk", filter=Q(public_point__isnull=True)),
    )
    page = _page(reports, query, total=counted["total"])
    given = {
        name: "" if name in wrong else query.get(name, "").strip() for name in FILTERS
    }
    return {
        "paper": paper_of(
            reverse("mapui:home"),
            _asking(given),
            at=timezone.now(),
            title=_("Map of reports"),
            words=[] if mistake else asked_in_words(query),
        ),
        "asked": given,
        "mistake": mistake,
        "only_unplaced": only_unplaced,
        "reports": page.object_list,
        "later": _address(query, page=page.number - 1) if page.has_previous() else "",
        "earlier": _address(query, page=page.number + 1) if page.has_next() else "",
        "listed": _asking(given),
        "drawn": _asking({**given, "bbox": ""}),
        "without_place": _asking({**given, "bbox": "", "placed": "no"}),
        "whole_city": _asking({**given, "bbox": "", "placed": ""}),
        "former": former,
        "followable": "" if former else _followable(current),
        "of_when": dict(Window.choices).get(given["window"], ""),
        "ever": _asking({**given, "window": Window.ALL}) if _leaves_out(given) else "",
        "by_now": _asking({**given, "boundaries": ""}),
        "by_then": _asking({**given, "boundaries": Boundaries.THEN}),
    } | counted


def _followable(asked: Sequence[Place]) -> str:
    """Return the code of the one ward that is asked for, if it is one."""
    if len(asked) == 1 and asked[0].kind.code == WARD:
        return asked[0].code
    return ""


def _opened(query: QueryDict) -> QueryDict:
    """Begin with what is of today, where nothing says of when.

    It says so from here on, to the tiles, the files and whoever it is shared with; who
    asks for days means those of all years.
    """
    changed = query.copy()
    if not query.get("window", "").strip():
        has_days = any(query.get(name, "").strip() for name in ("from", "to"))
        changed["window"] = Window.ALL if has_days else Window.CURRENT
    return changed


def _leaves_out(given: dict[str, str]) -> bool:
    """Whether there may be more in all years: whatever is open is of today."""
    is_current = given["window"] == Window.CURRENT
    return is_current and given["status"] != StatusGroup.IN_PROGRESS


def _months(today: date) -> list[str]:
    """Return the months that can be gone through one by one, up to this one."""
    last = today.year * 12 + today.month - 1
    numbers = range(last - MONTHS + 1, last + 1)
    return [f"{number // 12}-{number % 12 + 1:02}" for number in numbers]


def _page(reports: ReportQuerySet, query: QueryDict, *, total: int) -> Page[Report]:
    listed = reports.with_what_is_shown().order_by("-received_at", "-pk")
    pages = Paginator(listed, ON_A_PAGE)
    vars(pages)["count"] = total  # It has been counted already.
    return pages.get_page(query.get("page"))


def _address(query: QueryDict, *, page: int) -> str:
    changed = query.copy()
    changed["page"] = str(page)
    return changed.urlencode()


def _asking(given: dict[str, str]) -> str:
    return urlencode({name: said for name, said in given.items() if said})


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"
