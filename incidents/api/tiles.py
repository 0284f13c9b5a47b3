"""The public reports as vector tiles, under the same filters as the list."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from rest_framework.request import Request

from gis_data.api.tiles import TileView
from incidents.tiles import LAST_ZOOM, report_tile

from .filters import read_filter


class ReportTile(TileView):
    """One tile: layers `reports` and `clusters`.

    One that a client has already is answered by how much has changed since, alone.
    """

    fresh_for = "public, max-age=1, stale-while-revalidate=30"

    def get(self, request: Request, z: int, x: int, y: int) -> HttpResponse:
        if z > LAST_ZOOM or max(x, y) >= 2**z:
            raise Http404
        asked = read_filter(request.query_params)
        drawn = report_tile(asked, z=z, x=x, y=y, known=self.known(request))
        return self.present(drawn.tile, tag=drawn.tag)
