"""A report as strangers see it."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from incidents.models import Report


class PublicReport(GeoFeatureModelSerializer):
    """What anyone may see: no word of the reporter's, nothing that leads to them."""

    category = serializers.CharField(source="category.code")
    title = serializers.SerializerMethodField()
    ward = serializers.CharField(source="place.code", default=None)
    organisation = serializers.CharField(source="organisation.code", default=None)
    received_on = serializers.DateTimeField(source="received_at", format="%Y-%m-%d")
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

    def get_title(self, report: Report) -> str | None:
        return report.public_title or None
