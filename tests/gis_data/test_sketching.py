from __future__ import annotations

import pytest
import shapely
from django.contrib.gis.geos import Point

from gis_data.sketching import draw_sketch, sketch_checksum


@pytest.fixture(scope="module")
def wards():
    return draw_sketch(province="79", level="ward")


def test_every_unit_is_sketched_once_under_its_official_code(wards):
    drawn = {each.code: each for each in wards.drawings}

    assert len(drawn) == len(wards.drawings) == 168
    assert drawn["27316"].name == "Phường An Đông"
    assert drawn["27316"].shape.covers(Point(106.672, 10.7548, srid=4326))
    assert wards.is_approximate


def test_the_sketch_has_no_overlaps_and_every_area_is_valid(wards):
    shapes = shapely.from_wkb([bytes(each.shape.wkb) for each in wards.drawings])

    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


def test_areas_are_near_the_official_ones_in_the_inner_city(wards):
    (an_dong,) = [each for each in wards.drawings if each.code == "27316"]

    area = an_dong.shape.transform(32648, clone=True).area / 1e6
    assert an_dong.official_area_km2 == pytest.approx(1.32, abs=0.05)
    assert area == pytest.approx(an_dong.official_area_km2, rel=0.3)


def test_the_former_districts_are_sketched_too():
    sheet = draw_sketch(province="79", level="district")

    drawn = {each.code: each for each in sheet.drawings}
    assert len(drawn) == 22
    assert drawn["760"].name == "Quận 1"
    assert drawn["760"].shape.covers(Point(106.7, 10.7769, srid=4326))


def test_the_same_sketch_is_known_without_drawing_it(wards):
    assert wards.checksum == sketch_checksum(province="79", level="ward")
    assert wards.checksum != sketch_checksum(province="79", level="district")
    assert draw_sketch(province="79", level="ward").drawings == wards.drawings
