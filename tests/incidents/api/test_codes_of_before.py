from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gis_data.models import Place, PlaceSuccession
from tests.factories import (
    PlaceFactory,
    PlaceKindFactory,
    ReportFactory,
    published,
    square,
)
from tests.incidents.api.mvt import read_tile

pytestmark = pytest.mark.django_db

REFORM = date(2025, 7, 1)
LIST = "/api/v1/reports"


@pytest.fixture
def wards():
    """Two wards of today, a former one with the code of the first, and its district."""
    ward = PlaceKindFactory.create(code="ward", rank=4)
    former = PlaceKindFactory.create(code="former_ward", rank=3)
    district = PlaceKindFactory.create(code="district", rank=2)
    published(
        ward,
        REFORM,
        **{"27139": square(106.65, 10.75), "27142": square(106.75, 10.75)},
    )
    Place.objects.filter(code="27139").update(name="Phường Xuân Hoà")
    Place.objects.filter(code="27142").update(name="Phường Nhiêu Lộc")
    three = PlaceFactory.create(kind=district, code="770", name="Quận 3")
    before = {
        code: PlaceFactory.create(kind=former, code=code, name=name, part_of=three)
        for code, name in (("27139", "Phường Võ Thị Sáu"), ("27148", "Phường 4"))
    }
    now = {code: Place.objects.get(kind=ward, code=code) for code in ("27139", "27142")}
    for old, new in (
        (before["27139"], now["27139"]),
        (before["27148"], now["27139"]),
        (before["27148"], now["27142"]),
        (three, now["27139"]),
        (three, now["27142"]),
    ):
        PlaceSuccession.objects.create(
            predecessor=old, successor=new, on=REFORM, is_official=True
        )
    return now, before, three


@pytest.fixture
def reports(wards):
    """One report of each ward of today, and one from before the reform."""
    now, before, three = wards
    return {
        "xuan hoa": ReportFactory.create(place=now["27139"]),
        "nhieu loc": ReportFactory.create(place=now["27142"]),
        "before": ReportFactory.create(
            place=before["27148"], current_place=now["27142"]
        ),
        "of a district": ReportFactory.create(place=three, current_place=now["27139"]),
    }


@pytest.fixture
def listed(client, reports):
    def ask(**query):
        answer = client.get(LIST, query)
        assert answer.status_code == 200, answer.content
        ids = {each["id"] for each in answer.json()["features"]}
        return {name for name, report in reports.items() if report.public_id in ids}

    return ask


def test_a_ward_of_today_means_what_lies_there_by_its_boundaries(listed):
    assert listed(ward="27139") == {"xuan hoa", "of a district"}
    assert listed(ward="27142") == {"nhieu loc", "before"}


def test_a_code_of_before_finds_what_is_there_today(listed):
    everything = {"xuan hoa", "nhieu loc", "before", "of a district"}

    assert listed(ward="27148") == everything
    assert listed(ward="770") == everything
    assert listed(ward="former_ward:27139") == {"xuan hoa", "of a district"}


def test_the_boundaries_of_then_mean_the_place_as_it_was(listed):
    assert listed(ward="27148", boundaries="then") == {"before"}
    assert listed(ward="770", boundaries="then") == {"of a district"}
    assert listed(ward="27142", boundaries="then") == {"nhieu loc"}
    assert listed(ward="27142", boundaries="now") == {"nhieu loc", "before"}


@pytest.mark.parametrize("boundaries", ["now", "then"])
@pytest.mark.parametrize("ward", ["27139", "27148", "770"])
def test_list_and_tile_agree_on_them(client, listed, ward, boundaries):
    query = {"ward": ward, "boundaries": boundaries}
    shown = client.get("/tiles/reports/0/0/0.mvt", query)

    assert read_tile(shown.content).total == len(listed(**query))


def test_boundaries_of_no_time_are_refused(client):
    answer = client.get(LIST, {"boundaries": "tomorrow"})

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["boundaries"]


def test_a_code_of_before_costs_one_statement_more(client, reports):
    def statements(**query):
        with CaptureQueriesContext(connection) as made:
            client.get(LIST, query)
        return len(made)

    of_today = statements(ward="27139")

    assert statements(ward="27148") == of_today + 1
    assert statements(ward="770,27148,former_ward:27139") == of_today + 1


def test_the_page_says_where_a_place_of_before_went(client, reports):
    page = client.get("/", {"ward": "27148"}).content.decode()

    assert "Phường 4 (Quận 3 cũ) nay thuộc" in page
    assert '<a href="?ward=27139&amp;window=current">Phường Xuân Hoà</a>' in page
    assert '<option value="27148" selected>Phường 4 (Quận 3 cũ)</option>' in page
    assert "boundaries=then" in page


def test_the_page_of_then_leads_back_to_today(client, reports):
    page = client.get("/", {"ward": "770", "boundaries": "then"}).content.decode()

    assert "Phản ánh từ Quận 3 cũ" in page
    assert '<a href="?ward=770&amp;window=current">Theo địa giới hiện hành</a>' in page


def test_the_page_of_a_ward_of_today_says_nothing_of_it(client, reports):
    page = client.get("/", {"ward": "27139"}).content.decode()

    assert "former" not in page


def test_a_code_of_before_tells_its_place_and_what_is_there(client, wards):
    told = client.get("/api/v1/places/27148", {"on": "2025-07-01"}).json()

    assert told == {
        "on": "2025-07-01",
        "code": "27148",
        "kind": "former_ward",
        "name": "Phường 4",
        "part_of": {"code": "770", "name": "Quận 3"},
        "in_force": False,
        "successors": [
            {
                "code": "27142",
                "name": "Phường Nhiêu Lộc",
                "share": None,
                "official": True,
            },
            {
                "code": "27139",
                "name": "Phường Xuân Hoà",
                "share": None,
                "official": True,
            },
        ],
    }


def test_a_code_in_force_tells_that_it_is(client, wards):
    told = client.get("/api/v1/places/27139").json()

    assert (told["kind"], told["in_force"], told["successors"]) == ("ward", True, [])


@pytest.mark.parametrize("code", ["99999", "ward:27148", "%00", "former_ward:"])
def test_a_code_that_never_was_is_unknown(client, wards, code):
    assert client.get(f"/api/v1/places/{code}").status_code == 404
