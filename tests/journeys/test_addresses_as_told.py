"""Addresses as people tell them: at the telephone, on the form, over the map."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.gis.geos import LineString, MultiLineString

from gis_data.models import Place, PlaceKind, PlaceSuccession
from gis_data.streets import Listed, keep_streets
from incidents.models import Membership, Report

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in, until
from .filling_in import begin

RING = "/staff/call?phone=%2B84901234567"
FOUND = "#call-address-found [role=option]"


@pytest.fixture
def addresses(city):
    """Streets of both wards, and the ward and district that the second was."""
    west, east = (Place.objects.get(code=code) for code in ("27316", "26743"))
    kinds = PlaceKind.objects.create
    district = Place.objects.create(
        kind=kinds(code="district", rank=2), code="760", name="Quận 1"
    )
    before = Place.objects.create(
        kind=kinds(code="former_ward"),
        code="26746",
        name="Phường Phạm Ngũ Lão",
        part_of=district,
    )
    PlaceSuccession.objects.create(
        predecessor=before, successor=east, on=date(2025, 7, 1), is_official=True
    )

    def line(lon):
        shape = LineString((lon, 10.80), (lon + 0.02, 10.80), srid=4326)
        return MultiLineString(shape, srid=4326)

    keep_streets(
        [
            Listed(name="Bùi Viện", place_id=east.pk, shape=line(106.76)),
            Listed(name="Nguyễn Trãi", place_id=east.pk, shape=line(106.72)),
            Listed(name="Nguyễn Trãi", place_id=west.pk, shape=line(106.66)),
        ],
        source="test",
    )


@pytest.fixture
def desk(visit, staff):
    page = visit(viewport=DESKTOP)
    sign_in(page, staff(Membership.Role.OPERATOR, "tt-1022"))
    page.goto(RING)
    page.locator("[name=name]:focus").wait_for()
    return page


def test_an_operator_types_as_the_caller_speaks(addresses, desk):
    desk.locator("call-map canvas").wait_for()
    desk.locator("#call-address").focus()
    desk.keyboard.type("40/5 bui vien p pham ngu lao q1")
    desk.locator(FOUND, has_text="40/5 Bùi Viện, Phường Bến Thành").wait_for()
    keep_shot(desk, "address-call-1280")
    assert serious(desk) == []

    desk.keyboard.press("ArrowDown")
    keep_shot(desk, "address-call-pointed-1280")
    desk.keyboard.press("Enter")

    assert desk.locator("#call-address").input_value() == "40/5 Bùi Viện"
    assert desk.locator("#call-ward-find").input_value() == "Phường Bến Thành"
    assert desk.locator("[name=lat]").input_value() == ""
    desk.locator("[data-said='kept']", has_text="Đã lưu nháp").wait_for()
    keep_shot(desk, "address-call-taken-1280")
    assert not Report.objects.exists()
    assert (desk.complaints, desk.strangers) == ([], [])


def test_what_is_not_known_stays_as_it_was_told(addresses, desk):
    desk.locator("#call-address").focus()
    desk.keyboard.type("gần cây cột điện to")
    said = desk.locator("place-search [role=status]")

    assert until(desk, lambda: "Chưa có trong danh mục" in said.inner_text())
    keep_shot(desk, "address-call-unknown-1280")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")

    assert desk.locator("#call-address").input_value() == "gần cây cột điện to"
    assert desk.locator("#call-ward-find").input_value() == ""


def test_a_slow_network_is_told_and_the_last_word_counts(addresses, desk):
    desk.route("**/ban-do/tim", lambda route: _late(desk, route))
    desk.locator("#call-address").focus()
    desk.keyboard.type("bui vien")
    said = desk.locator("place-search [role=status]")

    assert until(desk, lambda: said.inner_text() == "Đang tìm…")
    desk.locator(FOUND).first.wait_for()
    assert until(desk, lambda: said.inner_text() != "Đang tìm…")


@pytest.mark.parametrize("width", [PHONE["width"], 320])
def test_a_reporter_writes_the_address_they_know(addresses, visit, width):
    page = visit(viewport={"width": width, "height": 800})
    begin(page)

    page.locator("[name=address]").press_sequentially("bùi viện quận 1")
    option = page.get_by_role("option", name="Bùi Viện, Phường Bến Thành")
    option.wait_for()
    keep_shot(page, f"address-filing-{width}")
    assert serious(page) == []
    option.click()

    ward = page.get_by_role("combobox", name="Phường, xã")
    assert ward.input_value() == "Phường Bến Thành"
    assert page.locator("[name=address]").input_value() == "Bùi Viện"
    assert (page.complaints, page.strangers) == ([], [])


def test_enter_before_the_answer_takes_the_answer_to_what_was_typed(addresses, visit):
    page = visit(viewport=DESKTOP)
    page.goto("/")
    box = page.locator("#place-q")

    box.press_sequentially("nguyễn trãi an đông")
    box.press("Enter")

    assert until(page, lambda: box.input_value() == "Nguyễn Trãi, Phường An Đông")
    assert not page.locator("#place-found").is_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_the_map_finds_streets_and_names_of_before(addresses, visit, dark):
    page = visit(viewport=PHONE, dark=dark)
    page.goto("/")

    page.locator("#place-q").press_sequentially("p. phạm ngũ lão")
    page.locator("#place-found [role=option]", has_text="Phường Bến Thành").wait_for()

    keep_shot(page, f"address-map-390-{'dark' if dark else 'light'}")
    assert serious(page) == []


def _late(page, route):
    page.wait_for_timeout(1_200)
    route.continue_()
