"""What filters and forms need: categories and organisations; and due dates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.timezone import localdate
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gis_data.api.fields import Reads
from incidents.deadlines import Due, Skipped, read_deadline
from incidents.errors import NoDeadlineRule
from incidents.models import Category, Organisation

from .fields import CategoryCode, Moment


class CategoryShown(serializers.ModelSerializer[Category]):
    """A category as forms and filters show it."""

    name = serializers.CharField(source="label")
    branch = serializers.CharField(source="branch.code", default=None, allow_null=True)

    class Meta:
        model = Category
        fields = ("code", "name", "branch", "urgency", "needs_place", "is_public")


class OrganisationShown(serializers.ModelSerializer[Organisation]):
    """An organisation as filters show it."""

    name = serializers.CharField(source="label")
    place = serializers.CharField(source="place.code", default=None, allow_null=True)

    class Meta:
        model = Organisation
        fields = ("code", "name", "type", "place", "phone")


class CategoryList(APIView):
    """The categories in use today."""

    throttle_classes = [Reads]

    @extend_schema(responses=CategoryShown(many=True))
    def get(self, request: Request) -> Response:
        used = Category.objects.in_force(on=localdate()).select_related("branch")
        return Response(CategoryShown(used.order_by("code"), many=True).data)


class OrganisationList(APIView):
    """The organisations of today."""

    throttle_classes = [Reads]

    @extend_schema(responses=OrganisationShown(many=True))
    def get(self, request: Request) -> Response:
        there = Organisation.objects.in_being(on=localdate()).select_related("place")
        return Response(
            OrganisationShown(there.order_by("name", "code"), many=True).data
        )


class DeadlineQuery(serializers.Serializer[dict[str, Any]]):
    """When it was received, and of what category it is."""

    received = Moment(required=False)
    category = CategoryCode(required=False)


class SkippedDay(serializers.Serializer[Skipped]):
    """A day that does not count."""

    date = serializers.DateField(source="on")
    why = serializers.CharField()


class DueDate(serializers.Serializer[Due]):
    """By when, and which days do not count."""

    due_at = serializers.DateTimeField()
    working_days = serializers.IntegerField()
    skipped = SkippedDay(many=True)


class DeadlineView(APIView):
    """Count a deadline without filing anything."""

    throttle_classes = [Reads]

    @extend_schema(parameters=[DeadlineQuery], responses=DueDate)
    def get(self, request: Request) -> Response:
        asked = DeadlineQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said: datetime | None = asked.validated_data.get("received")
        received = said or timezone.now()
        category = asked.validated_data.get("category")
        try:
            deadline = read_deadline(category, on=localdate(received))
        except NoDeadlineRule as error:
            if said is None:
                raise
            raise serializers.ValidationError({"received": [str(error)]}) from error
        return Response(DueDate(deadline.due(received)).data)
