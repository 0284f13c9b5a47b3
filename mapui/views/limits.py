"""How often a stranger may ask of the pages: as often as of the API."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, SimpleRateThrottle
from rest_framework.views import APIView

HOUR = 60 * 60


class Proofs(AnonRateThrottle):
    """Asking for one-time codes and typing them in, for each address."""

    scope = "proofs"


def is_allowed(request: HttpRequest, throttle: type[SimpleRateThrottle]) -> bool:
    """Count this request among those of its address; staff are not counted."""
    if request.user.is_authenticated:
        return True
    return throttle().allow_request(Request(request), APIView())


def may_send_ahead(request: HttpRequest, size: int) -> bool:
    """Count so many bytes among those its address sent this hour, if they fit."""
    if request.user.is_authenticated:
        return True
    key = f"bytes-ahead:{BaseThrottle().get_ident(Request(request))}"
    cache.add(key, 0, timeout=HOUR)
    try:
        sent = cache.incr(key, size)
        if sent <= settings.STAGED_BYTES_AN_HOUR:
            return True
        cache.decr(key, size)  # What was refused takes up nothing.
    except ValueError:  # The hour ended in between.
        return size <= settings.STAGED_BYTES_AN_HOUR
    return False


def too_often(request: HttpRequest) -> HttpResponse:
    """Say to who asks for a file that they ask too often, and when to come again."""
    return not_now(request, _("Too many requests."))


def not_now(request: HttpRequest, said: str) -> HttpResponse:
    """Say why there is nothing now: to people by a page, to programs in one line."""
    status = HTTPStatus.TOO_MANY_REQUESTS
    if "text/html" in request.headers.get("Accept", ""):
        told = {"said": said, "again": request.get_full_path()}
        answer = render(request, "429.html", told, status=status)
    else:
        plainly = f"{said} {_('Try again in a minute.')}\n"
        kind = "text/plain; charset=utf-8"
        answer = HttpResponse(plainly, status=status, content_type=kind)
    patch_vary_headers(answer, ["Accept"])
    return wait_a_minute(answer)


def wait_a_minute(answer: HttpResponse) -> HttpResponse:
    """Tell programs, too, when it is worth trying again."""
    answer["Retry-After"] = "60"
    return answer
