"""Lists are read in pages."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


class FeaturePages(CursorPagination):
    """A FeatureCollection, where the next page begins, and how its count is meant."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering = ("-received_at", "-pk")

    def get_paginated_response(self, data: Any) -> Response:
        further, earlier = self.get_next_link(), self.get_previous_link()
        count_is = "at_least" if further or earlier else "exact"
        return Response({**data, "next": further, "count_is": count_is})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page: a FeatureCollection with two members more."""
        described = dict(schema)
        members = described.setdefault("properties", {})
        members["next"] = {"type": ["string", "null"], "format": "uri"}
        members["count_is"] = {"type": "string", "enum": ["exact", "at_least"]}
        return described
