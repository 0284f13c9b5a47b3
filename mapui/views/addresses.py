"""Addresses as one types or is told them: what they may be, while one writes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.cache import add_never_cache_headers
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from gis_data.addresses import Kind, Suggestion, Sure, suggest
from gis_data.api.fields import Reads
from gis_data.models.place import tidy

from .limits import is_allowed, wait_a_minute

LONGEST = 160


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


def told_of(one: Suggestion) -> dict[str, Any]:
    """Write a suggestion as the boxes for addresses show and use it."""
    is_now = one.kind is Kind.PLACE and not (one.line or one.was)
    place = one.was if one.kind is Kind.FORMER else one.place
    return {
        "code": place.code if place else "",
        "name": one.label,
        "detail": one.detail,
        "is_now": is_now,
        "line": one.line,
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
