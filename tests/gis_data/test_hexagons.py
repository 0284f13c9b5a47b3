from __future__ import annotations

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import Point

from gis_data.hexagons import (
    Grid,
    grid_over,
    length_by_cell,
    neighbours_of,
    zone_in_metres,
)
from tests.factories import square

GRID = Grid(lon=106.7, lat=10.8, width=200)


@pytest.fixture
def somewhere():
    return np.random.default_rng(4).uniform(-20_000, 20_000, (5_000, 2))


def test_a_point_lies_in_the_hexagon_that_covers_it(somewhere):
    cells = GRID.cells_at(somewhere)

    drawn = shapely.polygons(GRID.outlines(cells))
    assert shapely.distance(drawn, shapely.points(somewhere)).max() < 1e-6
    assert np.allclose(shapely.area(drawn), GRID.area_m2)


def test_metres_are_the_ground_s_own(somewhere):
    there = GRID.degrees(somewhere)

    back = GRID.metres(there)
    one, other = (Point(*there[n], srid=4326) for n in (0, 1))
    for each in (one, other):
        each.transform(32648)
    said = np.hypot(*(somewhere[0] - somewhere[1]))
    # A square is 0.04 % off the ground in UTM itself, and we are 0.2 % at most.
    assert np.allclose(back, somewhere, atol=1e-6)
    assert said == pytest.approx(one.distance(other), rel=3e-3)


def test_a_zone_is_covered_without_a_gap_by_cells_that_touch_it():
    zone = shapely.Point(0, 0).buffer(2_000)

    cells = GRID.over(zone)

    drawn = shapely.polygons(GRID.outlines(cells))
    assert shapely.union_all(drawn).buffer(0.01).covers(zone)
    assert shapely.intersects(drawn, zone).all()
    assert len(set(cells)) == len(cells)


def test_neighbours_share_a_side_and_inner_cells_have_six():
    cells = GRID.over(shapely.Point(0, 0).buffer(1_000))
    middles = GRID.middles(cells)

    around = neighbours_of(cells)

    for turn, others in enumerate(around):
        apart = np.hypot(*(middles[others] - middles[turn]).T)
        assert np.allclose(apart, GRID.width)
        near = np.hypot(*(middles - middles[turn]).T) < GRID.width * 1.01
        assert set(others) == set(np.flatnonzero(near)) - {turn}
    assert max(map(len, around)) == 6


def test_the_finest_hexagons_are_laid_that_are_not_too_many():
    city, ward = [square(106.2, 10.4, 1.0)], [square(106.69, 10.79, 0.015)]

    wide = grid_over(city, cells_at_most=1500)
    fine = grid_over(ward, cells_at_most=1500)

    assert fine.width < 100
    assert wide.width > 2000
    zone = zone_in_metres(city, wide)
    assert shapely.area(zone) / wide.area_m2 <= 1500


def test_a_line_is_as_long_as_its_parts_in_the_hexagons():
    here = GRID.degrees(np.array([[-700.0, 30.0], [800.0, 30.0]]))

    lengths = length_by_cell([shapely.LineString(here)], GRID)

    assert sum(lengths.values()) == pytest.approx(1_500, abs=1)
    middle = int(GRID.cells_at(np.array([[0.0, 0.0]]))[0])
    assert lengths[middle] == pytest.approx(200, abs=25)
    assert length_by_cell([], GRID) == {}
