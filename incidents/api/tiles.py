"""The public reports as vector tiles, under the same filters as the list."""

from __future__ import annotations

from hashlib import sha256

from django.http import Http404, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.tiles import LAST_ZOOM, report_tile

from .filters import read_filter
from .throttles import Reads

FRESH_FOR = "public, max-age=1, stale-while-revalidate=30"


class ReportTile(APIView):
    """One tile: layers `reports` and `clusters`; 204 where there is nothing."""

    throttle_classes = [Reads]
    schema = None

    def get(self, request: Request, z: int, x: int, y: int) -> HttpResponse | Response:
        if z > LAST_ZOOM or max(x, y) >= 2**z:
            raise Http404
        asked = read_filter(request.query_params)
        tile = report_tile(asked, z=z, x=x, y=y)
        etag = f'"{sha256(tile).hexdigest()[:20]}"'
        if request.headers.get("If-None-Match") == etag:
            answer = HttpResponse(status=304)
        elif not tile:
            answer = HttpResponse(status=204)
        else:
            answer = HttpResponse(
                tile, content_type="application/vnd.mapbox-vector-tile"
            )
        answer["ETag"] = etag
        answer["Cache-Control"] = FRESH_FOR
        return answer
