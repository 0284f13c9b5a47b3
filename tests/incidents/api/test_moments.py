"""Times that no calendar reaches are refused, and never an error of ours."""

from __future__ import annotations

from datetime import date

import pytest

from incidents.models import DeadlineRule
from tests.factories import LeafFactory

pytestmark = pytest.mark.django_db

FAR = [
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1700-01-01T00:00:00Z",
    "2199-12-31T23:59:59Z",
    "x",
]


@pytest.mark.parametrize("moment", FAR)
def test_a_moment_out_of_reach_is_refused(client, wards, moment):
    here = {"lat": 10.8, "lon": 106.7, "category": LeafFactory.create().code}

    deadline = client.get("/api/v1/deadlines", {"received": moment})
    route = client.get("/api/v1/route", here | {"at": moment})

    assert (deadline.status_code, route.status_code) == (422, 422)
    assert deadline.json()["fields"].keys() == {"received"}
    assert route.json()["fields"].keys() == {"at"}


def test_a_day_before_any_rule_is_refused_where_it_was_asked_for(client, wards):
    DeadlineRule.objects.update(starts_on=date(2020, 1, 1))

    asked = client.get("/api/v1/deadlines", {"received": "1900-01-02T00:00:00Z"})
    today = client.get("/api/v1/deadlines")

    assert (asked.status_code, today.status_code) == (422, 200)
    assert asked.json()["fields"].keys() == {"received"}


def test_without_any_rule_it_is_we_who_cannot_answer(client):
    assert client.get("/api/v1/deadlines").status_code == 503
