"""The page of a period: every figure leads to as many cases as it says."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date
from html import unescape
from io import StringIO

import pytest
from django.test import Client

from incidents import resolution
from incidents.leading.closing import close_due, note_corrections
from incidents.leading.measuring import measure
from incidents.leading.outlines import Outline, Sheet
from incidents.models import Membership, Organisation
from tests.factories import (
    OrganisationFactory,
    TellingFactory,
    focal_point,
    operator,
    somebody,
)
from tests.incidents.leading import DAY, HOUR, UNTIL, a_month

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/dieu-hanh"
JULY = f"{PAGE}?period=2025-07"
#: A link with a number in it, in one of the ways the page writes them.
COUNTED = re.compile(
    r'href="(/lam-viec/dieu-hanh/vu\?[^"]+)"[^>]*>(?:\s*<span>[^<]*</span>\s*<b>)?'
    r"\s*([\d.]+)\s*<"
)


@pytest.fixture
def month(leaf):
    month = a_month(TellingFactory.create(category=leaf))
    measure(at=UNTIL + HOUR)
    return month


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


@pytest.fixture
def leader(db):
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    return signed_in(somebody(Membership.Role.CITY_LEADER, seat))


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("by", ["ward", "ward_then", "category", "unit"])
def test_every_number_leads_to_a_list_as_long(month, leader, by):
    said = read(leader, f"{JULY}&by={by}")

    links = {(unescape(way), count) for way, count in COUNTED.findall(said)}
    assert len(links) > 25
    for way, count in links:
        answer = leader.get(way)
        assert str(answer.context["count"]) == count.replace(".", ""), way
        assert len(answer.context["page"].object_list) == answer.context["count"], way


def test_the_table_of_periods_says_the_figures(month, leader):
    answer = leader.get(JULY)

    total = answer.context["found"].total
    counts = [total[key] for key in ("received", "handled", "in_hand", "late")]
    cells = "".join(rf"<td>{count}</td>\s*" for count in counts)
    assert min(counts) > 0
    assert re.search(cells, answer.content.decode())


def test_a_unit_reads_its_own_figures_and_nobody_else_s(month):
    unit = month.cases["on_time"].organisation
    client = signed_in(focal_point(unit))

    found = client.get(JULY).context["found"]
    listed = client.get(f"{PAGE}/vu?period=2025-07&of=handled").context["page"]

    assert found.total["returned"] == 2
    assert len(listed.object_list) == found.total["handled"] > 0
    assert {each.organisation for each in listed.object_list} == {unit}
    for page in ("", "/vu", ".csv"):
        answer = client.get(f"{PAGE}{page}?period=2025-07&unit=other-unit")
        assert answer.status_code == 404


def test_who_leads_the_city_goes_from_all_units_to_one(month, leader):
    said = read(leader, f"{JULY}&by=unit")

    assert "/lam-viec/dieu-hanh?period=2025-07&amp;by=ward&amp;unit=other-unit" in said
    assert read(leader, f"{JULY}&unit=other-unit").count("other-unit") > 1


def test_who_works_for_one_place_alone_reads_no_figures_of_the_unit(month, ward):
    unit = month.cases["on_time"].organisation
    actor = focal_point(unit)
    Membership.objects.filter(user=actor.user).update(place=ward)

    assert signed_in(actor).get(JULY)["Location"] == "/lam-viec"


@pytest.mark.parametrize(
    "asked",
    [
        "?period=2025-13",
        "?period=x",
        "?period=",
        "?period=9999-12",
        "?unit=nowhere",
        "/vu?of=nothing",
        "/vu?id=x",
        "/vu?id=99999999999999999999",
        "/vu?id=4711",
    ],
)
def test_what_there_is_not_is_not_found(asked, leader):
    assert leader.get(f"{PAGE}{asked}").status_code == 404


def test_a_closed_figure_stays_and_its_correction_stands_beside(month, leader):
    close_due(at=UNTIL + HOUR)
    before = leader.get(JULY).context["found"].total
    assert "Đã chốt lúc" in read(leader, JULY)
    assert "Đính chính" not in read(leader, JULY)

    resolution.reopen(month.cases["late_end"], at=UNTIL + HOUR, text="Vẫn vậy")
    month.rate("rerouted", 1, at=UNTIL + HOUR)
    note_corrections(at=UNTIL + DAY)

    said = read(leader, JULY)
    assert leader.get(JULY).context["found"].total == before
    assert "Đính chính ngày 26/07/2025" in said
    assert re.search(r"Có đánh giá\s+<b>3</b>\s+\(đã chốt\s+2\)", said)


def test_closed_or_not_the_parts_are_the_same(month, leader):
    def parts():
        found = leader.get(f"{JULY}&by=category").context["found"]
        return {each.label: each.figures.as_json() for each in found.parts}

    counted = parts()
    close_due(at=UNTIL + HOUR)

    assert parts() == counted


def test_the_file_adds_up_to_what_the_page_says(month, leader, settings):
    settings.CITY = replace(settings.CITY, rated_at_least=0)
    answer = leader.get(f"{PAGE}.csv?period=2025-07&by=unit")

    told = answer.content.decode("utf-8-sig")
    heads, *rows = csv.reader(StringIO(told))
    *parts, total = rows
    assert answer["Content-Disposition"].endswith('"2025-07-unit.csv"')
    assert heads[:2] == ["Đơn vị", "Tiếp nhận"]
    sums = [sum(int(row[turn]) for row in parts) for turn in range(1, len(heads))]
    assert sums == [int(each) for each in total[1:]]
    found = leader.get(f"{JULY}&by=unit").context["found"]
    assert int(total[1]) == found.total["received"]


def test_a_period_is_shown_in_which_more_came_back_than_was_answered(month, leader):
    for name in ("late_end", "from_june"):
        resolution.reopen(month.cases[name], at=UNTIL + HOUR, text="Vẫn vậy")
    month.end("late_end", at=UNTIL + DAY)
    measure(at=UNTIL + DAY + HOUR)

    said = read(leader, f"{PAGE}?period=2025-08")

    assert re.search(r"of=received_again\">2</a>\s*</li>", said)
    assert re.search(r"of=reopened\">0</a>\s*<small>0 % \(0.79 %\)</small>", said)


def test_of_too_few_ratings_neither_the_file_nor_a_list_tells_who_was_satisfied(
    month, leader, settings
):
    way = f"{PAGE}/vu?period=2025-07&of=satisfied"
    told = leader.get(f"{PAGE}.csv?period=2025-07&by=ward").content.decode("utf-8-sig")
    heads, *rows = csv.reader(StringIO(told))

    for label in ("Có đánh giá", "Hài lòng"):
        assert {row[heads.index(label)] for row in rows} == {""}
    assert not leader.get(way).context["page"].object_list
    assert "quá ít để nêu" in read(leader, way)

    settings.CITY = replace(settings.CITY, rated_at_least=2)
    assert len(leader.get(way).context["page"].object_list) == 1


@pytest.mark.parametrize(
    ("by", "is_closed", "on"),
    [
        ("ward_then", False, date(2025, 7, 25)),
        ("ward_then", True, date(2025, 7, 25)),
        ("ward", True, date(2025, 7, 27)),
    ],
)
def test_the_map_is_of_the_wards_that_the_figures_are_told_by(
    by, is_closed, on, month, leader, monkeypatch
):
    asked = []
    if is_closed:
        close_due(at=UNTIL + 2 * DAY)

    def drawn(*, kind, on):
        asked.append(on)
        box = (0.0, 0.0, 1.0, 1.0)
        ward = Outline(
            place=0, name="Phường Vắng", path="M 0 0", middle=(0, 0), box=box
        )
        return Sheet(near=(ward,), far=())

    monkeypatch.setattr("mapui.views.leading.outlines", drawn)

    said = read(leader, f"{JULY}&by={by}")

    assert asked == [on]
    assert "Phường Vắng: quá ít để nêu" in said


def test_nobody_keeps_it_and_strangers_sign_in(month):
    client = signed_in(operator())

    assert "no-store" in client.get(JULY)["Cache-Control"]
    assert Client().get(JULY).status_code == 302


def test_it_is_said_how_everything_is_counted(month, leader):
    said = read(leader, JULY)

    assert "Tính thế nào" in said
    assert "07:30-11:30, 13:00-17:00" in said


def test_a_list_is_as_of_when_the_figure_was_counted(month, leader):
    said = read(leader, PAGE)

    way = unescape(COUNTED.search(said)[1])
    assert "at=" in way
    assert leader.get(way).status_code == 200
    for wrong in ("at=1999-01-01T00:00Z", "at=2999-01-01T00:00Z", "at=noon", "at=2026"):
        assert leader.get(f"{PAGE}/vu?of=received&{wrong}").status_code == 404


@pytest.mark.parametrize("page", ["", "/vu", ".csv"])
def test_by_what_there_is_not_nothing_is_told(month, leader, page):
    assert leader.get(f"{PAGE}{page}?period=2025-07&by=street").status_code == 404
    assert leader.get(f"{PAGE}{page}?period=2025-07&by=").status_code == 200
