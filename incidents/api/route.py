"""Who would answer for a problem at a point, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.api.fields import Measure, Reads
from incidents.decisions import Claim, Decision
from incidents.entering import actor_in
from incidents.routing import route

from .fields import CategoryCode, Moment, Text


class RouteQuery(serializers.Serializer[dict[str, Any]]):
    """Where, what and when."""

    lat = Measure(min_value=-90, max_value=90)
    lon = Measure(min_value=-180, max_value=180)
    category = CategoryCode()
    at = Moment(required=False)
    accuracy = Measure(min_value=0, max_value=100_000, default=0)
    address = Text(max_length=300, required=False, allow_blank=True)


class Weighed(serializers.Serializer[Claim]):
    """One claim that was weighed; for staff."""

    responsibility = serializers.IntegerField()
    organisation = serializers.SerializerMethodField()
    role = serializers.CharField()
    precedence = serializers.IntegerField()
    basis = serializers.CharField()
    legal_basis = serializers.CharField()
    is_confirmed = serializers.BooleanField()
    conditions = serializers.JSONField()
    asset = serializers.SerializerMethodField()

    def get_asset(self, claim: Claim) -> dict[str, Any] | None:
        """Tell the road, canal or cover that it rests on, and how far that is."""
        thing = claim.thing
        if thing is None:
            return None
        return {"kind": thing.kind, "name": thing.name, "metres": thing.metres}

    def get_organisation(self, claim: Claim) -> dict[str, str]:
        return {"code": claim.unit.code, "name": claim.unit.label}


class Routed(serializers.Serializer[Decision]):
    """A decision, explained."""

    organisation = serializers.SerializerMethodField()
    reason = serializers.CharField()
    explanation = serializers.CharField()
    basis = serializers.SerializerMethodField()
    areas = serializers.JSONField()
    doubts = serializers.ListField(child=serializers.CharField())
    approximate = serializers.BooleanField()

    def get_organisation(self, decision: Decision) -> dict[str, str] | None:
        unit = decision.organisation
        return {"code": unit.code, "name": unit.label} if unit else None

    def get_basis(self, decision: Decision) -> dict[str, str]:
        return {"kind": decision.basis, "legal_basis": decision.legal_basis}


class RouteView(APIView):
    """Route a point without filing anything."""

    throttle_classes = [Reads]

    @extend_schema(parameters=[RouteQuery], responses=Routed)
    def get(self, request: Request) -> Response:
        asked = RouteQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        kept = asked.validated_data
        at: datetime = kept.get("at") or timezone.now()
        point = Point(kept["lon"], kept["lat"], srid=4326)
        decision = route(
            point,
            kept["category"],
            at,
            accuracy=kept["accuracy"],
            address=kept.get("address", ""),
        )
        body = dict(Routed(decision).data)
        actor = actor_in(request._request)
        if actor is None or not actor.is_staff:
            return Response(body)
        body["claims"] = [Weighed(claim).data for claim in decision.weighed]
        return Response(body, headers={"Cache-Control": "private, no-store"})
