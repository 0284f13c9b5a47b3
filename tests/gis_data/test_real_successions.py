"""The table of the reform against the ground of the wards it ended."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings

from gis_data.crosswalk import agreement, in_force, overlay
from gis_data.first_map import read_plan, set_up
from gis_data.importing import Fields, read_sheet
from gis_data.locating import locate
from gis_data.models import Place, PlaceKind, PlaceSuccession
from gis_data.succession import codes_on, law_of, resolve
from tests.factories.real_city import checked_once, real_map

FOLDER = Path(settings.GIS_DATA_DIR)
JUNE, REFORM = date(2025, 6, 15), date(2025, 7, 1)
#: The wards of the file are those of the census of April 2019.
CENSUS = date(2019, 4, 1)
MERGERS = settings.CITY_DIR / "mergers.csv"

pytestmark = pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not (FOLDER / "wards_2019.geojson").is_file(),
    reason="GIS_DATA_DIR does not name a folder with the real wards",
)


@pytest.fixture(scope="module", autouse=True)
def said(django_db_setup, django_db_blocker):
    """Put the map in force once for the whole module, and take it back at the end."""
    told: list[str] = []
    with django_db_blocker.unblock(), real_map(told.append):
        checked_once()
        yield told


@pytest.fixture(scope="module")
def ground(said, django_db_blocker):
    """The wards of 2019, each by our code for it."""
    fields = Fields(code="code", name="name_en")
    with django_db_blocker.unblock():
        codes = codes_on(PlaceKind.objects.get(code="former_ward"), on=CENSUS)
    drawings = read_sheet(FOLDER / "wards_2019.geojson", fields=fields).drawings
    return {codes.get(each.code, each.code): each.shape for each in drawings}


@pytest.fixture(scope="module")
def law(said, django_db_blocker):
    with django_db_blocker.unblock():
        former, ward = (
            PlaceKind.objects.get(code=code) for code in ("former_ward", "ward")
        )
        return law_of(before=former, after=ward, on=REFORM)


@pytest.fixture(scope="module")
def measured(ground, django_db_blocker):
    with django_db_blocker.unblock():
        wards = in_force(PlaceKind.objects.get(code="ward"), on=REFORM)
        return overlay(ground, wards)


def test_the_ground_of_the_old_wards_lies_where_the_law_says(measured, law):
    pairs = {(code, heir) for code, heirs in law.items() for heir in heirs}

    found = agreement(measured, pairs)

    assert found.strange == ()
    assert found.of_area >= 0.99
    assert found.of_pairs >= 0.98
    assert [(each.before, each.after) for each in found.unnamed] == [
        ("27076-2024", "27139"),
        ("26806", "26809"),
        ("27373-2024", "27367"),
    ]


def test_each_merger_before_the_reform_is_borne_out_by_the_ground(measured, law):
    with MERGERS.open(encoding="utf-8") as file:
        merged = {each["old_code"] for each in csv.DictReader(file)}
    inside = dict.fromkeys(merged, 0.0)
    for each in measured:
        if each.before in merged and each.after in law[each.before]:
            inside[each.before] += each.share

    doubtful = {code for code, share in inside.items() if share < 0.95}

    # The new map draws the one in another ward; the other lies there by 94.5 %.
    assert doubtful == {"27076-2024", "27373-2024"}


def test_every_row_of_the_tables_finds_its_place(said):
    told = "\n".join(said)

    assert "former_ward to ward 2025-07-01: 677 pairs of 441 places" in told
    assert "former_ward to former_ward 2025-01-01: 69 pairs of 66 places" in told
    assert "not on the map" not in told
    assert "called" not in told


def test_no_old_code_that_a_new_ward_has_leads_away_from_it():
    codes = set(Place.objects.filter(kind__code="ward").values_list("code", flat=True))
    reused = Place.objects.filter(kind__code="former_ward", code__in=codes)

    for place in reused:
        heirs = resolve(f"former_ward:{place.code}", on=REFORM).heirs
        assert place.code in {heir.place.code for heir in heirs}


def test_an_old_district_lies_in_the_wards_of_today_with_its_shares():
    heirs = resolve("774", on=REFORM).heirs

    assert [heir.place.name for heir in heirs] == [
        "Phường Chợ Lớn",
        "Phường An Đông",
        "Phường Chợ Quán",
    ]
    assert sum(heir.share for heir in heirs) == pytest.approx(1, abs=0.01)


def test_each_district_of_the_three_provinces_is_known_by_its_heirs():
    districts = Place.objects.filter(kind__code="district")

    assert districts.count() == 37
    for district in districts:
        assert resolve(district.code, on=REFORM).heirs


def test_former_wards_are_not_in_force_on_the_site_itself():
    assert not Place.objects.filter(
        kind__code="former_ward", boundaries__isnull=False
    ).exists()
    found = locate((106.672, 10.7548), on=JUNE)
    assert [(area.kind, area.code) for area in found.areas][:2] == [
        ("district", "774"),
        ("city", "79"),
    ]


def test_setting_up_again_changes_no_succession():
    before = set(PlaceSuccession.objects.values_list("pk", "share", "is_official"))
    plan = read_plan(settings.CITY_DIR / "map.toml")
    now = datetime(2025, 7, 2, tzinfo=UTC)

    set_up(plan, folder=FOLDER, fetch=False, at=now, say=lambda _: None)

    after = set(PlaceSuccession.objects.values_list("pk", "share", "is_official"))
    assert after == before
