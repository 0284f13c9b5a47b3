"""The areas as vector tiles, and how any tile is answered."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils.timezone import localdate
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from gis_data.tiles import Tile, area_tile

from .fields import Reads

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
#: Borders move once in years; an hour late is soon enough for a map.
FRESH_FOR = "public, max-age=3600, stale-while-revalidate=86400"


class AsItIs(BaseContentNegotiation):
    """A tile has one form, whatever somebody would rather have."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class TileView(APIView):
    """One tile, which may be kept for a while; 204 where there is nothing."""

    throttle_classes = [Reads]
    content_negotiation_class = AsItIs
    schema = None
    fresh_for = ""

    def answer(self, request: Request, tile: bytes) -> HttpResponse:
        etag = f'"{sha256(tile).hexdigest()[:20]}"'
        if request.headers.get("If-None-Match") == etag:
            answer = HttpResponse(status=304)
        elif not tile:
            answer = HttpResponse(status=204)
        else:
            answer = HttpResponse(tile, content_type=MEDIA_TYPE)
        answer["ETag"] = etag
        answer["Cache-Control"] = self.fresh_for
        return answer


class AreaTileQuery(serializers.Serializer[dict[str, Any]]):
    """A day, today if none is given."""

    on = serializers.DateField(required=False)


class AreaTile(TileView):
    """One tile of a kind: layer `areas`."""

    fresh_for = FRESH_FOR

    def get(self, request: Request, kind: str, z: int, x: int, y: int) -> HttpResponse:
        square = Tile(z=z, x=x, y=y)
        asked = AreaTileQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        on: date = asked.validated_data.get("on") or localdate()
        return self.answer(request, area_tile(kind, square, on=on))


urlpatterns = [
    path("tiles/areas/<slug:kind>/<int:z>/<int:x>/<int:y>.mvt", AreaTile.as_view())
]
