"""Lists are read in pages."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param


class FeaturePages(CursorPagination):
    """A FeatureCollection, where the next page begins, and how its count is meant.

    Where it begins is sealed: it holds the second at which a report came.
    """

    page_size = 100
    max_page_size = 500
    page_size_query_param = "page_size"
    ordering = ("-received_at", "-pk")

    def encode_cursor(self, cursor: Cursor) -> str:
        place = json.dumps([cursor.offset, cursor.reverse, cursor.position])
        sealed = _seal().encrypt(place.encode()).decode()
        here = self.base_url or ""
        return replace_query_param(here, self.cursor_query_param, sealed)

    def decode_cursor(self, request: Request) -> Cursor | None:
        sealed = request.query_params.get(self.cursor_query_param)
        if sealed is None:
            return None
        try:
            place = _seal().decrypt(sealed.encode())
        except InvalidToken as error:
            raise NotFound(self.invalid_cursor_message) from error
        return Cursor(*json.loads(place))

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


def _seal() -> Fernet:
    key = sha256(f"cursor {settings.SECRET_KEY}".encode()).digest()
    return Fernet(urlsafe_b64encode(key))
