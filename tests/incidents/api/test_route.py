"""Routing a point without filing anything."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import (
    DecisionRecord,
    Membership,
    Organisation,
    Report,
    Responsibility,
)
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    ResponsibilityFactory,
)

pytestmark = pytest.mark.django_db

URL = "/api/v1/route"
ANSWER = {
    "organisation",
    "reason",
    "explanation",
    "basis",
    "areas",
    "doubts",
    "approximate",
}


@pytest.fixture
def query(telling):
    return {"lat": 10.8, "lon": 106.7, "category": telling.category.code}


@pytest.fixture
def ask(client):
    def send(query):
        return client.get(URL, query, headers={"accept-language": "en"})

    return send


def test_a_point_is_routed_and_the_reason_said(ask, query):
    answer = ask(query)

    assert answer.status_code == 200
    assert answer.json().keys() == ANSWER
    assert answer.json() == {
        "organisation": {"code": "ubnd-a", "name": "Committee of ward A"},
        "reason": "settled",
        "explanation": "Committee of ward A, because this point lies in Ward a.",
        "basis": {"kind": "area", "legal_basis": "Decision 1, article 2"},
        "areas": [{"kind": "ward", "code": "a", "name": "Ward a", "share": 1.0}],
        "doubts": [],
        "approximate": False,
    }


def test_asking_files_nothing(ask, query):
    ask(query)

    assert not Report.objects.exists()
    assert not DecisionRecord.objects.exists()


def test_off_the_map_is_an_answer_and_no_error(ask, query):
    said = ask(query | {"lat": 21.0, "lon": 105.8})

    assert said.status_code == 200
    assert (said.json()["reason"], said.json()["areas"]) == ("off_the_map", [])
    assert said.json()["organisation"] is None


def test_accuracy_and_day_are_weighed(ask, query):
    near_b = query | {"lon": 106.75 - 20 / 109_300}

    assert ask(near_b).json()["doubts"] == []
    assert ask(near_b | {"accuracy": 50}).json()["doubts"] == ["disc"]
    before = ask(query | {"at": "2024-07-01T12:00:00+07:00"})
    assert before.json()["reason"] == "off_the_map"


@pytest.mark.parametrize("size", [1, 20])
def test_a_route_takes_three_statements_however_many_claim(
    client, query, telling, wards, size
):
    ResponsibilityFactory.create_batch(
        size, category=telling.category, place=wards["a"]
    )

    with CaptureQueriesContext(connection) as ran:
        assert client.get(URL, query).status_code == 200

    # The category, and the two of `route`.
    assert len(ran) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lat": ""}, "lat"),
        ({"lat": "x"}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"lat": 91}, "lat"),
        ({"lon": 181}, "lon"),
        ({"category": "NONE"}, "category"),
        ({"category": "A\0"}, "category"),
        ({"at": "yesterday"}, "at"),
        ({"accuracy": -1}, "accuracy"),
        ({"accuracy": "inf"}, "accuracy"),
        ({"address": "x" * 301}, "address"),
    ],
)
def test_what_cannot_be_routed_is_invalid(client, query, change, field):
    answer = client.get(URL, query | change)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+00:00",
        "9999-12-31T23:59:59+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_the_ends_of_time_can_be_asked_for(client, query, at):
    assert client.get(URL, query | {"at": at}).status_code in {200, 422}


def test_the_claims_are_for_staff(client, query):
    assert "claims" not in client.get(URL, query).json()
    centre = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    member = MembershipFactory.create(
        organisation=centre, role=Membership.Role.OPERATOR
    )
    client.force_login(member.user)

    (claim,) = client.get(URL, query).json()["claims"]

    assert claim == {
        "responsibility": Responsibility.objects.get().pk,
        "organisation": {"code": "ubnd-a", "name": "UBND phường A"},
        "role": "lead",
        "precedence": 10,
        "basis": "area",
        "legal_basis": "Decision 1, article 2",
        "is_confirmed": True,
        "conditions": {},
        "asset": None,
    }
