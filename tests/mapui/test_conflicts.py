"""Two officers on one case: the later one is told what the first one did."""

from __future__ import annotations

import pytest

from incidents import work
from incidents.models import Report, Status
from tests.factories import JULY, CaseFactory, focal_point

from .case_page import page

pytestmark = pytest.mark.django_db
DATA = {"accept": "application/json"}


@pytest.fixture
def case(unit):
    return CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)


@pytest.fixture
def colleague(case):
    """Another of the unit, who took the case up while it was open elsewhere."""
    actor = focal_point(case.organisation)
    actor.user.first_name = "Bình"
    actor.user.save()
    work.acknowledge(case, by=actor, at=JULY)
    return actor


@pytest.mark.parametrize("way", ["acknowledge", "note", "ket-qua"])
def test_a_page_says_what_was_done_meanwhile_and_nothing_is_overwritten(
    client, case, colleague, way
):
    said = {"version": "1", "text": "Thử", "outcome": "fixed"}
    said |= {"no_photo_because": "Ban đêm"}

    answer = client.post(f"{page(case)}/{way}", said)

    assert answer.status_code == 409
    assert "Bình" in answer.content.decode()
    assert Report.objects.get().version == 2


@pytest.mark.parametrize("way", ["note", "ket-qua"])
def test_a_program_reads_who_did_which_step_and_what_it_set(
    client, case, colleague, way
):
    said = {"version": "1", "text": "Thử", "outcome": "fixed"}
    said |= {"no_photo_because": "Ban đêm"}

    answer = client.post(f"{page(case)}/{way}", said, headers=DATA)

    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (409, 409, "conflict")
    assert answer["Content-Type"] == "application/problem+json"
    (change,) = told["changes"]
    assert (change["code"], change["by"]) == ("acknowledged", "Bình")
    assert change["fields"] == ["status"]
    assert told["version"] == 2


def test_what_is_wrong_otherwise_reaches_a_program_as_a_problem_too(client, case):
    answer = client.post(f"{page(case)}/note", {"version": "1"}, headers=DATA)
    contact = client.post(f"{page(case)}/lien-he", {"why": "Hỏi"}, headers=DATA)

    assert (answer.status_code, answer.json()["changes"]) == (422, [])
    assert contact.status_code == 403
    assert contact["Content-Type"] == "application/problem+json"


def test_cases_taken_in_bulk_say_which_could_not_be_and_why(client, case, colleague):
    answer = client.post(
        "/lam-viec/don-vi/tiep-nhan",
        {"chosen": [f"{case.public_id}:1"]},
        follow=True,
    )

    assert "Bình" in answer.content.decode()
    assert Report.objects.get().version == 2
