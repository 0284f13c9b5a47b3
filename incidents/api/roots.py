"""The daily roots: what anybody may keep, to tell later if a history was rewritten."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.api.fields import Reads
from incidents.models import DailyRoot

ON_A_PAGE = 100


class RootShown(serializers.Serializer[DailyRoot]):
    """One day: how many cases moved, what stands for them, and for all days so far."""

    on = serializers.DateField()
    cases = serializers.IntegerField()
    root = serializers.SerializerMethodField()  # type: ignore[assignment]
    seal = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField()

    def get_root(self, shown: DailyRoot) -> str:
        return bytes(shown.root).hex()

    def get_seal(self, shown: DailyRoot) -> str:
        return bytes(shown.seal).hex()


class RootsShown(serializers.Serializer[dict[str, Any]]):
    """Daily roots, the newest first, and where the older ones are."""

    roots = RootShown(many=True)
    next = serializers.CharField(allow_null=True)


class RootsQuery(serializers.Serializer[dict[str, Any]]):
    """Before which day."""

    before = serializers.DateField(required=False)


class RootList(APIView):
    """The roots of the last days, the newest first."""

    throttle_classes = [Reads]

    @extend_schema(parameters=[RootsQuery], responses=RootsShown)
    def get(self, request: Request) -> Response:
        asked = RootsQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = DailyRoot.objects.order_by("-on")
        if before := asked.validated_data.get("before"):
            found = found.filter(on__lt=before)
        rows = list(found[: ON_A_PAGE + 1])
        shown = rows[:ON_A_PAGE]
        further = None
        if len(rows) > ON_A_PAGE:
            here = request.build_absolute_uri(reverse("roots"))
            further = f"{here}?before={shown[-1].on.isoformat()}"
        return Response(RootsShown({"roots": shown, "next": further}).data)


class RootView(APIView):
    """The root of one day."""

    throttle_classes = [Reads]

    @extend_schema(
        parameters=[OpenApiParameter("on", date, OpenApiParameter.PATH)],
        responses=RootShown,
    )
    def get(self, request: Request, on: str) -> Response:
        try:
            day = date.fromisoformat(on)
        except ValueError as error:
            raise Http404 from error
        made = DailyRoot.objects.filter(on=day).first()
        if made is None:
            raise Http404
        return Response(RootShown(made).data)
