"""Sealed: a map as one page that fetches nothing, because its own policy forbids it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from incidents.exports import Drawn

BUILT = Path(settings.BASE_DIR) / "mapui/static/mapui/build/heat"
#: Where we have what folium would fetch elsewhere.
FILES = {
    "leaflet": "leaflet.js",
    "leaflet_css": "leaflet.css",
    "leaflet-heat.js": "leaflet-heat.js",
    "markerclusterjs": "markercluster.js",
    "markerclustercss": "markercluster.css",
}
OUR_STYLES = ("tokens.css", "heat.css", "travelling.css")
#: What a stylesheet draws itself with: buttons of Leaflet's that our maps have not.
PICTURES = re.compile(r"url\([^)]*\)")


def files() -> dict[str, str]:
    """Read what folium would fetch elsewhere, by the names it has for it."""
    return {name: _file(path) for name, path in FILES.items()}


def sealed(template: str, drawn: Drawn, context: Mapping[str, Any]) -> str:
    """Put a map and what is told beside it into one page, with the policy it needs."""
    styles = [*drawn.styles, *(_file(each) for each in OUR_STYLES)]
    scripts, script = drawn.scripts, drawn.script
    return render_to_string(
        template,
        {
            **context,
            "words": words(),
            # What folium wrote: numbers, and names that were escaped.
            "body": mark_safe(drawn.body),  # noqa: S308
            "script": mark_safe(script),  # noqa: S308
            "styles": [mark_safe(each) for each in styles],  # noqa: S308
            "scripts": [mark_safe(each) for each in scripts],  # noqa: S308
            "policy": mark_safe(_policy([*scripts, script], styles)),  # noqa: S308
            "host": host(),
        },
    )


def host() -> str:
    """Return the name of this site, as a source is told by."""
    return urlsplit(settings.SITE_URL).netloc


def words() -> dict[str, str]:
    """Return what a file's buttons and maps say, in the reader's language."""
    return {
        "zoom_in": _("Zoom in"),
        "zoom_out": _("Zoom out"),
        "many": _("many: {n} together"),
        "ward": _("{received} received, {open} open, {density} for each km²"),
        "month": _("month {month}"),
        "week": _("{first} to {last}"),
        "turn": _("{turn}: {count} received"),
        "play": _("Play"),
        "pause": _("Pause"),
    }


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Name what the file is made of by its sums, and allow nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_sums(scripts)}",
            f"style-src {_sums(styles)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _sums(texts: Sequence[str]) -> str:
    sums = (b64encode(sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{each}'" for each in sums)


@cache
def _file(name: str) -> str:
    """Read one of our own files as it may stand within a page."""
    text = (BUILT / name).read_text()
    if "</script" in text.lower() or "</style" in text.lower():
        raise ValueError(f"{name} would end the element it stands in")
    return PICTURES.sub("none", text) if name.endswith(".css") else text
