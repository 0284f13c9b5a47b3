from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache

from gis_data.geocoding import find_places
from gis_data.publishing import publish
from tests.factories import PlaceKindFactory, sheet, square

pytestmark = pytest.mark.django_db
BEFORE, LAST, REFORM = date(2020, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
TODAY = date(2026, 1, 1)
WORDS = {"p": "phường", "q": "quận", "tp": "thành phố"}


@pytest.fixture(autouse=True)
def forget():
    cache.clear()


def named(kind, start, until=None, **names):
    """Places with names, side by side from west to east, in force between two days."""
    squares = {code: square(106.5 + turn / 10, 10.7) for turn, code in enumerate(names)}
    at = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
    publish(sheet(**squares), kind=kind, on=start, until=until, at=at)
    for code, name in names.items():
        kind.places.filter(code=code).update(name=name)


@pytest.fixture
def gazetteer(forget):
    """Two districts that were, and the wards that lie there now."""
    district = PlaceKindFactory.create(code="district", rank=2)
    ward = PlaceKindFactory.create(code="ward", rank=3)
    named(district, BEFORE, LAST, d5="Quận 5", dg="Quận Gò Vấp")
    named(ward, REFORM, w1="Phường Chợ Quán", w2="Phường Gò Vấp")


def found(typed, on=TODAY):
    search = find_places(typed, on=on, words=WORDS)
    return [place.name for place in search.places]


@pytest.mark.parametrize(
    "typed",
    ["Chợ Quán", "cho quan", "CHO  QUÁN", "p. chợ quán", "p.cho quan", "phuong cho q"],
)
def test_a_ward_is_found_however_it_is_typed(gazetteer, typed):
    assert found(typed)[0] == "Phường Chợ Quán"


@pytest.mark.parametrize("typed", ["quan 5", "q5", "Q.5", "quận 5"])
def test_a_district_that_was_leads_to_the_wards_there_now(gazetteer, typed):
    assert found(typed) == ["Quận 5", "Phường Chợ Quán"]


def test_what_a_ward_lies_in_formerly_is_told_and_only_what_is_no_more(gazetteer):
    (ward,) = find_places("chợ quán", on=TODAY, words=WORDS).places

    assert (ward.code, ward.is_now, ward.formerly) == ("w1", True, ("Quận 5",))
    assert ward.box[0] < ward.middle[0] < ward.box[2]


def test_a_ward_that_no_map_holds_leads_to_what_it_was_in(gazetteer):
    search = find_places("P.17 Gò Vấp", on=TODAY, words=WORDS)

    assert search.is_loose
    assert {place.name for place in search.places} == {"Phường Gò Vấp", "Quận Gò Vấp"}


def test_a_number_is_that_number_and_not_its_beginning(gazetteer):
    assert found("quận 50") == []


def test_on_an_earlier_day_its_own_places_are_those_of_today(gazetteer):
    (district,) = find_places("q5", on=date(2024, 1, 1), words=WORDS).places

    assert (district.name, district.is_now) == ("Quận 5", True)


@pytest.mark.parametrize("typed", ["", "  ", "???", "không đâu", "17", "p"])
def test_what_means_nothing_finds_nothing_or_only_places(gazetteer, typed):
    assert set(found(typed)) <= {"Phường Chợ Quán", "Phường Gò Vấp"}


def test_a_keystroke_costs_one_statement_and_the_next_none(
    gazetteer, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found("q5")
    with django_assert_num_queries(0):
        found("q5 ")
