"""Reported: what a file holds, what is odd about it, and what it would change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from itertools import chain
from typing import Any, Protocol

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from .checking import Findings, areas_m2, examine
from .importing import Sheet
from .models import Boundary, PlaceKind
from .surveying import Surveyed, keep_assets

#: So many of each kind of finding are listed one by one, the largest first.
LISTED = 200
#: As fine as a map of the whole city shows a line, in degrees: some 15 metres.
FINE = 0.000_15
DIGITS = 5
#: So many assets are drawn on the report's map; more would only be a blot.
DRAWN_AT_MOST = 5_000


class Shown(Protocol):
    """What has a code, a name and a shape."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> GEOSGeometry: ...


def report_of_sheet(sheet: Sheet, *, kind: PlaceKind, on: date) -> dict[str, Any]:
    """Tell what a sheet holds, how well it fits together, and whom it would change."""
    held = _held(kind, on=on)
    drawn = {each.code: each.name for each in sheet.drawings}
    found = examine(sheet.drawings)
    shapes = np.array([_shapely(each.shape) for each in sheet.drawings])
    measured = areas_m2(shapes)
    closed = sorted(held.keys() - drawn.keys())
    opened = sorted(drawn.keys() - held.keys())
    return {
        "count": len(sheet.drawings),
        "km2": round(sum(measured) / 1e6, 2),
        "corners": int(sum(each.shape.num_coords for each in sheet.drawings)),
        "box": [round(float(each), DIGITS) for each in shapely.total_bounds(shapes)],
        "held": len(held),
        "opened": _named(opened, drawn),
        "closed": _named(closed, held),
        "renamed": [
            {"code": code, "before": held[code], "after": drawn[code]}
            for code in sorted(drawn.keys() & held.keys())
            if drawn[code] != held[code]
        ][:LISTED],
        "repairs": [asdict(each) for each in sheet.repairs[:LISTED]],
        "overlaps": [asdict(each) for each in found.overlaps[:LISTED]],
        "gaps": [asdict(each) for each in found.gaps[:LISTED]],
        "slivers": [asdict(each) for each in found.slivers[:LISTED]],
        "differences": [asdict(each) for each in found.differences[:LISTED]],
        "names": {code: drawn[code] for code in _mentioned(found)},
        "totals": {
            "opened": len(opened),
            "closed": len(closed),
            "repairs": len(sheet.repairs),
            "overlaps": len(found.overlaps),
            "overlaps_m2": round(sum(each.area_m2 for each in found.overlaps), 1),
            "gaps": len(found.gaps),
            "gaps_m2": round(sum(each.area_m2 for each in found.gaps), 1),
            "slivers": len(found.slivers),
            "differences": len(found.differences),
        },
    }


def report_of_assets(
    surveyed: Sequence[Surveyed], *, kind: str, on: date, is_complete: bool
) -> dict[str, Any]:
    """Tell what a survey holds and what keeping it would do; nothing is kept."""
    with transaction.atomic():
        done = keep_assets(surveyed, kind=kind, on=on, is_complete=is_complete)
        transaction.set_rollback(True)
    shapes = np.array([_shapely(each.shape) for each in surveyed])
    classes = Counter(each.asset_class for each in surveyed)
    forms = Counter(each.shape.geom_type for each in surveyed)
    return {
        "count": len(surveyed),
        "box": [round(float(each), DIGITS) for each in shapely.total_bounds(shapes)],
        "classes": classes.most_common(LISTED),
        "forms": forms.most_common(),
        "nameless": sum(not each.name for each in surveyed),
        "drawn": min(len(surveyed), DRAWN_AT_MOST),
        **asdict(done),
    }


def drawn_on_map(shown: Sequence[Shown]) -> str:
    """Write shapes as GeoJSON, as fine as a map of the whole city shows them."""
    shown = shown[:DRAWN_AT_MOST]
    shapes = np.array([_shapely(each.shape) for each in shown], dtype=object)
    thinner = shapely.simplify(shapes, FINE, preserve_topology=True)
    features = [
        {
            "type": "Feature",
            "properties": {"code": each.code, "name": each.name},
            "geometry": _rounded(shape),
        }
        for each, shape in zip(shown, thinner, strict=True)
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False
    )


def _mentioned(found: Findings) -> set[str]:
    """Return the codes that some finding that is listed speaks of."""
    shared = [each.codes for each in found.overlaps[:LISTED]]
    between = [each.codes for each in found.gaps[:LISTED]]
    thin = [(each.code,) for each in found.slivers[:LISTED]]
    return set(chain.from_iterable([*shared, *between, *thin]))


def _held(kind: PlaceKind, *, on: date) -> dict[str, str]:
    """Return the names of what is in force of a kind on a day, by code."""
    held = Boundary.objects.known().in_force(on=on).filter(place__kind=kind)
    return dict(held.values_list("place__code", "place__name"))


def _named(codes: Iterable[str], names: dict[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": names[code]} for code in codes][:LISTED]


def _shapely(shape: GEOSGeometry) -> shapely.Geometry:
    return shapely.from_wkb(bytes(shape.wkb))


def _rounded(shape: shapely.Geometry) -> dict[str, Any]:
    """Write a shape with no more digits than its map shows."""
    fine = shapely.transform(shape, lambda degrees: np.round(degrees, DIGITS))
    told: dict[str, Any] = json.loads(shapely.to_geojson(fine))
    return told
