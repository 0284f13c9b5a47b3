from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gis_data.checking import check
from gis_data.geometry import area_m2, as_multipolygon
from gis_data.models import Place
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.test_publishing import JULY, JUNE

pytestmark = pytest.mark.django_db

SIDE = 0.01
A_SLIP = 1e-5


@pytest.fixture
def ward():
    return PlaceKindFactory.create(code="ward")


def test_a_map_that_fits_has_no_findings(ward):
    published(ward, JUNE, a=square(106, 10, SIDE), b=square(106 + SIDE, 10, SIDE))

    found = check(ward, on=JULY)

    assert found.places == 2
    assert not (found.overlaps or found.gaps or found.slivers or found.missing)


def test_an_overlap_is_measured_over_the_ground(ward):
    published(
        ward, JUNE, a=square(106, 10, SIDE), b=square(106 + SIDE - A_SLIP, 10, SIDE)
    )

    (overlap,) = check(ward, on=JULY).overlaps

    assert overlap.codes == ("a", "b")
    assert overlap.area_m2 == pytest.approx(1.0964 * 1106.1, rel=0.001)
    assert overlap.at == pytest.approx((106.01, 10.005), abs=0.006)


def test_an_overlap_by_rounding_is_none(ward):
    published(
        ward, JUNE, a=square(106, 10, SIDE), b=square(106 + SIDE - 1e-11, 10, SIDE)
    )

    assert check(ward, on=JULY).overlaps == ()


def test_a_gap_is_a_hole_between_places_and_not_a_lake_within_one(ward):
    left = square(106, 10, SIDE).difference(square(106 + SIDE - A_SLIP, 10.003, 0.0001))
    left = left.difference(square(106.002, 10.002, 0.001))
    published(ward, JUNE, a=as_multipolygon(left), b=square(106 + SIDE, 10, SIDE))

    (gap,) = check(ward, on=JULY).gaps

    assert gap.codes == ("a", "b")
    assert gap.area_m2 == pytest.approx(1.0964 * 11.061, rel=0.01)


def test_a_sliver_is_a_part_too_small_or_too_thin(ward):
    small = square(106.05, 10, 5e-5)
    thin = square(106.05, 10.1, SIDE).difference(square(106.05, 10.1 + 1e-7, SIDE))
    whole = square(106, 10, SIDE).union(small).union(thin)
    published(ward, JUNE, a=as_multipolygon(whole))

    found = check(ward, on=JULY).slivers

    assert [each.code for each in found] == ["a", "a"]
    assert found[1].area_m2 == pytest.approx(area_m2(small), rel=0.01)


def test_a_place_without_a_boundary_and_a_listed_code_without_a_place_are_missing(
    ward,
):
    published(ward, JUNE, a=square(106, 10, SIDE))
    Place.objects.create(kind=ward, code="b", name="B")

    assert check(ward, on=JULY).missing == ("b",)
    assert check(ward, on=JULY, expected=["a", "z"]).missing == ("z",)


def test_an_area_off_the_official_figure_is_said(ward):
    published(ward, JUNE, a=square(106, 10, SIDE), b=square(107, 10, SIDE))
    Place.objects.filter(code="a").update(official_area_km2=1.213)
    Place.objects.filter(code="b").update(official_area_km2=1.5)

    (found,) = check(ward, on=JULY).differences

    assert (found.code, found.official_km2) == ("b", 1.5)
    assert found.area_km2 == pytest.approx(1.2128, rel=0.001)


def test_the_command_prints_what_was_found(ward, tmp_path):
    published(
        ward, JUNE, a=square(106, 10, SIDE), b=square(106 + SIDE - A_SLIP, 10, SIDE)
    )
    listed = tmp_path / "codes.csv"
    listed.write_text("code,name\na,A\nz,Z\n")
    out = StringIO()

    call_command("check_map", "--on=2025-07-01", f"--codes={listed}", stdout=out)

    said = out.getvalue()
    assert "ward, 2025-07-01: 2 in force." in said
    assert "1 overlapping pairs over 0.01 m²" in said
    assert "  a and b: " in said
    assert "1 codes without a boundary\n  z" in said


def test_the_command_names_the_kinds_there_are(ward):
    with pytest.raises(CommandError, match="known: ward"):
        call_command("check_map", "--kind=x")


def test_a_map_of_nothing_has_no_findings(ward):
    assert check(ward, on=JULY).places == 0
