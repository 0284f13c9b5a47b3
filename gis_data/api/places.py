"""The places of a kind, as filters and forms list them and as maps draw them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.core.validators import slug_re
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.models import Boundary, BoundaryDrawing, Place, PlaceKind
from gis_data.succession import Heir, Resolution, resolve

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


class DayQuery(serializers.Serializer[dict[str, Any]]):
    """A day, today if none is given."""

    on = serializers.DateField(required=False)


class PlaceNamed(serializers.Serializer[Place]):
    """A place by its code and name."""

    code = serializers.CharField()
    name = serializers.CharField()


class HeirShown(serializers.Serializer[Heir]):
    """A place that lies where another lay, and with how much of the other's ground."""

    code = serializers.CharField(source="place.code")
    name = serializers.CharField(source="place.name")
    share = serializers.FloatField(allow_null=True)
    official = serializers.BooleanField(source="is_official")


class PlaceOfCode(serializers.Serializer[Resolution]):
    """What a code of any time means on a day, and what is there where it is no more."""

    on = serializers.DateField()
    code = serializers.CharField()
    kind = serializers.CharField()
    name = serializers.CharField()
    part_of = PlaceNamed(allow_null=True)
    in_force = serializers.BooleanField()
    successors = HeirShown(many=True)


class PlaceByCode(APIView):
    """A place by a code of any time; “kind:code” where a code was used twice."""

    throttle_classes = [Reads]

    @extend_schema(parameters=[DayQuery], responses=PlaceOfCode)
    def get(self, request: Request, code: str) -> Response:
        asked = DayQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        on = asked.validated_data.get("on") or localdate()
        found = resolve(code, on=on) if code.isprintable() else None
        if found is None:
            raise Http404
        place = found.asked[0]
        told = {
            "on": on,
            "code": place.code,
            "kind": place.kind.code,
            "name": place.name,
            "part_of": place.part_of,
            "in_force": not found.is_former,
            "successors": found.heirs,
        }
        return Response(PlaceOfCode(told).data)  # type: ignore[arg-type]


def _drawn(boundaries: QuerySet[Boundary]) -> QuerySet[Boundary]:
    drawings = BoundaryDrawing.objects.filter(
        boundary=OuterRef("pk"), zoom=DRAWN_ZOOM
    ).annotate(drawn=AsGeoJSON(Transform(F("shape"), 4326), precision=6))
    return boundaries.annotate(drawn=Subquery(drawings.values("drawn")))
