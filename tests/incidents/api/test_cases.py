"""A case looked up by its code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents import handover, hearing, media, resolution, work
from incidents.contacting import open_reporter
from incidents.intake import receive
from incidents.media import look_into
from incidents.models import Attachment, Clock
from incidents.models.lookup_code import new_code
from tests.factories import JULY, RefusalReasonFactory, focal_point, operator, picture

pytestmark = pytest.mark.django_db

LOOKED_UP = {
    "code",
    "status",
    "status_label",
    "status_group",
    "category",
    "received_at",
    "due_at",
    "due_is",
    "working_days_left",
    "overdue",
    "organisation",
    "explanation",
    "areas",
    "timeline",
    "result",
    "can",
}


@pytest.fixture
def report(telling):
    return receive(telling, channel="portal", at=JULY).report


@pytest.fixture
def waiting(telling):
    telling.category.routes_itself_on = []
    telling.category.save()
    return receive(telling, channel="portal", at=JULY).report


@pytest.fixture
def unit(report):
    return focal_point(report.organisation)


@pytest.fixture
def look_up(client):
    """Look a case up, in English."""

    def ask(code):
        headers = {"accept-language": "en"}
        return client.get(f"/api/v1/reports/{code}", headers=headers)

    return ask


@pytest.fixture
def at(monkeypatch):
    """Set the clock at the edge."""

    def stand_still(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return stand_still


def test_a_case_tells_who_has_it_why_and_by_when(look_up, report, at):
    at(JULY + timedelta(hours=1))

    said = look_up(report.code).json()

    assert said.keys() >= LOOKED_UP
    assert said["code"] == report.code
    assert (said["status"], said["status_group"]) == ("transferred", "in_progress")
    assert said["category"]["code"] == report.category.code
    assert said["organisation"] == {"code": "ubnd-a", "name": "Committee of ward A"}
    assert said["explanation"].endswith("because this point lies in Ward a.")
    assert (said["due_at"], said["due_is"]) == ("2025-07-16T23:59:59+07:00", "firm")
    assert (said["working_days_left"], said["overdue"]) == (5, False)
    assert [line["label"] for line in said["timeline"]] == [
        "Report received",
        "Report accepted",
        "Transferred to Committee of ward A",
    ]
    assert said["timeline"][-1]["organisation"]["code"] == "ubnd-a"
    assert said["result"] is None
    assert said["can"] == {
        "rate": False,
        "reopen": False,
        "remind": False,
        "withdraw": True,
    }


def test_the_vietnamese_name_is_given_to_who_reads_vietnamese(client, report):
    said = client.get(f"/api/v1/reports/{report.code}").json()

    assert said["organisation"]["name"] == "UBND phường A"


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: f"  {code}  ",
        lambda code: code.replace("0", "O").replace("1", "l"),
    ],
)
def test_a_code_is_read_however_it_is_typed(look_up, report, typed):
    assert look_up(typed(report.code)).status_code == 200


def test_unknown_mistyped_and_withdrawn_answer_alike(look_up, report):
    resolution.withdraw(report, at=JULY)
    unknown = new_code(JULY.date())
    mistyped = report.code[:-1] + ("0" if report.code[-1] != "0" else "2")

    answers = [
        look_up(code) for code in (report.code, unknown, mistyped, "x", "%00", "1022")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_the_public_id_is_no_lookup_code(look_up, report):
    assert look_up(report.public_id).status_code == 404


@pytest.mark.parametrize(
    ("moment", "left", "overdue"),
    [
        (datetime(2025, 7, 15, 3, tzinfo=UTC), 1, False),
        (datetime(2025, 7, 16, 16, 59, tzinfo=UTC), 0, False),
        (datetime(2025, 7, 16, 17, 0, tzinfo=UTC), 0, True),
    ],
)
def test_late_is_computed_from_the_clock(look_up, report, at, moment, left, overdue):
    at(moment)

    said = look_up(report.code).json()

    assert (said["working_days_left"], said["overdue"]) == (left, overdue)


def test_a_case_that_was_done_in_time_is_not_late_afterwards(look_up, report, unit, at):
    work.start(report, by=unit, at=JULY)
    resolution.propose_result(report, by=unit, at=JULY, outcome="planned", text="Soon")
    resolution.publish_result(report, by=operator(), at=JULY)
    at(JULY + timedelta(days=90))

    said = look_up(report.code).json()

    assert (said["working_days_left"], said["overdue"]) == (None, False)


def test_a_case_that_was_done_late_stays_late(look_up, report, unit, at):
    late = JULY + timedelta(days=30)
    work.start(report, by=unit, at=JULY)
    resolution.propose_result(report, by=unit, at=late, outcome="planned", text="Soon")
    resolution.publish_result(report, by=operator(), at=late)

    assert look_up(report.code).json()["overdue"] is True


def test_what_may_be_done_follows_the_case(look_up, report, unit, at):
    moments = {"reported": JULY, "late": JULY + timedelta(days=8)}
    found = {}

    def can(moment):
        at(moment)
        said = look_up(report.code).json()["can"]
        return {name for name, may in said.items() if may}

    found["reported"], found["late"] = (can(each) for each in moments.values())
    hearing.remind(report, at=moments["late"])
    found["reminded"] = can(moments["late"])
    resolution.propose_result(
        work.acknowledge(report, by=unit, at=moments["late"]),
        by=unit,
        at=moments["late"],
        outcome="answered",
        text="Done",
    )
    found["proposed"] = can(moments["late"])
    resolution.publish_result(report, by=operator(), at=moments["late"])
    found["resolved"] = can(moments["late"])

    assert found == {
        "reported": {"withdraw"},
        "late": {"withdraw", "remind"},
        "reminded": {"withdraw"},
        "proposed": set(),
        "resolved": {"rate", "reopen"},
    }


def test_a_refusal_is_told_with_its_text(look_up, waiting):
    reason = RefusalReasonFactory.create()
    handover.refuse(
        waiting, by=operator(), at=JULY, reason=reason, text="Ask the ward instead."
    )

    said = look_up(waiting.code).json()

    assert said["status_group"] == "refused"
    assert "Ask the ward instead." in str(said["timeline"])
    assert said["refusal"] == {"code": reason.code, "name": "Outside the scope"}


def test_a_result_is_told_with_its_photos_once_it_is_published(look_up, report, unit):
    work.start(report, by=unit, at=JULY)
    resolution.propose_result(
        report,
        by=unit,
        at=JULY,
        outcome="fixed",
        text="The cover is back.",
        uploads=look_into([picture()]),
    )
    media.prepare(Attachment.objects.get().pk)
    assert look_up(report.code).json()["result"] is None
    assert "The cover" not in look_up(report.code).content.decode()

    resolution.publish_result(report, by=operator(), at=JULY)

    said = look_up(report.code).json()
    assert (said["result"]["outcome"], said["result"]["text"]) == (
        "fixed",
        "The cover is back.",
    )
    (photo,) = said["result"]["photos"]
    assert photo == f"/photos/{Attachment.objects.get().public_id}.jpg"


def test_what_only_staff_may_know_is_not_in_the_timeline(look_up, report, unit):
    work.start(report, by=unit, at=JULY)
    handover.claim(report, by=operator(), at=JULY)
    open_reporter(report, by=operator(), at=JULY, why="SECRET-WHY")
    resolution.propose_result(
        report, by=unit, at=JULY, outcome="planned", text="SECRET-TEXT"
    )
    resolution.send_result_back(report, by=operator(), at=JULY, text="SECRET-NOTE")

    said = look_up(report.code).content.decode()

    assert "SECRET" not in said
    assert "Contact opened" not in said
    assert "Taken up by an operator" not in said


def test_a_contact_in_staff_s_words_is_blotted_out(look_up, report, unit):
    work.note_progress(
        report, by=unit, at=JULY, text="Called 0909 111 222, wrote to a.b@example.org"
    )

    said = look_up(report.code).content.decode()

    assert "0909 111 222" not in said
    assert "example.org" not in said
    assert "Called" in said


def test_a_lookup_takes_as_many_statements_however_long_the_story(
    look_up, report, unit
):
    counts = []
    for notes in (0, 10):
        for turn in range(notes):
            work.note_progress(report, by=unit, at=JULY, text=f"Step {turn}")
        with CaptureQueriesContext(connection) as ran:
            assert look_up(report.code).status_code == 200
        counts.append(len(ran))

    assert counts[0] == counts[1] <= 8


def test_a_lookup_is_not_kept_by_anyone_on_the_way(look_up, report):
    kept = look_up(report.code).get("Cache-Control", "")

    assert "public" not in kept


def test_an_expected_date_is_said_to_be_expected(look_up, waiting):
    said = look_up(waiting.code).json()

    assert (said["due_is"], said["status_group"]) == ("expected", "waiting")
    assert said["organisation"]["code"] == "ubnd-a"
    assert Clock.objects.get().is_firm is False
