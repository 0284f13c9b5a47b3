"""The areas as vector tiles."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils.timezone import localdate
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from gis_data.tiles import Tile, area_tile

from .fields import Reads

#: Borders move once in years; an hour late is soon enough for a map.
FRESH_FOR = "public, max-age=3600, stale-while-revalidate=86400"


class AreaTileQuery(serializers.Serializer[dict[str, Any]]):
    """A day, today if none is given."""

    on = serializers.DateField(required=False)


class AreaTile(APIView):
    """One tile of a kind: layer `areas`; 204 where there is nothing."""

    throttle_classes = [Reads]
    schema = None

    def get(self, request: Request, kind: str, z: int, x: int, y: int) -> HttpResponse:
        square = Tile(z=z, x=x, y=y)
        asked = AreaTileQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        on: date = asked.validated_data.get("on") or localdate()
        tile = area_tile(kind, square, on=on)
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


urlpatterns = [
    path("tiles/areas/<slug:kind>/<int:z>/<int:x>/<int:y>.mvt", AreaTile.as_view())
]
