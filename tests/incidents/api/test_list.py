"""The public list, and what it may be asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point

from gis_data.models import Place
from incidents.models import Report, Status
from incidents.models.status import GROUPS
from tests.factories import (
    JULY,
    CategoryFactory,
    OrganisationFactory,
    PlaceFactory,
    PlaceKindFactory,
    ReportFactory,
    published,
    square,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/reports"
PROPERTIES = {
    "category",
    "status_group",
    "title",
    "ward",
    "organisation",
    "received_on",
    "updated_at",
    "followers",
}


@pytest.fixture
def listed(client):
    """Ask the list, and return the ids it holds."""

    def ask(**query):
        answer = client.get(URL, query)
        assert answer.status_code == 200, answer.content
        return [each["id"] for each in answer.json()["features"]]

    return ask


def test_the_public_list_tells_nothing_of_the_reporter(client):
    shown = ReportFactory.create(status=Status.TRANSFERRED)
    ReportFactory.create(status=Status.RECEIVED)
    ReportFactory.create(is_public=False)
    ReportFactory.create(status=Status.WITHDRAWN, accepted_at=JULY)

    answer = client.get(URL)

    said = answer.json()
    (feature,) = said["features"]
    assert said["type"] == "FeatureCollection"
    assert (said["next"], said["count_is"]) == (None, "exact")
    assert feature["id"] == shown.public_id
    assert feature["geometry"]["coordinates"] == list(shown.public_point.coords)
    assert feature["properties"].keys() == PROPERTIES
    assert feature["properties"]["title"] is None
    assert feature["properties"]["received_on"] == "2025-07-09"
    assert feature["properties"]["organisation"] == shown.organisation.code
    for secret in [shown.code, "Lan", "0901", json.dumps(list(shown.point.coords))]:
        assert secret not in answer.content.decode()


def test_a_report_without_a_point_is_listed_without_one(client):
    ReportFactory.create(point=None, place=PlaceFactory.create(code="26740"))

    (feature,) = client.get(URL).json()["features"]

    assert feature["geometry"] is None
    assert feature["properties"]["ward"] == "26740"


def test_the_day_of_receipt_is_the_day_of_the_city(client):
    ReportFactory.create(received_at=datetime(2025, 7, 9, 18, tzinfo=UTC))

    (feature,) = client.get(URL).json()["features"]

    assert feature["properties"]["received_on"] == "2025-07-10"


def test_followers_are_those_joined_to_it(client):
    master = ReportFactory.create()
    ReportFactory.create_batch(
        2, status=Status.DUPLICATE, master=master, is_public=False
    )

    (feature,) = client.get(URL).json()["features"]

    assert feature["properties"]["followers"] == 2


@pytest.mark.parametrize("size", [1, 30])
def test_the_list_takes_one_statement_however_long(
    client, django_assert_num_queries, size
):
    ReportFactory.create_batch(size, status=Status.TRANSFERRED)

    with django_assert_num_queries(1):
        assert len(client.get(URL).json()["features"]) == size


@pytest.mark.parametrize("size", [1, 30])
def test_each_filter_that_is_given_by_code_costs_one_statement(
    client, django_assert_num_queries, size
):
    unit = OrganisationFactory.create()
    category = CategoryFactory.create()
    published(PlaceKindFactory.create(), JULY.date(), a=square(106.65, 10.75))
    ward = Place.objects.get()
    ReportFactory.create_batch(
        size,
        status=Status.TRANSFERRED,
        organisation=unit,
        category=category,
        place=ward,
    )
    query = {
        "category": category.code,
        "ward": ward.code,
        "organisation": unit.code,
        "status": "in_progress",
        "bbox": "106,10,107,11",
        "from": "2025-07-09",
        "to": "2025-07-10",
    }

    with django_assert_num_queries(4):
        assert len(client.get(URL, query).json()["features"]) == size


def test_pages_follow_each_other_and_say_whether_there_is_more(client):
    reports = [
        ReportFactory.create(received_at=JULY + timedelta(minutes=turn // 2))
        for turn in range(7)
    ]

    seen, address = [], f"{URL}?page_size=3"
    while address:
        page = client.get(address).json()
        assert page["count_is"] == "at_least"
        seen += [each["id"] for each in page["features"]]
        address = page["next"]

    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == {report.public_id for report in reports}
    assert seen[0] == reports[-1].public_id


@pytest.mark.parametrize(("asked", "given"), [("2", 2), ("9999", 3), ("x", 3)])
def test_a_page_is_as_long_as_asked_up_to_five_hundred(client, asked, given):
    ReportFactory.create_batch(3)

    assert len(client.get(URL, {"page_size": asked}).json()["features"]) == given


#: What was refused or taken back after it was accepted is public no more.
NOT_SHOWN = {Status.REFUSED, Status.WITHDRAWN, Status.DUPLICATE}


@pytest.mark.parametrize("group", ["in_progress", "done", "refused", "waiting"])
def test_a_status_is_one_of_the_four_words(listed, group):
    every = {
        status: ReportFactory.create(status=status, accepted_at=JULY)
        for status in Status
    }
    # Masters that the factory made stand beside their duplicates.
    Report.objects.exclude(pk__in=[each.pk for each in every.values()]).update(
        is_public=False
    )

    expected = {
        report.public_id
        for status, report in every.items()
        if status in GROUPS[group] and status not in NOT_SHOWN
    }

    assert set(listed(status=group)) == expected


def test_several_codes_are_asked_for_with_commas(listed):
    one, two, three = (CategoryFactory.create() for _ in range(3))
    reports = [ReportFactory.create(category=each) for each in (one, two, three)]

    found = listed(category=f"{one.code}, {two.code}")

    assert set(found) == {report.public_id for report in reports[:2]}


def test_a_branch_stands_for_all_that_is_under_it(listed):
    branch = CategoryFactory.create(code="HT")
    twig = CategoryFactory.create(code="HT-DIEN", branch=branch)
    leaf = CategoryFactory.create(code="HT-DIEN.day-dut", branch=twig)
    under = [ReportFactory.create(category=each) for each in (twig, leaf)]
    ReportFactory.create(category=CategoryFactory.create(code="HT-DIENTU"))

    for code in ("HT", "HT-DIEN"):
        assert set(listed(category=code)) == {each.public_id for each in under}
    assert listed(category="HT-DIEN.day-dut") == [under[1].public_id]


def test_a_ward_of_any_time_may_be_asked_for(listed):
    old = PlaceFactory.create(code="old")
    report = ReportFactory.create(place=old)
    ReportFactory.create(place=PlaceFactory.create())

    assert listed(ward="old") == [report.public_id]
    assert Place.objects.count() == 2


def test_an_organisation_may_be_asked_for(listed):
    mine = ReportFactory.create(status=Status.TRANSFERRED)
    ReportFactory.create(status=Status.TRANSFERRED)

    assert listed(organisation=mine.organisation.code) == [mine.public_id]


def test_from_is_the_first_day_and_to_the_first_day_no_longer(listed):
    days = {
        name: ReportFactory.create(received_at=moment).public_id
        for name, moment in {
            "before": datetime(2025, 7, 8, 16, 59, 59, tzinfo=UTC),
            "first": datetime(2025, 7, 8, 17, tzinfo=UTC),
            "last": datetime(2025, 7, 9, 16, 59, 59, tzinfo=UTC),
            "after": datetime(2025, 7, 9, 17, tzinfo=UTC),
        }.items()
    }

    found = listed(**{"from": "2025-07-09", "to": "2025-07-10"})

    assert set(found) == {days["first"], days["last"]}


def test_a_box_holds_what_is_shown_in_it(listed):
    east = Point(106.8, 10.8, srid=4326)
    ReportFactory.create(point=Point(106.6, 10.8, srid=4326))
    report = ReportFactory.create(point=east)

    assert listed(bbox="106.7,10.7,106.9,10.9") == [report.public_id]


def test_a_box_is_asked_of_the_snapped_point_and_not_of_the_true_one(listed):
    report = ReportFactory.create()
    true, shown = report.point, report.public_point
    assert true.coords != shown.coords
    middle = (true.x + shown.x) / 2
    west, east = sorted([(true.x - 0.01, middle), (middle, true.x + 0.01)])
    with_true = west if true.x < middle else east
    with_shown = east if true.x < middle else west

    box = "{},10.7,{},10.9".format
    assert listed(bbox=box(*with_true)) == []
    assert listed(bbox=box(*with_shown)) == [report.public_id]


def test_words_are_looked_for_in_approved_titles_only(listed):
    ReportFactory.create(description="Nắp cống trước chợ", address="Chợ Bến Thành")
    titled = ReportFactory.create(public_title="Nắp cống mất trước chợ")

    assert listed(q="NẮP CỐNG") == [titled.public_id]
    assert listed(q="Bến Thành") == []
    assert listed(q="%") == listed(q="_") == []


def test_an_empty_filter_is_none(listed):
    ReportFactory.create()

    empty = dict.fromkeys(
        ["bbox", "category", "status", "ward", "organisation", "from", "to", "q"], " "
    )

    assert len(listed(**empty)) == len(listed(category=",")) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"bbox": "abc"}, "bbox"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "1,2,3,4,5"}, "bbox"),
        ({"bbox": "107,10,106,11"}, "bbox"),
        ({"bbox": "106,11,107,10"}, "bbox"),
        ({"bbox": "nan,10,107,11"}, "bbox"),
        ({"bbox": "-181,10,107,11"}, "bbox"),
        ({"bbox": "106,10,107,inf"}, "bbox"),
        ({"category": "NONE"}, "category"),
        ({"category": "A\0"}, "category"),
        ({"status": "resolved"}, "status"),
        ({"status": "done,lost"}, "status"),
        ({"ward": "zz"}, "ward"),
        ({"organisation": "zz"}, "organisation"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2025-02-30"}, "from"),
        ({"to": "2025-13-01"}, "to"),
        ({"q": "a\0b"}, "q"),
    ],
)
@pytest.mark.parametrize("address", [URL, "/tiles/reports/0/0/0.mvt"])
def test_what_cannot_be_asked_is_invalid(client, address, query, field):
    answer = client.get(address, query)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", ["from", "to"])
def test_the_ends_of_time_can_be_asked_for(client, name, day):
    ReportFactory.create()

    assert client.get(URL, {name: day}).status_code == 200


def test_a_page_that_never_was_is_unknown(client):
    assert client.get(URL, {"cursor": "nonsense"}).status_code == 404
