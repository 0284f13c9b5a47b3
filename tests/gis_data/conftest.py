from __future__ import annotations

import json

import pytest
from django.utils.translation import override

from tests.factories import square


@pytest.fixture(autouse=True)
def _in_english():
    with override("en"):
        yield


def feature(code, shape, *, name="Phường A", **more):
    """A GeoJSON feature; `shape` is a GEOS shape or a GeoJSON geometry."""
    drawn = json.loads(shape.geojson) if hasattr(shape, "geojson") else shape
    about = {"code": code, "name": name, **more}
    return {"type": "Feature", "properties": about, "geometry": drawn}


@pytest.fixture
def geojson(tmp_path):
    """Write features to a file of their own."""

    def write(*features, name="wards.geojson"):
        path = tmp_path / name
        whole = {"type": "FeatureCollection", "features": list(features)}
        path.write_text(json.dumps(whole), "utf8")
        return path

    return write


@pytest.fixture
def two_wards(geojson):
    """Two neighbours in a file of the publisher's."""
    return geojson(
        feature("a", square(106.5, 10.5, 0.25), name="Phường A"),
        feature("b", square(106.75, 10.5, 0.25), name="Phường B"),
    )
