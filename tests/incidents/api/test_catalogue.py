"""What filters and forms need, and due dates."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from tests.factories import (
    CategoryFactory,
    DeadlineRuleFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db

PAST = DateRange(date(2000, 1, 1), date(2001, 1, 1))


def test_categories_are_told_with_branch_urgency_and_what_they_need(client):
    branch = CategoryFactory.create(code="HT", name="Hạ tầng", name_en="Infrastructure")
    CategoryFactory.create(
        code="HT.leaf", branch=branch, urgency="high", needs_place=False
    )
    CategoryFactory.create(code="OLD", validity=PAST)

    said = client.get("/api/v1/categories", headers={"accept-language": "en"}).json()

    assert said == [
        {
            "code": "HT",
            "name": "Infrastructure",
            "branch": None,
            "urgency": "normal",
            "needs_place": True,
            "is_public": True,
        },
        {
            "code": "HT.leaf",
            "name": "HT.leaf",
            "branch": "HT",
            "urgency": "high",
            "needs_place": False,
            "is_public": True,
        },
    ]


def test_organisations_of_today_are_told_with_place_and_phone(client):
    ward = PlaceFactory.create(code="26740")
    OrganisationFactory.create(
        code="ubnd", name="UBND phường Sài Gòn", place=ward, phone="028"
    )
    OrganisationFactory.create(validity=PAST)

    assert client.get("/api/v1/organisations").json() == [
        {
            "code": "ubnd",
            "name": "UBND phường Sài Gòn",
            "type": "ward",
            "place": "26740",
            "phone": "028",
        }
    ]


def test_names_are_in_the_order_of_the_vietnamese_alphabet(client):
    for name in ["Đ", "Z", "E", "D", "Ă", "A", "Â"]:
        OrganisationFactory.create(name=name)

    said = client.get("/api/v1/organisations").json()

    assert [each["name"] for each in said] == ["A", "Ă", "Â", "D", "Đ", "E", "Z"]


@pytest.mark.parametrize("size", [1, 30])
@pytest.mark.parametrize("address", ["categories", "organisations"])
def test_a_catalogue_is_one_statement(client, django_assert_num_queries, address, size):
    LeafFactory.create_batch(size)
    OrganisationFactory.create_batch(size, place=PlaceFactory.create())

    with django_assert_num_queries(1):
        assert len(client.get(f"/api/v1/{address}").json()) >= size


def test_a_due_date_is_counted_and_the_days_that_do_not_count_are_named(client):
    DeadlineRuleFactory.create()

    said = client.get(
        "/api/v1/deadlines",
        {"received": "2025-07-09T10:00:00+07:00"},
        headers={"accept-language": "en"},
    ).json()

    assert said == {
        "due_at": "2025-07-16T23:59:59+07:00",
        "working_days": 5,
        "skipped": [
            {"date": "2025-07-12", "why": "Saturday"},
            {"date": "2025-07-13", "why": "Sunday"},
        ],
    }


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_due_date_is_two_statements_at_most(client, django_assert_num_queries, depth):
    DeadlineRuleFactory.create()
    category = CategoryFactory.create()
    for _ in range(depth):
        category = CategoryFactory.create(branch=category)
    received = {"received": "2025-07-09T10:00:00+07:00"}

    with django_assert_num_queries(2):
        client.get("/api/v1/deadlines", received | {"category": category.code})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"received": "soon"}, "received"),
        ({"received": "2025-02-30T10:00:00"}, "received"),
        ({"category": "NONE"}, "category"),
    ],
)
def test_what_cannot_be_counted_is_invalid(client, query, field):
    DeadlineRuleFactory.create()

    answer = client.get("/api/v1/deadlines", query)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "received",
    [
        "0001-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "1900-01-01T00:00:00+07:00",
        "9999-12-30T00:00:00+07:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_the_ends_of_time_break_nothing(client, received):
    DeadlineRuleFactory.create()

    answer = client.get("/api/v1/deadlines", {"received": received})

    assert answer.status_code in {200, 422, 503}


def test_without_the_city_s_rules_nothing_can_be_counted(client):
    answer = client.get("/api/v1/deadlines")

    assert answer.status_code == 503
    assert answer.json()["code"] == "no_deadline_rule"
