from __future__ import annotations

from random import Random

import pytest
from django.contrib.gis.geos import GEOSGeometry, Point

from gis_data.geometry import (
    area_m2,
    as_multipolygon,
    cell_centre,
    disc_ewkb,
    metres_a_degree,
    simplified,
    snapped,
    world_cell,
)
from tests.factories import HERE, square


@pytest.mark.parametrize(
    ("latitude", "east", "north"),
    [(0, 111_320, 110_574), (45, 78_847, 111_132), (-60, 55_800, 111_412)],
)
def test_a_degree_is_as_long_as_the_ellipsoid_has_it(latitude, east, north):
    assert metres_a_degree(latitude) == pytest.approx((east, north), rel=1e-4)


@pytest.mark.parametrize("latitude", [10.8, -53, 69])
def test_a_disc_is_as_wide_as_it_is_high(latitude):
    round_it = GEOSGeometry(disc_ewkb(20, latitude, metres=100))

    west, south, east, north = round_it.extent
    wide, high = metres_a_degree(latitude)
    assert (east - west) * wide == pytest.approx(200)
    assert (north - south) * high == pytest.approx(200)
    assert round_it.srid == 4326
    assert area_m2(round_it) == pytest.approx(3.06 * 100**2, rel=0.01)


def test_the_centre_of_a_cell_lies_in_it():
    assert world_cell(cell_centre(world_cell(HERE))) == world_cell(HERE)
    assert cell_centre(world_cell(HERE)).distance(HERE) < 0.0002


@pytest.mark.parametrize("zoom", [7, 11, 22])
def test_neighbours_keep_the_line_they_share_at_every_zoom(zoom):
    ragged = square(106.6, 10.5).union(square(106.699, 10.53, 0.02))
    beside = square(106.7, 10.5).difference(ragged)
    both = [as_multipolygon(shape) for shape in (ragged, beside)]

    one, other = simplified(both, zoom=zoom)

    assert one.intersection(other).area == 0
    assert one.touches(other)


def test_points_by_the_thousand_are_snapped_as_one_by_one():
    chance = Random(1022)  # noqa: S311
    drawn = [(chance.uniform(-179, 179), chance.uniform(-80, 80)) for _ in range(2000)]

    together = [snapped(*each) for each in drawn]

    cells = [world_cell(Point(*each, srid=4326)) for each in drawn]
    middles = [cell_centre(cell) for cell in cells]
    assert together == [
        (cell, middle.x, middle.y) for cell, middle in zip(cells, middles, strict=True)
    ]
