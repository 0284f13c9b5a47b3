"""How often a stranger may ask."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView


class Reports(AnonRateThrottle):
    """Filing, for each address. Reading the same address is counted by `Reads`."""

    scope = "reports"

    def allow_request(self, request: Request, view: APIView) -> bool:
        return request.method != "POST" or super().allow_request(request, view)


class Uploads(Reports):
    """Files sent ahead of reports, for each address: as many again as reports."""

    scope = "uploads"

    def get_rate(self) -> str | None:
        return self.THROTTLE_RATES[Reports.scope]
