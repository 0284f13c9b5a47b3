"""Fetch the public boundaries a city names, pinned at one commit of their publisher.

The commit in the address pins every byte at the publisher, over TLS. What arrives is
checked against what the city expects of it: exactly those codes, and that area.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.utils.translation import gettext as _

from .errors import MapNotFetched
from .geometry import area_m2
from .importing import Fields, Sheet, read_sheet

AT_ONCE = 8
#: The area may differ so much: a slip in one ward shows, rounding does not.
AREA_TOLERANCE = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Boundaries on the network: one GeoJSON a part, and what they must come to."""

    address: str
    parts: tuple[str, ...]
    fields: Fields
    codes_sha256: str
    area_km2: float


def fetch_sheet(download: Download, *, timeout_s: float) -> Sheet:
    """Fetch every part, or say why not; the first that fails is the last asked."""
    get = partial(_get, download.address, timeout_s=timeout_s)
    try:
        first = get(download.parts[0])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = [first, *pool.map(get, download.parts[1:])]
    except (URLError, OSError, HTTPException, ValueError) as error:
        said = _("The public boundaries could not be fetched: %(error)s.")
        raise MapNotFetched(said % {"error": error}) from error
    sheet = _read(parts, download)
    _refuse_another(sheet, download)
    return sheet


def _get(address: str, part: str, *, timeout_s: float) -> list[Any]:
    whole = address.format(part=part)
    if not whole.startswith(("https://", "http://")):
        raise MapNotFetched(_("%(address)s is no address.") % {"address": whole})
    with urlopen(whole, timeout=timeout_s) as answer:  # noqa: S310
        features: list[Any] = json.load(answer)["features"]
    return features


def _read(parts: Sequence[list[Any]], download: Download) -> Sheet:
    features = [feature for part in parts for feature in part]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fetched.geojson"
        whole = {"type": "FeatureCollection", "features": features}
        path.write_text(json.dumps(whole), "utf8")
        return read_sheet(path, fields=download.fields)


def _refuse_another(sheet: Sheet, download: Download) -> None:
    codes = sorted(drawing.code for drawing in sheet.drawings)
    if sha256("\n".join(codes).encode()).hexdigest() != download.codes_sha256:
        said = _("What was fetched are not the places it should be (%(count)s).")
        raise MapNotFetched(said % {"count": len(codes)})
    area = sum(area_m2(drawing.shape) for drawing in sheet.drawings) / 1e6
    if abs(area - download.area_km2) > AREA_TOLERANCE * download.area_km2:
        said = _("What was fetched covers %(area).1f km², not %(right).1f km².")
        raise MapNotFetched(said % {"area": area, "right": download.area_km2})
