"""What a list or a tile is asked for, read from the address."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from gis_data.api.fields import YesNo
from incidents.filters import ReportFilter

from .fields import (
    Box,
    CategoryCodes,
    Day,
    Groups,
    OrganisationCodes,
    PlaceCodes,
    Text,
)

#: `from` is a word of Python's, so the fields are listed by name.
FILTERS: dict[str, type[serializers.Field[Any, Any, Any, Any]]] = {
    "bbox": Box,
    "category": CategoryCodes,
    "status": Groups,
    "ward": PlaceCodes,
    "organisation": OrganisationCodes,
    "from": Day,
    "to": Day,
    "q": Text,
    "placed": YesNo,
}


class ReportQuery(serializers.Serializer[ReportFilter]):
    """The filters of the contract; an empty one counts as not given."""

    def get_fields(self) -> dict[str, Any]:
        return {name: field(required=False) for name, field in FILTERS.items()}


def read_filter(query: QueryDict) -> ReportFilter:
    """Return the filter an address asks for, or raise what is wrong with it.

    One statement for each of category, ward and organisation that is given.
    """
    given = {name: query[name] for name in FILTERS if query.get(name, "").strip()}
    asked = ReportQuery(data=given)
    asked.is_valid(raise_exception=True)
    kept = asked.validated_data
    return ReportFilter(
        bbox=kept.get("bbox"),
        categories=kept.get("category"),
        groups=kept.get("status"),
        places=kept.get("ward"),
        organisations=kept.get("organisation"),
        since=kept.get("from"),
        until=kept.get("to"),
        words=kept.get("q", ""),
        placed=kept.get("placed"),
    )
