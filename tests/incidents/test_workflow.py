from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from incidents import handover
from incidents.errors import (
    ChangedMeanwhile,
    ClaimedByAnother,
    Missing,
    NotAllowed,
    NotNow,
)
from incidents.history import broken_at
from incidents.models import Event, Membership, Report, Status
from incidents.models.status import ENDED, GROUPS, IN_HAND
from incidents.permissions import Side
from incidents.workflow import CLAIM_HOLDS, STEPS, open_steps, take
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    ReportFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

ALLOWED = [
    pytest.param(name, source, id=f"{name}-from-{source}")
    for name, step in STEPS.items()
    for source in sorted(step.sources)
]
REFUSED = [
    pytest.param(name, source, id=f"{name}-from-{source}")
    for name, step in STEPS.items()
    for source in sorted(set(Status) - step.sources)
]
NEEDED = [
    pytest.param(name, need, id=f"{name}-without-{need}")
    for name, step in STEPS.items()
    for need in step.needs
]
#: A case can be brought so far only through these.
START = Status.RECEIVED


def given_with(name):
    """Everything that a step may need, and the dates it sets."""
    unit = OrganisationFactory.create()
    everything = {
        "text": "Said",
        "organisation": unit,
        "refusal_reason": RefusalReasonFactory.create(),
        "refusal_text": "Said",
        "public_title": "A hole",
        "paused_until": JULY.date() + timedelta(days=9),
        "committed_on": JULY.date() + timedelta(days=9),
        "outcome": "fixed",
        "master": ReportFactory.create(),
        "accepted_at": JULY,
        "working_days": 2,
        "due_on": JULY.date() + timedelta(days=9),
        "return_reason": ReturnReasonFactory.create(),
        "approval": "not_true",
        "part": unit,
    }
    given = {need: everything[need] for need in STEPS[name].needs}
    if STEPS[name].target in {Status.ACCEPTED, Status.ANSWERED}:
        given["accepted_at"] = JULY
    if STEPS[name].target == Status.RESOLVED:
        given["resolved_at"] = JULY
    return given


def one_side(name):
    return sorted(STEPS[name].sides)[0]


@pytest.mark.parametrize(("name", "source"), ALLOWED)
def test_a_step_leads_from_each_of_its_sources_to_its_target(name, source):
    step = STEPS[name]
    case = CaseFactory.create(status=source, **step.stands)

    with transaction.atomic():
        taken = take(name, case, by=one_side(name), at=JULY, **given_with(name))

    case.refresh_from_db()
    assert case.status == (step.target or source)
    assert (case.version, taken.was) == (2, source)
    event = case.events.latest("sequence")
    assert event.code == step.event
    assert (event.visibility == Event.Visibility.REPORTER) is step.is_open
    assert broken_at(case) is None


@pytest.mark.parametrize(("name", "source"), REFUSED)
def test_a_step_is_refused_from_anywhere_else(name, source):
    case = CaseFactory.create(status=source)

    with pytest.raises(NotNow):
        take(name, case, by=one_side(name), at=JULY, **given_with(name))

    case.refresh_from_db()
    assert (case.status, case.version) == (source, 1)
    assert case.events.count() == 1


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_refused_to_every_other_side(name):
    case = CaseFactory.create(status=sorted(STEPS[name].sources)[0])

    for side in set(Side) - STEPS[name].sides:
        with pytest.raises(NotAllowed):
            take(name, case, by=side, at=JULY, **given_with(name))

    case.refresh_from_db()
    assert case.version == 1


@pytest.mark.parametrize(("name", "need"), NEEDED)
def test_a_step_without_what_it_needs_is_refused_and_says_what(name, need):
    step = STEPS[name]
    case = CaseFactory.create(status=sorted(step.sources)[0], **step.stands)
    given = given_with(name) | {need: "  " if need == "text" else None}

    with pytest.raises(Missing) as refused:
        take(name, case, by=one_side(name), at=JULY, **given)

    assert refused.value.field == need
    case.refresh_from_db()
    assert case.version == 1


def test_every_state_can_be_reached_but_those_of_later_stages():
    reached, grew = {START, Status.TRANSFERRED}, True
    while grew:
        before = len(reached)
        reached |= {
            step.target
            for step in STEPS.values()
            if step.target and step.sources & reached
        }
        grew = len(reached) > before

    assert set(Status) - reached == {Status.CLOSED}


def test_nothing_leads_out_of_an_end_but_a_reopening_and_a_title():
    leading = {
        name for name, step in STEPS.items() if step.sources & ENDED and step.target
    }

    assert leading == {"reopen"}


def test_every_state_has_exactly_one_of_the_four_words():
    told = [state for members in GROUPS.values() for state in members]

    assert sorted(told) == sorted(Status)


def test_no_step_needs_a_unit_to_come_into_hands_but_the_transfer():
    into_hands = {
        name
        for name, step in STEPS.items()
        if step.target in IN_HAND and not step.sources <= IN_HAND
    }

    assert into_hands == {
        "transfer",
        "transfer_finally",
        "transfer_itself",
        "take_up",
        "reopen",
        "announce",
    }


def test_the_steps_open_now_are_those_of_ones_own_side():
    case = ReportFactory.build(status=Status.TRANSFERRED)

    own = set(open_steps(case, frozenset({Side.REPORTER})))
    assert own == {"withdraw", "reply", "remind", "give_location"}
    assert {"acknowledge", "start", "send_back", "note"} <= set(
        open_steps(case, frozenset({Side.UNIT}))
    )
    assert open_steps(case, frozenset()) == []


def test_a_step_is_taken_inside_the_transaction_of_its_verb(monkeypatch):
    case = CaseFactory.create()
    connection = transaction.get_connection()
    monkeypatch.setattr(connection, "in_atomic_block", False)

    with pytest.raises(RuntimeError, match="transaction of its verb"):
        take("claim", case, by=Side.DESK, at=JULY)


def test_whoever_read_an_older_version_must_look_again():
    case, desk = CaseFactory.create(status=Status.RECEIVED), operator()
    seen = case.version
    handover.accept(case, by=desk, at=JULY, version=seen)

    with pytest.raises(ChangedMeanwhile):
        handover.claim(case, by=desk, at=JULY, version=seen)


def test_a_case_on_one_operator_s_screen_is_left_alone_by_the_other():
    case, mine, other = CaseFactory.create(status="received"), operator(), operator()
    stale = Report.objects.get(pk=case.pk)
    handover.claim(case, by=mine, at=JULY)
    later = JULY + timedelta(minutes=1)
    reason = RefusalReasonFactory.create()
    tries = [
        lambda: handover.claim(stale, by=other, at=later),
        lambda: handover.release(stale, by=other, at=later),
        lambda: handover.accept(stale, by=other, at=later),
        lambda: handover.refuse(stale, by=other, at=later, reason=reason, text="No"),
        lambda: handover.ask_for_information(stale, by=other, at=later, text="Where?"),
        lambda: handover.answer(stale, by=other, at=later, text="So"),
        lambda: handover.thank(stale, by=other, at=later),
        lambda: handover.point_to_emergency(stale, by=other, at=later),
    ]

    for attempt in tries:
        with pytest.raises(ClaimedByAnother):
            attempt()

    assert handover.accept(case, by=mine, at=later).status == Status.ACCEPTED


def test_a_claim_runs_out_after_a_quarter_of_an_hour():
    case, mine, other = CaseFactory.create(status="received"), operator(), operator()
    claimed = handover.claim(case, by=mine, at=JULY)

    later = handover.claim(claimed, by=other, at=JULY + CLAIM_HOLDS)

    assert later.claimed_by == other.user


def test_a_released_case_is_free_for_anyone_at_the_desk():
    case, mine, other = CaseFactory.create(status="received"), operator(), operator()
    claimed = handover.claim(case, by=mine, at=JULY)

    released = handover.release(claimed, by=mine, at=JULY, version=claimed.version)

    assert released.claimed_by is None
    assert handover.claim(released, by=other, at=JULY).claimed_by == other.user


def test_a_unit_may_not_release_what_an_operator_holds():
    case = CaseFactory.create(status=Status.TRANSFERRED)
    handover.claim(case, by=operator(), at=JULY)

    with pytest.raises(NotAllowed):
        handover.release(case, by=focal_point(case.organisation), at=JULY)


@pytest.mark.django_db(transaction=True)
def test_two_operators_at_one_moment_transfer_a_report_once():
    case = CaseFactory.create(status=Status.ACCEPTED)
    unit = OrganisationFactory.create()
    desks = [operator() for _ in range(6)]

    def hand_over(desk):
        try:
            handover.transfer(
                case, to=unit, by=desk, at=JULY, reason="It is theirs", version=1
            )
        except ChangedMeanwhile:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(hand_over, desks))

    assert done.count(True) == 1
    assert case.transfers.count() == 1
    assert broken_at(case) is None


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "lost"}, "report_status_is_one_of_the_machine"),
        (
            {"status": "refused", "refusal_text": "No"},
            "report_is_refused_with_reason_and_text",
        ),
        ({"status": "transferred"}, "report_in_hand_has_a_unit"),
        ({"status": "in_progress"}, "report_in_hand_has_a_unit"),
        ({"status": "awaiting"}, "report_in_hand_has_a_unit"),
        ({"status": "resolved"}, "report_is_resolved_at_a_moment"),
        ({"status": "accepted", "accepted_at": None}, "report_waits_or_has_been"),
        ({"status": "duplicate"}, "duplicate_report_names_its_master"),
        ({"point": None}, "report_point_agrees_with_its_source"),
        ({"public_point": None}, "report_public_point_stands_beside_the_point"),
        ({"place_source": "ward"}, "report_point_agrees_with_its_source"),
    ],
)
def test_the_database_refuses_what_the_code_would_never_write(change, constraint):
    report = ReportFactory.create(status=Status.ACCEPTED)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(**change)


def test_the_database_refuses_a_refusal_without_a_text():
    reason = RefusalReasonFactory.create()
    report = ReportFactory.create()

    with (
        pytest.raises(IntegrityError, match="refused_with_reason_and_text"),
        transaction.atomic(),
    ):
        Report.objects.filter(pk=report.pk).update(
            status="refused", refusal_reason=reason, refusal_text=""
        )


def test_the_database_refuses_a_pause_without_a_day():
    report = ReportFactory.create(status=Status.IN_PROGRESS)

    with (
        pytest.raises(IntegrityError, match="paused_until_a_day"),
        transaction.atomic(),
    ):
        Report.objects.filter(pk=report.pk).update(status="paused")


@pytest.mark.parametrize("role", ["auditor", "city_leader", "administrator"])
def test_who_only_watches_takes_no_step(role):
    centre = OrganisationFactory.create(type="operator")
    watcher = somebody(Membership.Role(role), centre)

    for status in Status:
        case = ReportFactory.create(status=status)
        assert open_steps(case, watcher.sides(case)) == []
