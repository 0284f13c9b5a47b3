"""The areas as vector tiles, and how any tile is answered."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils.http import parse_etags
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

    def known(self, request: Request) -> str:
        """Return the tag of the tile that the client has already, if it says one."""
        tags = parse_etags(request.headers.get("If-None-Match", ""))
        # A proxy that packs what it passes on calls the tag a weak one.
        return tags[0].removeprefix("W/").strip('"') if tags else ""

    def answer(self, request: Request, tile: bytes) -> HttpResponse:
        """Answer with a tile, or with less where the client has it."""
        tag = sha256(tile).hexdigest()[:20]
        known = self.known(request) == tag
        return self.present(None if known else tile, tag=tag)

    def present(self, tile: bytes | None, *, tag: str) -> HttpResponse:
        """Answer with a tile; with none, that the one the client has still stands."""
        if tile is None:
            answer = HttpResponse(status=304)
        elif not tile:
            answer = HttpResponse(status=204)
        else:
            answer = HttpResponse(tile, content_type=MEDIA_TYPE)
        answer["ETag"] = f'"{tag}"'
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
