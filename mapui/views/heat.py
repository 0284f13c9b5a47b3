"""Where a unit's open reports lie thick: a map in a frame, and a table that says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from gis_data.models import Place
from incidents.deadlines import read_calendar
from incidents.density import Density, Square, density, names_of, within
from incidents.exports import heat_map
from incidents.models import Category, Report, ReportQuerySet
from incidents.permissions import Actor
from incidents.worklist import sorts, work_of

from .doors import for_staff
from .on_paper import paper_of
from .remaining import Remaining, remaining

#: So many places are named in the table, and so many cases of one of them.
NAMED, LISTED = 12, 50
SHOWN = ("late", "week", "again")
FILES = {
    "leaflet": "mapui/build/heat/leaflet.js",
    "leaflet_css": "mapui/build/heat/leaflet.css",
    "leaflet-heat.js": "mapui/build/heat/leaflet-heat.js",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One square as the table tells of it."""

    square: Square
    ward: Place | None
    category: Category | None

    @property
    def name(self) -> str:
        """Where it is, as colleagues would say it."""
        ward = self.ward.label if self.ward else _("No ward")
        street = self.square.street
        return f"{street}, {ward}" if street else ward


@csp_update({"frame-src": ["'self'"]})
@for_staff
@require_safe
def heat(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the map in its frame with an equal table; list one square's cases."""
    if not actor.units:
        return redirect("mapui:workbench")
    now = timezone.now()
    show = _show(request)
    work = _work(actor, show)
    found = density(work, at=now)
    named = found.squares[:NAMED]
    chosen = _chosen(request, found)
    wards, categories = names_of([*named, *([chosen] if chosen else [])])

    def spot(square: Square) -> Spot:
        return Spot(
            square=square,
            ward=wards.get(square.place or 0),
            category=categories.get(square.category),
        )

    context: dict[str, Any] = {
        "show": show,
        "tabs": _tabs(),
        "found": found,
        "spots": [spot(each) for each in named],
        "chosen": spot(chosen) if chosen else None,
        "rows": _rows(within(work, chosen)) if chosen else [],
        "now": now,
        "paper": paper_of(request.path, f"show={show}" if show else "", at=now),
    }
    return render(request, "mapui/staff/heat.html", context)


@for_staff
@require_safe
@xframe_options_sameorigin
def heat_frame(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Draw the map itself: a page without an origin, which can do nothing but show."""
    found = density(_work(actor, _show(request)), at=timezone.now())
    if not actor.units or not found.squares:
        raise Http404
    wards = Place.objects.in_bulk(list(found.by_place)[:NAMED])
    drawn = heat_map(
        found,
        on=localdate(),
        files={name: static(path) for name, path in FILES.items()},
        words={
            "title": _("Heat map"),
            "zoom_in": _("Zoom in"),
            "zoom_out": _("Zoom out"),
            "many": _("many: {n} together"),
        },
        names=wards,
    )
    answer = render(
        request,
        "mapui/staff/heat_frame.html",
        {
            "drawn": drawn,
            # What folium wrote: numbers, and names that were escaped.
            "body": mark_safe(drawn.body),  # noqa: S308
            "script": mark_safe(drawn.script),  # noqa: S308
            "found": found,
            "title": _tabs()[_show(request)],
            "today": localdate(),
        },
    )
    answer["Content-Security-Policy"] = _policy(request)
    return answer


def _policy(request: HttpRequest) -> str:
    """Name this site in full: a page in a sandbox has no self to be like."""
    site = request.build_absolute_uri("/").rstrip("/")
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    said = {
        "default-src": "'none'",
        "script-src": f"{site} 'nonce-{nonce}'",
        "style-src": site,
        "img-src": f"{site} data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "allow-scripts",
    }
    return "; ".join(f"{name} {allowed}" for name, allowed in said.items())


def _show(request: HttpRequest) -> str:
    asked = request.GET.get("show", "")
    return asked if asked in SHOWN else ""


def _tabs() -> dict[str, str]:
    return {
        "": _("All open reports"),
        "late": _("Overdue"),
        "week": _("Due this week"),
        "again": _("Reopened"),
    }


def _work(actor: Actor, show: str) -> ReportQuerySet:
    now = timezone.now()
    work = work_of(actor, at=now)
    return work.filter(sorts(at=now)[show]) if show else work


def _chosen(request: HttpRequest, found: Density) -> Square | None:
    """Find the square that the address names, among those there are."""
    asked = request.GET.get("o", "")
    return next((each for each in found.squares if str(each.cell) == asked), None)


def _rows(work: ReportQuerySet) -> list[tuple[Report, Remaining]]:
    now, calendar = timezone.now(), read_calendar()
    cases = work.with_its_ward()[:LISTED]
    return [
        (each, remaining(due_at, at=now, calendar=calendar))
        for each in cases
        if (due_at := getattr(each, "due_at", None))
    ]
