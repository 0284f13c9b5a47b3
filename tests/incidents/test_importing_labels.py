"""A file's own word of where a report lies is held against what we say."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from gis_data.models import Place, search_key
from incidents.importing.agreement import Names
from incidents.models import Report
from tests.factories import CategoryFactory, DeadlineRuleFactory
from tests.incidents.importing import bring, found_city, rows, write

pytestmark = pytest.mark.django_db
SHORT = {"p": search_key("phường"), "q": search_key("quận")}
NAMES = Names(short=SHORT, known=frozenset())
#: A metre north, in degrees.
METRE = 1 / 110_600
NORTH = 10.85


@pytest.fixture
def at(tmp_path):
    return tmp_path / "reports.csv"


def differing(path):
    with path.with_name(f"{path.name}.disagreements.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("theirs", "agrees"),
    [
        ("Phường Xuân Hoà", True),
        ("phường xuân hòa", True),
        ("P. Xuân Hòa", True),
        ("P.Xuân Hòa", True),
        ("Xuân Hòa", True),
        ("Xuan Hoa Ward", True),
        ("26734", True),
        ("Quận Xuân Hòa", False),
        ("Xuân Hóa", False),
        ("Xuân", False),
    ],
)
def test_a_label_is_compared_as_people_write_names(theirs, agrees):
    ours = ("26734", "Phường Xuân Hòa", "Xuan Hoa Ward")

    assert NAMES.alike(theirs, *ours) is agrees


def test_agreement_doubts_and_distances_are_told_by_label(at):
    found_city(date(2025, 1, 1))
    told = rows(
        {},
        {"ward": "ward A"},
        {"ward": "b"},
        {"y": str(NORTH - 20 * METRE), "ward": "Ward b"},
        {"y": str(NORTH - 2 * METRE), "ward": "Ward b"},
        {"y": str(NORTH - 2 * METRE)},
        {"ward": "Ward of dreams"},
        {"ward": ""},
    )
    write(at, told)

    said = bring(at, "--label", "ward=ward", commit=False)

    assert (
        "ward: 7 compared, 3 agree (42.86 %); 2 were doubted (28.57 %); "
        "of the 5 others 2 agree (40.00 %)." in said
    )
    assert "1 name what we do not know" in said
    rest = differing(at)
    assert [(each["row"], each["theirs"], each["ours_code"]) for each in rest] == [
        ("4", "b", "a"),
        ("5", "Ward b", "a"),
        ("6", "Ward b", "a"),
        ("8", "Ward of dreams", "a"),
    ]
    metres = [float(each["metres_to_border"]) for each in rest]
    assert metres[1:3] == pytest.approx([20, 2], abs=0.2)
    assert [each["doubts"] for each in rest] == ["", "", "border", ""]
    assert [each["theirs_is_known"] for each in rest] == ["yes", "yes", "yes", "no"]


def test_every_distance_is_told_however_many_outlines_are_held(at, monkeypatch):
    found_city(date(2025, 1, 1))
    monkeypatch.setattr("incidents.importing.agreement.OUTLINES_AT_MOST", 1)
    west, east = {"ward": "none"}, {"ward": "none", "x": "106.80"}
    write(at, rows(west, east, west, east))

    bring(at, "--label", "ward=ward", "--batch", "2", commit=False)

    assert [each["ours_code"] for each in differing(at)] == ["a", "b", "a", "b"]
    assert all(each["metres_to_border"] for each in differing(at))


def test_a_label_may_name_who_answers(at):
    found_city(date(2025, 1, 1))
    write(at, rows({"state": "UBND phường A"}, {"state": "ubnd-a"}, {"state": "DOT"}))

    said = bring(at, "--label", "organisation=state")

    assert "organisation: 3 compared, 2 agree (66.67 %)" in said
    assert Report.objects.count() == 3


def test_labels_are_compared_also_where_all_is_here_already(at):
    found_city(date(2025, 1, 1))
    bring(write(at, rows({}, {"ward": "Ward b"})))

    said = bring(at, "--label", "ward=ward")

    assert "0 new" in said
    assert "ward: 2 compared, 1 agree (50.00 %)" in said


@pytest.mark.skipif(not settings.GIS_DATA_DIR, reason="needs the real wards")
def test_over_the_real_wards_the_figures_are_right(at):
    call_command("setup_map", commit=True)
    DeadlineRuleFactory.create()
    CategoryFactory.create(code="HT-DUONG.o-ga", branch=CategoryFactory.create())
    drawn, wrong = [], 0
    wards = Place.objects.filter(kind__code="ward", boundaries__edition__isnull=False)
    names = sorted(set(wards.values_list("name", flat=True)))
    for turn, (name, lon, lat) in enumerate(random_points()):
        is_wrong = turn % 25 == 0
        wrong += is_wrong
        said = names[names.index(name) - 1] if is_wrong else name
        bare = said.split(" ", 1)[1] if said.startswith("Phường ") else said
        drawn.append({"made": "2026-01-09", "x": lon, "y": lat, "ward": bare})
    write(at, rows(*drawn))

    said = bring(at, "--label", "ward=ward", commit=False)

    count = len(drawn)
    right = count - wrong
    assert f"ward: {count:,} compared, {right:,} agree" in said
    assert len(differing(at)) == wrong


def random_points():
    """Some points in each of the real wards, with the ward's name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT p.name, ST_X(spot.geom), ST_Y(spot.geom)
            FROM gis_data_boundary b
            JOIN gis_data_place p ON p.id = b.place_id
            JOIN gis_data_placekind k ON k.id = p.kind_id,
            ST_Dump(ST_GeneratePoints(b.shape, 12, 1022)) spot
            WHERE k.code = 'ward' AND b.validity @> '2026-01-09'::date
              AND upper_inf(b.recorded)
            ORDER BY p.code, spot.path
            """
        )
        return cursor.fetchall()
