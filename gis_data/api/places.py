"""The places of a kind, as filters and forms list them and as maps draw them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.core.validators import slug_re
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.models import Boundary, BoundaryDrawing, PlaceKind

from .fields import Reads, YesNo

#: Shapes are handed out as a map of this zoom draws them, some ten metres fine.
DRAWN_ZOOM = 13


class KindCode(serializers.SlugRelatedField[PlaceKind]):
    """A kind of place by its code."""

    default_error_messages = {"does_not_exist": _("There is no such kind of place.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="code", queryset=PlaceKind.objects.all(), **options)

    def to_internal_value(self, data: object) -> PlaceKind:
        if not isinstance(data, str) or not slug_re.fullmatch(data):
            self.fail("does_not_exist")
        return super().to_internal_value(data)


class PlacesQuery(serializers.Serializer[dict[str, Any]]):
    """A kind of place; a day, today if none is given; with shapes or without."""

    kind = KindCode()
    on = serializers.DateField(required=False)
    geometry = YesNo(default=False)


class PlaceShown(serializers.Serializer[Boundary]):
    """A place as a GeoJSON feature, known by its code."""

    def to_representation(self, instance: Boundary) -> dict[str, Any]:
        place = instance.place
        drawn = getattr(instance, "drawn", None)
        return {
            "type": "Feature",
            "id": place.code,
            "properties": {
                "kind": place.kind.code,
                "code": place.code,
                "name": place.name,
                "name_en": place.name_en,
                "approximate": instance.edition.is_approximate,
            },
            "geometry": json.loads(drawn) if drawn else None,
        }


class PlaceList(APIView):
    """The places of a kind that are in force on a day."""

    throttle_classes = [Reads]

    @extend_schema(
        parameters=[PlacesQuery],
        responses={(200, "application/json"): {"type": "object"}},
    )
    def get(self, request: Request) -> Response:
        asked = PlacesQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        there: QuerySet[Boundary] = (
            Boundary.objects.known()
            .in_force(on=given.get("on") or localdate())
            .filter(place__kind=given["kind"])
            .select_related("place__kind", "edition")
            .order_by("place__name", "place__code")
        )
        if given["geometry"]:
            there = _drawn(there)
        shown = PlaceShown(there, many=True)  # type: ignore[arg-type]
        return Response(
            {
                "type": "FeatureCollection",
                "features": shown.data,
                "next": None,
                "count_is": "exact",
            }
        )


def _drawn(boundaries: QuerySet[Boundary]) -> QuerySet[Boundary]:
    drawings = BoundaryDrawing.objects.filter(
        boundary=OuterRef("pk"), zoom=DRAWN_ZOOM
    ).annotate(drawn=AsGeoJSON(Transform(F("shape"), 4326), precision=6))
    return boundaries.annotate(drawn=Subquery(drawings.values("drawn")))
