"""How often a stranger may ask of the pages: as often as of the API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle
from rest_framework.views import APIView


class Proofs(AnonRateThrottle):
    """Asking for one-time codes and typing them in, for each address."""

    scope = "proofs"


def is_allowed(request: HttpRequest, throttle: type[SimpleRateThrottle]) -> bool:
    """Count this request among those of its address; staff are not counted."""
    if request.user.is_authenticated:
        return True
    return throttle().allow_request(Request(request), APIView())


def wait_a_minute(answer: HttpResponse) -> HttpResponse:
    """Tell programs, too, when it is worth trying again."""
    answer["Retry-After"] = "60"
    return answer
