from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from django.contrib.gis.geos import Point

from gis_data.models import Place
from incidents import density as counting
from incidents.density import Density, density, names_of, within
from incidents.exports import heat_map
from incidents.models import Clock, Report
from incidents.worklist import work_of
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    OrganisationFactory,
    PlaceFactory,
    focal_point,
    north_of,
)

pytestmark = pytest.mark.django_db

FILES = {
    "leaflet": "/static/leaflet.js",
    "leaflet_css": "/static/leaflet.css",
    "leaflet-heat.js": "/static/leaflet-heat.js",
}
WORDS = {
    "title": "Bản đồ nhiệt",
    "zoom_in": "Phóng to",
    "zoom_out": "Thu nhỏ",
    "many": "{n}",
}
#: Squares of the grid are some 300 metres wide.
FAR = north_of(HERE, metres=2000)


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="UBND phường A")


def case(unit, point=HERE, **more):
    return CaseFactory.create(
        **{"status": "in_progress", "organisation": unit, "point": point} | more
    )


def counted(unit, *, at=JULY):
    return density(work_of(focal_point(unit), at=at), at=at)


def drawn(found, names=None):
    return heat_map(
        found, on=date(2025, 7, 9), files=FILES, words=WORDS, names=names or {}
    )


def test_reports_are_counted_by_squares_the_fullest_first(unit):
    ward = PlaceFactory.create()
    for metres in (0, 10, 20):
        near = north_of(HERE, metres=metres)
        case(unit, near, place=ward, address="12/3A Lê Lợi, Bến Thành")
    late = case(unit, FAR, address="Đường không số")
    Clock.objects.filter(report=late).update(due_at=JULY)

    found = counted(unit, at=JULY + timedelta(minutes=1))

    first, second = found.squares
    assert (first.count, first.late, first.place) == (3, 0, ward.pk)
    assert (second.count, second.late, second.place) == (1, 1, None)
    assert (first.street, second.street) == ("Lê Lợi", "Đường không số")
    assert (found.count, found.placeless) == (4, 0)


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("12 Hẻm 5", "Hẻm 5"),
        ("Số 45-47 Nguyễn Huệ", "Nguyễn Huệ"),
        ("Nguyễn Huệ", "Nguyễn Huệ"),
        ("1A/2 đường 3/2, phường 10", "đường 3/2"),
        ("", ""),
    ],
)
def test_a_square_is_called_by_its_street_and_never_by_a_house(unit, address, street):
    case(unit, address=address)

    (square,) = counted(unit).squares

    assert square.street == street


def test_what_has_no_place_is_counted_apart(unit):
    case(unit)
    case(unit, None)

    found = counted(unit)

    assert (found.count, found.placeless) == (1, 1)


def test_only_what_the_reader_may_see_is_counted(unit):
    case(unit)
    case(OrganisationFactory.create())
    case(unit, status="resolved")

    assert counted(unit).count == 1


def test_a_square_is_filled_by_the_reports_within_it(unit):
    mine = case(unit)
    case(unit, FAR)
    (square,) = [each for each in counted(unit).squares if each.middle.y < 10.81]

    assert list(within(Report.objects.all(), square)) == [mine]


def test_too_many_squares_become_wider_ones_that_count_the_same(unit, monkeypatch):
    for turn in range(5):
        case(unit, north_of(HERE, metres=400 * turn))
    fine = counted(unit)
    monkeypatch.setattr(counting, "SQUARES_AT_MOST", 2)

    wide = counted(unit)

    assert len(fine.squares) == 5
    assert len(wide.squares) <= 2
    assert wide.count == fine.count
    filled = [within(Report.objects.all(), each).count() for each in wide.squares]
    assert filled == [each.count for each in wide.squares]


def test_counting_takes_one_statement_and_drawing_another(
    unit, wards, django_assert_num_queries
):
    for turn in range(4):
        case(unit, north_of(HERE, metres=400 * turn), place=wards["a"])
    work = work_of(focal_point(unit), at=JULY)

    with django_assert_num_queries(1):
        found = density(work, at=JULY)
    with django_assert_num_queries(2):
        names, _categories = names_of(found.squares)
    with django_assert_num_queries(1):
        drawn(found, names)


def test_the_map_holds_counts_and_middles_of_squares_and_no_report_s_own_point(unit):
    exact = Point(106.712345, 10.812345, srid=4326)
    report = case(unit, exact, description="mô-tả-kín", address="12 địa-chỉ-kín")

    found = counted(unit)
    script = drawn(found).script

    heat = re.search(r"L\.heatLayer\(\s*(\[\[.*?\]\])", script, re.DOTALL)
    ((lat, lon, weight),) = json.loads(heat.group(1))
    (square,) = found.squares
    assert (lat, lon, weight) == (square.middle.y, square.middle.x, 1)
    for point in (report.point, report.public_point):
        assert (lat, lon) != (point.y, point.x)
    for told in ["106.712345", "10.812345", "kín", report.code, report.public_id]:
        assert told not in script


def test_the_map_asks_nobody_but_this_site(unit):
    case(unit)

    map_ = drawn(counted(unit))

    assert map_.scripts == ("/static/leaflet.js", "/static/leaflet-heat.js")
    assert map_.styles == ("/static/leaflet.css",)
    assert "http" not in map_.script + map_.body
    assert "<script" not in map_.script + map_.body
    assert "style=" not in map_.body


def test_a_file_that_we_have_not_is_no_reason_to_fetch_it_elsewhere(unit):
    case(unit)
    without = {name: path for name, path in FILES.items() if name != "leaflet"}

    with pytest.raises(KeyError, match="leaflet"):
        heat_map(
            counted(unit), on=date(2025, 7, 9), files=without, words=WORDS, names={}
        )


def test_the_wards_of_the_day_are_its_ground_and_their_names_cannot_break_out(
    unit, wards
):
    Place.objects.filter(code="a").update(name='</script><img src="x">')
    case(unit, place=wards["a"])
    found = counted(unit)
    names, _categories = names_of(found.squares)

    script = drawn(found, names).script

    assert "MultiPolygon" in script
    assert "</script>" not in script
    assert "<img" not in script
    assert '"className": "ground"' in script


def test_names_stand_where_there_is_room_those_of_most_reports_first(unit):
    here, beside, far = PlaceFactory.create_batch(3)
    for point, place, count in [
        (HERE, here, 3),
        (north_of(HERE, metres=350), beside, 2),
        (north_of(HERE, metres=6000), far, 1),
    ]:
        for _turn in range(count):
            case(unit, point, place=place)
    found = counted(unit)

    script = drawn(found, {each.pk: each for each in (here, beside, far)}).script

    assert (here.name in script, beside.name in script, far.name in script) == (
        True,
        False,
        True,
    )


def test_a_map_of_nothing_counts_nothing():
    empty = Density(squares=(), placeless=3)

    assert (empty.count, empty.by_place) == (0, {})
