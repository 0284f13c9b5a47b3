"""A report as strangers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from drf_spectacular.contrib.rest_framework_gis import (
    GeoFeatureModelSerializerExtension,
)
from rest_framework import serializers
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from incidents.models import Report


class PublicReport(GeoFeatureModelSerializer):
    """What anyone may see: no word of the reporter's, nothing that leads to them."""

    category = serializers.CharField(source="category.code")
    title = serializers.SerializerMethodField()
    ward = serializers.CharField(source="lies_in.code", default=None, allow_null=True)
    organisation = serializers.CharField(
        source="organisation.code", default=None, allow_null=True
    )
    received_on = serializers.DateTimeField(source="received_at", format="%Y-%m-%d")
    updated_at = serializers.SerializerMethodField()
    followers = serializers.IntegerField()

    class Meta:
        model = Report
        geo_field = "public_point"
        id_field = "public_id"
        fields = (
            "public_id",
            "category",
            "status_group",
            "title",
            "ward",
            "organisation",
            "received_on",
            "updated_at",
            "followers",
        )

    def get_updated_at(self, report: Report) -> datetime:
        """Tell the hour: the second at which somebody filed could give them away."""
        changed = localtime(report.updated_at)
        return changed.replace(minute=0, second=0, microsecond=0)

    def get_title(self, report: Report) -> str | None:
        return report.public_title or None


class PublicReportDescribed(GeoFeatureModelSerializerExtension):  # type: ignore[no-untyped-call]
    """How a report as strangers see it is described: some have no point."""

    target_class = "incidents.api.shown.PublicReport"
    match_subclasses = False
    priority = 1

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        described: dict[str, Any] = super().map_serializer(  # type: ignore[no-untyped-call]
            auto_schema, direction
        )
        members = described["properties"]
        members["geometry"] = {"oneOf": [members["geometry"], {"type": "null"}]}
        return described
