"""Looking ahead while a report is written: what is near, who gets it, who sees what."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib.gis.geos import Point
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework import serializers

from gis_data.api.fields import Measure, Reads
from gis_data.geometry import metres_a_degree
from gis_data.locating import Area
from incidents.api.fields import CategoryCode, Text
from incidents.models import Incident, Report
from incidents.models.likeness import reach_of
from incidents.privacy import snap
from incidents.routing import route

from .choices import ward
from .limits import is_allowed, wait_a_minute

#: As far as one looks round for what one has just met.
NEAR_M = 100
NEAR_AT_MOST = 5


class Ahead(serializers.Serializer[dict[str, Any]]):
    """What has been said so far of a report that is not sent yet."""

    category = CategoryCode()
    lat = Measure(min_value=-90, max_value=90, required=False)
    lon = Measure(min_value=-180, max_value=180, required=False)
    accuracy = Measure(min_value=0, max_value=100_000, default=0)
    ward = Text(max_length=32, required=False, allow_blank=True, default="")
    address = Text(max_length=300, required=False, allow_blank=True, default="")


@never_cache
@require_safe
def near(request: HttpRequest) -> HttpResponse:
    """List the open public reports round a point, those of the same kind first."""
    if not is_allowed(request, Reads):
        return _too_often()
    asked = _read(request)
    point = _point(asked) if asked else None
    if asked is None or point is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    reach = reach_of(asked["category"])
    reach = reach._replace(metres=max(reach.metres, NEAR_M))
    now = timezone.now()
    going_on = Incident.objects.public().under_way(at=now).of(asked["category"])
    incidents = list(going_on.over(point).with_what_is_shown().defer("area")[:3])
    alone = Report.objects.public().open().filter(headed=None)
    found = alone.shown_near(point, metres=NEAR_M)
    # No words here: a stranger must not learn what others wrote from what comes first.
    likest = found.likest_first(asked["category"], at=now, reach=reach)
    listed = likest.with_what_is_shown()
    context = {"incidents": incidents, "reports": listed[:NEAR_AT_MOST]}
    return render(request, "mapui/filing/_near_found.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def seen(request: HttpRequest) -> HttpResponse:
    """Show who would get this report, and what of it anyone would see.

    An address comes by POST, so that nobody on the way writes down where it was typed.
    """
    if not is_allowed(request, Reads):
        return _too_often()
    asked = _read(request)
    if asked is None:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    point, now = _point(asked), timezone.now()
    named = ward(asked["ward"], on=localdate(now))
    decision = route(
        point,
        asked["category"],
        now,
        accuracy=asked["accuracy"] if point else 0,
        ward_id=named.pk if named else None,
        address=asked["address"],
    )
    is_placed = point is not None or named is not None
    context = {
        "category": asked["category"],
        "decision": decision,
        "area": _name(decision.location.areas) if is_placed else "",
        "today": localdate(now),
        "moved": _moved(point) if point else None,
    }
    return render(request, "mapui/filing/_seen_ahead.html", context)


def _read(request: HttpRequest) -> dict[str, Any] | None:
    said = request.POST if request.method == "POST" else request.GET
    asked = Ahead(data=said)
    return asked.validated_data if asked.is_valid() else None


def _point(asked: dict[str, Any]) -> Point | None:
    lat, lon = asked.get("lat"), asked.get("lon")
    if lat is None or lon is None:
        return None
    return Point(lon, lat, srid=4326)


def _name(areas: Sequence[Area]) -> str:
    """Return what the most local area is called in the reader's language."""
    if not areas:
        return ""
    english = areas[0].name_en and get_language() == "en"
    return areas[0].name_en if english else areas[0].name


def _moved(point: Point) -> dict[str, str]:
    """Say where strangers see the point, in metres east and south of where it is."""
    shown, _cell = snap(point)
    wide, high = metres_a_degree(point.y)
    east, south = (shown.x - point.x) * wide, (point.y - shown.y) * high
    return {
        "east": f"{east:.1f}",
        "south": f"{south:.1f}",
        "metres": f"{(east**2 + south**2) ** 0.5:.0f}",
    }


def _too_often() -> HttpResponse:
    return wait_a_minute(HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS))
