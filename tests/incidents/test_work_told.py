"""What a unit tells who reported: a message, and a date when it is late."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils.translation import override

from incidents import handover, work
from incidents.errors import ChangedMeanwhile, Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.models import Clock, Event, Notice, Status
from incidents.notifications import send
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

#: Two days after the case was due.
LATE = JULY + timedelta(days=9)
TO_COME = date(2025, 7, 25)


@pytest.fixture
def case():
    return CaseFactory.create(status=Status.IN_PROGRESS)


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def commit(case, by, **changed):
    said = {"at": LATE, "until": TO_COME, "text": "The part is on its way"} | changed
    return work.commit_to(case, by=by, **said)


def test_a_unit_writes_to_who_reported_and_learns_nothing_of_them(case, unit):
    written = work.write_to_reporter(case, by=unit, at=JULY, text="Which gate?")

    event = written.events.latest("sequence")
    assert (event.code, event.note.text) == (Event.Code.MESSAGE, "Which gate?")
    assert event.visibility == Event.Visibility.REPORTER
    assert written.status == Status.IN_PROGRESS
    assert not case.contact.readings.exists()
    send(Notice.objects.get().pk, at=JULY)
    (letter,) = mail.outbox
    assert letter.to == ["lan@example.org"]
    assert case.get_absolute_url() in letter.body
    assert "Which gate?" not in letter.body
    assert broken_at(written) is None


def test_the_operators_may_write_too_and_others_may_not(case):
    work.write_to_reporter(case, by=operator(), at=JULY, text="Hello")

    with pytest.raises(NotAllowed):
        neighbour = focal_point(OrganisationFactory.create())
        work.write_to_reporter(case, by=neighbour, at=JULY, text="Hello")
    assert Notice.objects.count() == 1


def test_an_empty_message_is_sent_to_nobody(case, unit):
    with pytest.raises(Missing) as refused:
        work.write_to_reporter(case, by=unit, at=JULY, text=" ")

    assert refused.value.field == "text"
    assert not Notice.objects.exists()


def test_who_is_late_says_why_and_by_when_and_the_date_does_not_move(case, unit):
    due = set(case.clocks.values_list("due_at", flat=True))

    committed = commit(case, unit)

    assert (committed.committed_on, committed.status) == (TO_COME, Status.IN_PROGRESS)
    assert set(case.clocks.values_list("due_at", flat=True)) == due
    event = committed.events.latest("sequence")
    assert (event.arguments["until"], event.note.text) == (
        "25/07/2025",
        "The part is on its way",
    )
    with override("en"):
        assert event.label.endswith("commits to be done by 25/07/2025")
    send(Notice.objects.get(event__code="committed").pk, at=LATE)
    assert "25/07/2025" in mail.outbox[0].body
    assert broken_at(committed) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"until": None}, "committed_on"),
        ({"until": LATE.date()}, "committed_on"),
        ({"until": LATE.date() + timedelta(days=31)}, "committed_on"),
        ({"text": " "}, "text"),
    ],
)
def test_a_commitment_has_a_reason_and_a_day_that_is_near(case, unit, changed, field):
    with pytest.raises(Missing) as refused:
        commit(case, unit, **changed)

    assert refused.value.field == field
    assert not Notice.objects.exists()


def test_nobody_commits_before_it_is_late(case, unit):
    with pytest.raises(NotNow):
        commit(case, unit, at=JULY + timedelta(days=1))

    case.refresh_from_db()
    assert (case.committed_on, case.version) == (None, 1)


def test_a_clock_that_stands_still_makes_nobody_late(case, unit):
    Clock.objects.filter(report=case).update(stopped_at=JULY)

    with pytest.raises(NotNow):
        commit(case, unit)


def test_only_the_unit_at_hand_commits_and_only_to_what_it_saw(case, unit):
    for stranger in (operator(), focal_point(OrganisationFactory.create())):
        with pytest.raises(NotAllowed):
            commit(case, stranger)
    with pytest.raises(ChangedMeanwhile):
        commit(case, unit, version=7)


def test_what_one_unit_committed_to_binds_no_other(case, unit):
    commit(case, unit)

    returned = handover.send_back(
        case, by=unit, at=LATE, reason=ReturnReasonFactory.create(), text="Not ours"
    )

    assert returned.committed_on is None
