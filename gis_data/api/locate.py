"""Where a point lies, and how surely."""

from __future__ import annotations

from typing import Any

from django.utils.timezone import localdate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.locating import Area, Found, Location, MapDoubt, locate, nearest_border_m

from .fields import Measure, Reads

FURTHEST_M = 100_000


class LocateQuery(serializers.Serializer[dict[str, Any]]):
    """A point, and how precise it is; a day, today if none is given."""

    lat = Measure(min_value=-90, max_value=90)
    lon = Measure(min_value=-180, max_value=180)
    on = serializers.DateField(required=False)
    accuracy = Measure(min_value=0, max_value=FURTHEST_M, default=0)


class AreaShown(serializers.Serializer[Area]):
    """An area as everyone may see it."""

    kind = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    share = serializers.FloatField()


class LocationShown(serializers.Serializer[Location]):
    """A location as everyone may see it: most local first.

    `beside` is what the accuracy also reaches: a person may be asked to choose.
    """

    on = serializers.DateField()
    areas = AreaShown(many=True)
    beside = AreaShown(many=True)
    nearest_border_m = serializers.FloatField(allow_null=True)
    reason = serializers.ChoiceField(Found.choices)
    doubts = serializers.ListField(child=serializers.ChoiceField(MapDoubt.choices))
    approximate = serializers.BooleanField()


class LocateView(APIView):
    """Locate a point on the map of a day."""

    throttle_classes = [Reads]

    @extend_schema(parameters=[LocateQuery], responses=LocationShown)
    def get(self, request: Request) -> Response:
        asked = LocateQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        on = given.get("on") or localdate()
        point = (given["lon"], given["lat"])
        found = locate(point, on=on, accuracy=given["accuracy"])
        areas = AreaShown(found.areas, many=True)  # type: ignore[arg-type]
        beside = AreaShown(found.beside, many=True)  # type: ignore[arg-type]
        border = nearest_border_m(point, on=on) if found.areas else None
        return Response(
            {
                "on": on,
                "areas": areas.data,
                "beside": beside.data,
                "nearest_border_m": None if border is None else round(border, 1),
                "reason": found.reason,
                "doubts": found.doubts,
                "approximate": found.approximate,
            }
        )
