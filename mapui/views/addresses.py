"""Addresses as one types or is told them: what they may be, while one writes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from gis_data import geocoding
from gis_data.addresses import Kind, Suggestion, Sure, suggest
from gis_data.api.fields import Reads
from gis_data.errors import MapError
from gis_data.models import OutsideLookup
from gis_data.models.place import tidy
from incidents.permissions import Actor

from .call import for_the_desk
from .limits import is_allowed, wait_a_minute

LONGEST = 160
#: So soon one who waits for an outside answer looks again, in milliseconds.
AGAIN_MS = 800


# It writes nothing, so a form of another site gains nothing by sending it.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page
def places(request: HttpRequest) -> HttpResponse:
    """Find wards, streets and addresses, old and new, by what people call them.

    The site's pages ask by POST, so that nobody on the way writes down what was typed:
    there may be a name in it.
    """
    if not is_allowed(request, Reads):
        said = _("Too many at once from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        refusal = wait_a_minute(JsonResponse({"said": said}, status=status))
        add_never_cache_headers(refusal)
        return refusal
    asked = request.POST if request.method == "POST" else request.GET
    typed = tidy(asked.get("q", ""))[:LONGEST]
    found = suggest(typed, on=localdate(), near=_near(asked))
    told = {
        "said": _said(found),
        "is_loose": not found or found[0].sure is Sure.LOOSE,
        "places": [told_of(each) for each in found],
    }
    return JsonResponse(told)


@for_the_desk
@require_POST
def ask_outside(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Have an outside service asked where an address is; the worker asks it."""
    typed = tidy(request.POST.get("q", ""))[:LONGEST]
    try:
        lookup = geocoding.ask_outside(typed, at=timezone.now())
    except MapError as error:
        return JsonResponse({"said": str(error)}, status=error.status)
    return redirect("mapui:outside", number=lookup.pk)


@for_the_desk
@require_safe
def outside(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Tell what an outside service said, once it did."""
    lookup = get_object_or_404(OutsideLookup, pk=number)
    if lookup.answered_at is None:
        here = reverse("mapui:outside", kwargs={"number": number})
        told = {"said": _("Asking outside…"), "again": here, "wait_ms": AGAIN_MS}
        return JsonResponse(told, status=HTTPStatus.ACCEPTED)
    return JsonResponse(_said_outside(lookup))


def _said_outside(lookup: OutsideLookup) -> dict[str, Any]:
    if lookup.failure:
        return {"said": _("The outside service does not answer. Go on without it.")}
    if lookup.point is None or lookup.doubt == geocoding.Doubt.ELSEWHERE:
        return {"said": _("Nothing was found outside either.")}
    about = {"service": geocoding.geocoder_of_city().service}
    if lookup.doubt:
        detail = _("from %(service)s; it is the point it gives when it knows no better")
    else:
        detail = _("from %(service)s; check it on the map")
    lon, lat = round(lookup.point.x, 6), round(lookup.point.y, 6)
    place = {
        "code": "",
        "name": lookup.label,
        "detail": detail % about,
        "is_now": False,
        "line": "",
        "ward": "",
        "is_placed": not lookup.doubt,
        "middle": (lon, lat),
        "box": (lon, lat, lon, lat),
    }
    return {"said": "", "is_loose": False, "places": [place]}


def told_of(one: Suggestion) -> dict[str, Any]:
    """Write a suggestion as the boxes for addresses show and use it."""
    is_now = one.kind is Kind.PLACE and not (one.line or one.was)
    place = one.was if one.kind is Kind.FORMER else one.place
    with override(settings.CITY.languages[0]):
        line = one.line  # Filed as the city's own people write it.
    return {
        "code": place.code if place else "",
        "name": one.label,
        "detail": one.detail,
        "is_now": is_now,
        "line": line,
        "ward": one.place.code if one.place and one.kind is not Kind.FORMER else "",
        "is_placed": one.is_placed,
        "middle": one.middle,
        "box": one.box,
    }


def _said(found: tuple[Suggestion, ...]) -> str:
    """Say what came of it, for who does not see the list, or when it is of no help."""
    count = len(found)
    if not count:
        return _("Not known here. Try fewer letters, or the ward or former district.")
    if found[0].sure is Sure.LOOSE:
        return _("Not found as you wrote it; it may be one of these.")
    return ngettext("%(count)s place", "%(count)s places", count) % {"count": count}


def _near(asked: QueryDict) -> tuple[float, float] | None:
    """Read where one is looking; what is no point is nowhere."""
    try:
        lon, lat = float(asked.get("lon", "")), float(asked.get("lat", ""))
    except ValueError:
        return None
    in_world = -180 <= lon <= 180 and -90 <= lat <= 90
    return (lon, lat) if in_world else None
