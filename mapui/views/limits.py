"""How often a stranger may ask of the pages: as often as of the API."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
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


def too_often() -> HttpResponse:
    """Say to who asks for a file that they ask too often, and when to come again."""
    said = _("Too many requests. Try again in a minute.") + "\n"
    return wait_a_minute(
        HttpResponse(said, status=429, content_type="text/plain; charset=utf-8")
    )


def wait_a_minute(answer: HttpResponse) -> HttpResponse:
    """Tell programs, too, when it is worth trying again."""
    answer["Retry-After"] = "60"
    return answer
