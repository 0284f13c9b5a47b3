"""What the OpenAPI document says that no view can say of itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from config.api import PROBLEM
from gis_data.api.tiles import MEDIA_TYPE

TEXT = {"type": "string"}
REFUSED = {"$ref": "#/components/schemas/Problem"}
SHAPE = {
    "type": "object",
    "description": "Why something was refused (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "fields"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "fields": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": TEXT},
        },
    },
}
#: What any call may be refused with, and what only some may.
ALWAYS = [HTTPStatus.BAD_REQUEST, HTTPStatus.TOO_MANY_REQUESTS]
ASKED = [HTTPStatus.UNPROCESSABLE_ENTITY]
SENT = [
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
]
TILES = {
    "/tiles/reports/{z}/{x}/{y}.mvt": "reports",
    "/tiles/areas/{kind}/{z}/{x}/{y}.mvt": "areas",
}
#: A tile of areas is asked for by day; one of reports as the list is.
ON = {"name": "on", "in": "query", "schema": {"type": "string", "format": "date"}}
LIST = "/api/v1/reports"
PAGED = {"cursor", "page_size"}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Describe the vector tiles, and how each call is refused."""
    paths: dict[str, Any] = result["paths"]
    listed = paths[LIST]["get"]["parameters"]
    filters = [each for each in listed if each["name"] not in PAGED]
    for path, name in TILES.items():
        paths[path] = {"get": _tile(path, name, filters if name == "reports" else [ON])}
    for path, calls in paths.items():
        for method, call in calls.items():
            for status in _refusals(path, method, call):
                call["responses"].setdefault(str(status.value), _refusal(status))
    result["components"]["schemas"]["Problem"] = SHAPE
    return result


def _tile(path: str, name: str, asked: list[Any]) -> dict[str, Any]:
    parts = [part[1:-1] for part in path.replace(".mvt", "").split("/") if "{" in part]
    kinds = {part: {"type": "integer", "minimum": 0} for part in "zxy"}
    needed = [
        {"name": part, "in": "path", "required": True, "schema": kinds.get(part, TEXT)}
        for part in parts
    ]
    return {
        "operationId": f"tiles_{name}_retrieve",
        "description": f"A Mapbox vector tile of the {name}.",
        "tags": ["tiles"],
        "parameters": [*needed, *asked],
        "responses": {
            "200": {
                "content": {MEDIA_TYPE: {"schema": {}}},
                "description": "The tile.",
            },
            "204": {"description": "There is nothing on this tile."},
            "304": {"description": "The tile is the one that If-None-Match names."},
        },
    }


def _refusals(path: str, method: str, call: dict[str, Any]) -> list[HTTPStatus]:
    if method == "post":
        return [*ALWAYS, *SENT]
    found = [HTTPStatus.NOT_FOUND] if "{" in path or path == LIST else []
    is_asked = any(each["in"] == "query" for each in call.get("parameters", []))
    return [*ALWAYS, *found, *(ASKED if is_asked else [])]


def _refusal(status: HTTPStatus) -> dict[str, Any]:
    return {
        "content": {PROBLEM: {"schema": REFUSED}},
        "description": status.phrase,
    }
