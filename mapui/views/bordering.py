"""Along the border: what lies by a ward's line in other hands, to be looked at only."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_data.models import Place
from incidents.bordering import BORDER_M, bordering, wards_of
from incidents.models import Report, ReportQuerySet
from incidents.permissions import Actor
from mapui.templatetags.labels import place_name

from .city_map import first_view, map_words
from .doors import for_staff

#: So many cases are shown, the latest first.
SHOWN = 200


@for_staff
@require_safe
def border(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the open cases of others along the line of the wards one works for."""
    wards = wards_of(actor)
    if not wards:
        return redirect("mapui:unit" if actor.units else "mapui:workbench")
    rows = list(_cases(actor, wards)[: SHOWN + 1])
    context = {
        "wards": wards,
        "mine": {ward.pk for ward in wards},
        "rows": rows[:SHOWN],
        "is_cut": len(rows) > SHOWN,
        "shown": SHOWN,
        "border_m": f"{BORDER_M:g}",
        "map_words": map_words(),
        "first_view": first_view(),
    }
    return render(request, "mapui/staff/border.html", context)


@for_staff
@require_safe
def border_points(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell where those cases are, as strangers see it."""
    features = [_feature(each) for each in _cases(actor, wards_of(actor))[:SHOWN]]
    told = {"type": "FeatureCollection", "features": features, "placeless": 0}
    return JsonResponse(told, content_type="application/geo+json")


@for_staff
@require_safe
def border_case(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show where one of them is, what it is and who has it; nothing of who told."""
    cases = _cases(actor, wards_of(actor))
    report = cases.filter(public_id=public_id).first()
    if report is None or report.public_point is None:
        raise Http404
    spot = report.public_point
    context = {
        "report": report,
        "lat": f"{spot.y:.6f}",
        "lon": f"{spot.x:.6f}",
        "map_words": map_words(),
    }
    return render(request, "mapui/staff/border_case.html", context)


def _cases(actor: Actor, wards: list[Place]) -> ReportQuerySet:
    """Return what this person sees along their line; without a ward there is none."""
    return bordering(wards, actor, on=localdate()).with_its_ward()


def _feature(report: Report) -> dict[str, Any]:
    spot, place = report.public_point, report.lies_in
    if spot is None:
        raise RuntimeError("What lies along a line has a point.")
    unit = report.organisation
    return {
        "type": "Feature",
        "id": report.public_id,
        "geometry": {
            "type": "Point",
            "coordinates": [round(spot.x, 6), round(spot.y, 6)],
        },
        "properties": {
            "title": report.category.label,
            "where": place_name(place) if place else "",
            "due": unit.label if unit else _("At the operators' desk"),
            "state": "fine",
            "case": reverse("mapui:border-case", args=[report.public_id]),
            "result": "",
            "directions": "",
        },
    }
