from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from incidents import handover
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.intake import receive
from incidents.models import Clock, Event, Notice, Organisation, Report, Status
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(days=1)


@pytest.fixture
def desk(db):
    return operator()


@pytest.fixture
def waiting(telling):
    """A report that nobody has acted on, and the unit that is proposed for it."""
    telling.category.routes_itself_on = []
    telling.category.save()
    return receive(telling, channel="portal", at=JULY).report


@pytest.fixture
def proposed(waiting):
    return Organisation.objects.get(code="ubnd-a")


def told(report):
    """The codes of the events that the reporter is owed a message about."""
    owed = Notice.objects.filter(event__report=report)
    return list(owed.order_by("pk").values_list("event__code", flat=True))


def running(report, party):
    return report.clocks.filter(party=party, stopped_at__isnull=True)


def test_accepting_puts_a_report_on_the_public_map_and_tells_nobody(waiting, desk):
    assert not Report.objects.public().exists()

    accepted = handover.accept(waiting, by=desk, at=LATER)

    assert (accepted.status, accepted.accepted_at) == (Status.ACCEPTED, LATER)
    assert list(Report.objects.public()) == [accepted]
    assert told(waiting) == ["received"]


def test_refusing_keeps_reason_and_text_and_tells_the_reporter(waiting, desk):
    reason = RefusalReasonFactory.create(code="NGOAI_PHAM_VI")

    refused = handover.refuse(
        waiting, by=desk, at=LATER, reason=reason, text="  Xin liên hệ nơi khác. "
    )

    assert refused.status == Status.REFUSED
    assert (refused.refusal_reason, refused.refusal_text) == (
        reason,
        "Xin liên hệ nơi khác.",
    )
    assert refused.events.latest("sequence").note.text == "Xin liên hệ nơi khác."
    assert told(waiting) == ["received", "refused"]
    assert not running(waiting, Clock.Party.CITIZEN).exists()
    assert not Report.objects.public().exists()


@pytest.mark.parametrize(
    ("has_reason", "text", "field"),
    [(False, "No", "refusal_reason"), (True, "  ", "refusal_text")],
)
def test_nothing_is_refused_without_a_reason_and_a_text(
    waiting, desk, has_reason, text, field
):
    reason = RefusalReasonFactory.create() if has_reason else None

    with pytest.raises(Missing) as refused:
        handover.refuse(waiting, by=desk, at=LATER, reason=reason, text=text)

    assert refused.value.field == field
    waiting.refresh_from_db()
    assert waiting.status == Status.RECEIVED
    assert told(waiting) == ["received"]


def test_that_something_is_missing_is_a_reason_only_once_one_asked(waiting, desk):
    reason = RefusalReasonFactory.create(code="THIEU_THONG_TIN")
    with pytest.raises(Missing) as refused:
        handover.refuse(waiting, by=desk, at=LATER, reason=reason, text="Thiếu")
    assert refused.value.field == "refusal_reason"
    waiting.refresh_from_db()
    assert waiting.status == Status.RECEIVED

    handover.ask_for_information(waiting, by=desk, at=LATER, text="Ở đâu?")
    for early in (LATER, LATER + timedelta(days=7)):
        with pytest.raises(Missing) as refused:
            handover.refuse(waiting, by=desk, at=early, reason=reason, text="Thiếu")
        assert refused.value.field == "refusal_reason"
    late = LATER + timedelta(days=8)
    handover.refuse(waiting, by=desk, at=late, reason=reason, text="Thiếu")

    waiting.refresh_from_db()
    assert waiting.status == Status.REFUSED


def test_asking_for_information_tells_the_reporter(waiting, desk):
    asked = handover.ask_for_information(
        waiting, by=desk, at=LATER, text="Gần số nhà nào?"
    )

    assert asked.status == Status.INFO_REQUESTED
    assert told(waiting) == ["received", "info_requested"]


def test_what_the_reporter_adds_counts_the_expected_date_anew(waiting, desk):
    handover.ask_for_information(waiting, by=desk, at=LATER, text="Ở đâu?")
    answered_at = JULY + timedelta(days=10)

    given = handover.give_information(waiting, at=answered_at, text="Số 12")

    assert given.status == Status.RECEIVED
    clock = given.clocks.get()
    assert not clock.is_firm
    assert clock.due_at == datetime(2025, 7, 25, 16, 59, 59, tzinfo=UTC)


def test_information_is_asked_for_before_the_first_transfer_only(telling, desk):
    transferred = receive(telling, channel="portal", at=JULY).report

    with pytest.raises(NotNow):
        handover.ask_for_information(transferred, by=desk, at=LATER, text="Where?")


def test_a_problem_is_not_ended_by_an_answer(waiting, desk):
    with pytest.raises(NotNow):
        handover.answer(waiting, by=desk, at=LATER, text="Từ 7 giờ 30.")

    waiting.refresh_from_db()
    assert waiting.status == Status.RECEIVED


def test_an_answer_at_the_desk_ends_a_question(waiting, desk):
    Report.objects.filter(pk=waiting.pk).update(kind=Report.Kind.QUESTION)

    answered = handover.answer(waiting, by=desk, at=LATER, text="Từ 7 giờ 30.")

    assert answered.status == Status.ANSWERED
    assert told(waiting) == ["received", "answered"]
    assert not running(waiting, Clock.Party.CITIZEN).exists()


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        (handover.thank, Status.THANKED),
        (handover.point_to_emergency, Status.EMERGENCY),
    ],
)
def test_thanks_and_emergencies_have_ends_of_their_own(waiting, desk, verb, status):
    ended = verb(waiting, by=desk, at=LATER)

    assert ended.status == status
    assert told(waiting)[-1] == status
    assert not running(waiting, Clock.Party.CITIZEN).exists()
    assert not Report.objects.public().exists()


def test_a_transfer_and_its_acknowledgement_are_one(waiting, proposed, desk):
    accepted = handover.accept(waiting, by=desk, at=LATER)

    sent = handover.transfer(accepted, to=proposed, by=desk, at=LATER)

    assert (sent.status, sent.organisation) == (Status.TRANSFERRED, proposed)
    kept = sent.transfers.get()
    assert (kept.sender, kept.organisation, kept.by) == (None, proposed, desk.user)
    assert kept.decision == sent.decisions.get()
    assert told(waiting) == ["received", "transferred"]
    event = sent.events.latest("sequence")
    assert event.arguments["organisation_code"] == "ubnd-a"
    assert broken_at(sent) is None


def test_a_transfer_whose_acknowledgement_fails_is_none(
    waiting, proposed, desk, monkeypatch
):
    accepted = handover.accept(waiting, by=desk, at=LATER)

    def fail(*_args, **_given):
        raise RuntimeError("the queue is away")

    monkeypatch.setattr("incidents.hands.tell", fail)

    with pytest.raises(RuntimeError):
        handover.transfer(accepted, to=proposed, by=desk, at=LATER)

    accepted.refresh_from_db()
    assert (accepted.status, accepted.organisation) == (Status.ACCEPTED, None)
    assert not accepted.transfers.exists()


def test_a_report_is_accepted_before_it_is_transferred(waiting, proposed, desk):
    with pytest.raises(NotNow):
        handover.transfer(waiting, to=proposed, by=desk, at=LATER)


def test_accepting_and_transferring_at_once_is_both_or_neither(waiting, proposed, desk):
    elsewhere = OrganisationFactory.create()

    with pytest.raises(Missing):
        handover.accept_and_transfer(waiting, to=elsewhere, by=desk, at=LATER)
    waiting.refresh_from_db()
    assert waiting.status == Status.RECEIVED
    handover.accept_and_transfer(waiting, to=proposed, by=desk, at=LATER)

    waiting.refresh_from_db()
    assert waiting.status == Status.TRANSFERRED


def test_the_citizen_s_date_is_firm_from_the_first_transfer_and_stays(
    waiting, proposed, desk
):
    accepted = handover.accept(waiting, by=desk, at=LATER)
    handover.transfer(accepted, to=proposed, by=desk, at=LATER)
    first = accepted.clocks.get(party="citizen")
    week_on = LATER + timedelta(days=7)

    handover.transfer(
        accepted, to=OrganisationFactory.create(), by=desk, at=week_on, reason="Theirs"
    )

    again = accepted.clocks.get(party="citizen")
    assert first.is_firm
    assert first.due_at == again.due_at
    assert first.due_at == datetime(2025, 7, 17, 16, 59, 59, tzinfo=UTC)


def test_the_unit_s_clock_starts_with_each_transfer(waiting, proposed, desk):
    accepted = handover.accept(waiting, by=desk, at=LATER)
    handover.transfer(accepted, to=proposed, by=desk, at=LATER)
    other = OrganisationFactory.create()
    week_on = LATER + timedelta(days=7)

    handover.transfer(accepted, to=other, by=desk, at=week_on, reason="Theirs")

    stopped, runs = accepted.clocks.filter(party="unit").order_by("pk")
    assert (stopped.organisation, stopped.stopped_at) == (proposed, week_on)
    assert (runs.organisation, runs.stopped_at) == (other, None)
    assert runs.started_at == week_on


def test_who_has_a_case_is_not_given_it_again_with_another_five_days(
    waiting, proposed, desk
):
    handover.accept_and_transfer(waiting, to=proposed, by=desk, at=LATER)
    before = list(waiting.clocks.order_by("pk").values())
    week_on = LATER + timedelta(days=7)

    with pytest.raises(NotNow):
        handover.transfer(waiting, to=proposed, by=desk, at=week_on)

    assert list(waiting.clocks.order_by("pk").values()) == before


def test_another_unit_than_the_one_proposed_needs_a_reason_which_is_kept(waiting, desk):
    accepted = handover.accept(waiting, by=desk, at=LATER)
    other = OrganisationFactory.create()

    with pytest.raises(Missing) as refused:
        handover.transfer(accepted, to=other, by=desk, at=LATER, reason=" ")
    assert refused.value.field == "reason"
    handover.transfer(accepted, to=other, by=desk, at=LATER, reason="A city road")

    assert accepted.transfers.get().reason == "A city road"


def test_where_no_unit_is_proposed_none_is_overruled(desk):
    case = CaseFactory.create(status=Status.ACCEPTED)

    sent = handover.transfer(case, to=OrganisationFactory.create(), by=desk, at=LATER)

    assert sent.status == Status.TRANSFERRED


def test_a_unit_that_is_no_more_gets_nothing(desk):
    case = CaseFactory.create(status=Status.ACCEPTED)
    gone = OrganisationFactory.create(
        validity=DateRange(date(2000, 1, 1), date(2025, 7, 1))
    )

    with pytest.raises(Missing) as refused:
        handover.transfer(case, to=gone, by=desk, at=LATER)

    assert refused.value.field == "organisation"


def test_a_unit_returns_a_case_with_a_reason_and_the_citizen_s_clock_runs_on(
    telling, desk
):
    report = receive(telling, channel="portal", at=JULY).report
    unit = report.organisation

    back = handover.send_back(
        report,
        by=focal_point(unit),
        at=LATER,
        reason=ReturnReasonFactory.create(code="OTHER_OWNER"),
        text="Belongs to the city",
    )

    assert (back.status, back.organisation) == (Status.RETURNED, None)
    last = back.transfers.latest("pk")
    assert (last.sender, last.organisation) == (unit, None)
    assert last.reason == "Belongs to the city"
    assert last.return_reason.code == "OTHER_OWNER"
    assert running(back, "citizen").exists()
    assert not running(back, "unit").exists()
    event = back.events.latest("sequence")
    assert event.arguments["organisation_code"] == unit.code
    assert told(report) == ["transferred"]


def test_a_returned_case_goes_on_to_another_unit(telling, desk):
    report = receive(telling, channel="portal", at=JULY).report
    handover.send_back(
        report,
        by=focal_point(report.organisation),
        at=LATER,
        reason=ReturnReasonFactory.create(),
        text="Not ours",
    )
    other = OrganisationFactory.create()

    sent = handover.transfer(report, to=other, by=desk, at=LATER, reason="City road")

    assert sent.organisation == other
    assert sent.transfers.latest("pk").sender is None
    assert told(report) == ["transferred", "transferred"]


def test_a_case_taken_from_a_unit_names_it_as_sender(telling, desk):
    report = receive(telling, channel="portal", at=JULY).report
    other = OrganisationFactory.create()

    handover.transfer(report, to=other, by=desk, at=LATER, reason="City road")

    assert report.transfers.latest("pk").sender.code == "ubnd-a"


def test_only_the_desk_accepts_refuses_and_transfers(telling):
    report = receive(telling, channel="portal", at=JULY).report
    unit = report.organisation
    theirs = focal_point(unit)
    case = CaseFactory.create(status=Status.RECEIVED)
    tries = [
        lambda: handover.accept(case, by=theirs, at=LATER),
        lambda: handover.thank(case, by=theirs, at=LATER),
        lambda: handover.answer(case, by=theirs, at=LATER, text="So"),
        lambda: handover.transfer(report, to=unit, by=theirs, at=LATER),
    ]

    for attempt in tries:
        with pytest.raises(NotAllowed):
            attempt()


def test_who_did_it_stands_in_the_history(waiting, desk):
    handover.accept(waiting, by=desk, at=LATER)

    event = waiting.events.latest("sequence")
    assert (event.code, event.by, event.at) == (Event.Code.ACCEPTED, desk.user, LATER)
