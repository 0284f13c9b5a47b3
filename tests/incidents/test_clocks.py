"""Clocks of a case: urgent ones by the minute, pauses, one extension, commitments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from incidents import (
    correcting,
    duplicates,
    grouping,
    handover,
    resolution,
    watching,
    work,
)
from incidents.deadlines import calendar_of, due, read_deadlines
from incidents.errors import CommitFirst, ExtendedAlready, Missing, NotAllowed, NotNow
from incidents.intake import receive
from incidents.models import (
    Category,
    Clock,
    ClockPause,
    DeadlineRule,
    Incident,
    Report,
    Status,
    Target,
)
from tests.factories import (
    LeafFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

TARGETS = {
    ("urgent", "accept"): (5, "minutes"),
    ("urgent", "acknowledge"): (30, "minutes"),
    ("urgent", "safe"): (240, "minutes"),
    ("high", "done"): (1440, "minutes"),
    ("complex", "answer"): (5, "days"),
}


def local(said: str) -> datetime:
    return datetime.fromisoformat(f"{said}+07:00")


#: The first night of Tết 2026: no office works, and danger does not wait.
TET_NIGHT = local("2026-02-17T02:10")
MONDAY = local("2026-03-02T09:00")


@pytest.fixture
def targets(wards):
    for (urgency, step), (amount, unit) in TARGETS.items():
        DeadlineRule.objects.create(
            starts_on=date(2000, 1, 1),
            legal_basis="An internal target",
            urgency=urgency,
            step=step,
            amount=amount,
            unit=unit,
            is_target=True,
        )


@pytest.fixture
def filed(telling, targets):
    """File a report of an urgency, which goes by itself unless told otherwise."""

    def file(urgency: str, *, at: datetime, by_hand: bool = False) -> Report:
        Category.objects.filter(pk=telling.category.pk).update(urgency=urgency)
        telling.category.refresh_from_db()
        return receive(
            replace(telling, by_hand=by_hand), channel="hotline", at=at
        ).report

    return file


def aims(report: Report) -> dict[str, tuple[datetime, datetime | None]]:
    """Each internal target of a case: when it is due, and when it was stopped."""
    rows = report.clocks.filter(party="target").order_by("pk")
    return {row.step: (row.due_at, row.stopped_at) for row in rows}


def unit_clock(report: Report) -> Clock:
    return report.clocks.running().get(party="unit")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_urgent_clocks_run_by_the_clock_at_night_and_on_tet(filed):
    report = filed("urgent", at=TET_NIGHT)

    assert aims(report) == {
        "acknowledge": (local("2026-02-17T02:40"), None),
        "safe": (local("2026-02-17T06:10"), None),
    }
    assert not report.clocks.filter(party="target", is_firm=True).exists()


def test_at_the_desk_an_urgent_one_is_passed_on_in_five_minutes(filed):
    report = filed("urgent", at=TET_NIGHT, by_hand=True)
    desk, unit = operator(), OrganisationFactory.create()
    moved = TET_NIGHT + minutes(3)

    handover.accept_and_transfer(report, to=unit, by=desk, at=moved, reason="Theirs")

    assert aims(report) == {
        "accept": (TET_NIGHT + minutes(5), moved),
        "safe": (TET_NIGHT + minutes(240), None),
        "acknowledge": (moved + minutes(30), None),
    }


def test_accepting_alone_does_not_meet_the_operators_target(filed):
    report = filed("urgent", at=TET_NIGHT, by_hand=True)

    handover.accept(report, by=operator(), at=TET_NIGHT + minutes(1))

    assert aims(report)["accept"] == (TET_NIGHT + minutes(5), None)


@pytest.mark.parametrize("step", ["acknowledge", "start", "send_back"])
def test_the_unit_meets_its_half_hour_by_taking_or_returning_the_case(filed, step):
    report = filed("urgent", at=TET_NIGHT)
    unit, at = focal_point(report.organisation), TET_NIGHT + minutes(12)
    said = {"text": "Not ours", "reason": ReturnReasonFactory.create()}

    verb = handover.send_back if step == "send_back" else getattr(work, step)
    verb(report, by=unit, at=at, **(said if step == "send_back" else {}))

    assert aims(report)["acknowledge"] == (TET_NIGHT + minutes(30), at)
    assert aims(report)["safe"][1] is None


def test_a_returned_case_gives_the_operators_five_minutes_anew(filed):
    report = filed("urgent", at=TET_NIGHT)
    at = TET_NIGHT + minutes(20)

    handover.send_back(
        report,
        by=focal_point(report.organisation),
        at=at,
        reason=ReturnReasonFactory.create(),
        text="Not ours",
    )

    assert aims(report)["accept"] == (at + minutes(5), None)
    assert aims(report)["safe"] == (TET_NIGHT + minutes(240), None)


def test_danger_is_over_when_the_unit_says_so_and_the_work_goes_on(filed):
    report = filed("urgent", at=TET_NIGHT)
    unit, at = focal_point(report.organisation), TET_NIGHT + minutes(90)

    safe = work.make_safe(report, by=unit, at=at, text="Fenced off")

    assert aims(report)["safe"] == (TET_NIGHT + minutes(240), at)
    assert safe.status == Status.TRANSFERRED
    assert safe.events.latest("sequence").code == "made_safe"
    with pytest.raises(NotNow):
        work.make_safe(report, by=unit, at=at + minutes(1), text="Again")


@pytest.mark.parametrize(
    ("outcome", "is_safe"), [("fixed", True), ("temporary", True), ("planned", False)]
)
def test_a_result_ends_the_danger_where_it_says_that_it_does(filed, outcome, is_safe):
    report = filed("urgent", at=TET_NIGHT)
    unit, at = focal_point(report.organisation), TET_NIGHT + minutes(100)

    resolution.file_result(
        report,
        by=unit,
        at=at,
        outcome=outcome,
        text="Done",
        no_photo_because="Dark",
    )

    assert (aims(report)["safe"][1] == at) is is_safe


def test_asking_the_reporter_stops_every_clock_but_that_of_the_danger(filed):
    report = filed("urgent", at=TET_NIGHT, by_hand=True)
    asked, told = TET_NIGHT + minutes(2), TET_NIGHT + minutes(50)

    handover.ask_for_information(report, by=operator(), at=asked, text="Where?")
    stands = report.clocks.running().values_list("step", flat=True)
    assert list(stands) == ["safe"]
    handover.give_information(report, at=told, text="At the market")

    running = {each.step or each.party: each for each in report.clocks.running()}
    assert set(running) == {"citizen", "accept", "safe"}
    assert running["accept"].due_at == told + minutes(5)
    assert running["safe"].due_at == TET_NIGHT + minutes(240)


def test_high_has_a_day_and_complex_a_first_answer_in_five_working_days(filed):
    high = filed("high", at=TET_NIGHT)
    hard = filed("complex", at=local("2026-02-12T10:00"))
    usual = filed("normal", at=TET_NIGHT)

    assert aims(high) == {"done": (TET_NIGHT + timedelta(days=1), None)}
    assert aims(hard) == {"answer": (local("2026-02-26T23:59:59"), None)}
    assert aims(usual) == {}


def test_a_complex_case_is_promised_for_a_day_before_it_is_late(filed):
    report = filed("complex", at=MONDAY)
    unit, at = focal_point(report.organisation), MONDAY + timedelta(days=1)
    due_at = unit_clock(report).due_at

    kept = work.commit_to(
        report, by=unit, at=at, until=date(2026, 3, 20), text="Needs a new pump"
    )

    assert kept.committed_on == date(2026, 3, 20)
    assert aims(report)["answer"][1] == at
    assert unit_clock(report).due_at == due_at


def test_a_new_category_brings_its_own_targets_and_ends_the_others(filed, telling):
    report = filed("urgent", at=TET_NIGHT, by_hand=True)
    calm = LeafFactory.create(urgency="high")
    at = TET_NIGHT + minutes(4)

    correcting.reclassify(
        report, category=calm, by=operator(), at=at, reason="It is a pothole"
    )

    assert aims(report) == {
        "accept": (TET_NIGHT + minutes(5), at),
        "safe": (TET_NIGHT + minutes(240), at),
        "done": (at + timedelta(days=1), None),
    }


def test_filing_what_is_urgent_costs_no_statement_more(filed):
    counts = []
    for urgency in ("normal", "urgent"):
        with CaptureQueriesContext(connection) as ran:
            filed(urgency, at=TET_NIGHT)
        counts.append(len(ran))

    assert counts[0] == counts[1]


def test_deadlines_held_in_memory_find_the_targets_that_a_filing_finds(filed):
    report = filed("urgent", at=TET_NIGHT)
    held = read_deadlines()
    category = Category.objects.select_related("branch").get(pk=report.category_id)

    for clock in report.clocks.filter(party="target"):
        found = held.rule(category, on=date(2026, 2, 17), step=clock.step)
        assert found == clock.rule


def test_a_pause_leaves_out_the_whole_days_between_its_first_and_its_last():
    calendar = calendar_of([])
    nine = local("2026-03-02T09:00")
    pause = (local("2026-03-03T10:00"), local("2026-03-06T00:00"))

    found = due(nine, working_days=5, calendar=calendar, pauses=[pause])

    # Wednesday the 4th and Thursday the 5th do not count: two working days later.
    assert found.due_at == local("2026-03-11T23:59:59")


def test_a_pause_moves_the_units_date_and_never_the_citizens(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY + minutes(60))
    citizens = report.clocks.get(party="citizen").due_at

    work.pause(
        report,
        by=unit,
        at=local("2026-03-03T10:00"),
        until=date(2026, 3, 6),
        text="Waits for the pump",
    )

    assert unit_clock(report).due_at == local("2026-03-11T23:59:59")
    assert report.clocks.get(party="citizen").due_at == citizens
    pause = ClockPause.objects.get()
    assert (pause.began_at, pause.until, pause.ended_at) == (
        local("2026-03-03T10:00"),
        date(2026, 3, 6),
        None,
    )


def test_work_resumed_sooner_gives_back_the_days_that_were_not_needed(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY)
    tuesday, thursday = local("2026-03-03T10:00"), local("2026-03-05T15:00")
    work.pause(report, by=unit, at=tuesday, until=date(2026, 3, 27), text="Rain")

    work.resume(report, by=unit, at=thursday)

    # Only the Wednesday was lost.
    assert unit_clock(report).due_at == local("2026-03-10T23:59:59")
    assert ClockPause.objects.get().ended_at == thursday


def test_a_result_filed_during_a_pause_ends_it(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY)
    at = local("2026-03-03T10:00")
    work.pause(report, by=unit, at=at, until=date(2026, 3, 27), text="Rain")

    resolution.propose_result(
        report,
        by=unit,
        at=at + minutes(30),
        outcome="fixed",
        text="Done",
        no_photo_because="Rain",
    )

    assert ClockPause.objects.get().ended_at == at + minutes(30)
    assert unit_clock(report).due_at == local("2026-03-09T23:59:59")


def test_nobody_pauses_for_longer_than_the_city_lets_them(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY)

    with pytest.raises(Missing) as refused:
        work.pause(report, by=unit, at=MONDAY, until=date(2026, 5, 2), text="Later")

    assert refused.value.field == "paused_until"


def test_the_leader_gives_the_unit_more_days_once_and_the_reporter_reads_of_it(filed):
    report = filed("normal", at=MONDAY)
    leader = somebody("leader", report.organisation)
    citizens = report.clocks.get(party="citizen").due_at

    given = work.extend(
        report, by=leader, at=MONDAY + minutes(5), working_days=3, text="A new pipe"
    )

    assert unit_clock(report).due_at == local("2026-03-12T23:59:59")
    assert report.clocks.get(party="citizen").due_at == citizens
    event = given.events.latest("sequence")
    assert (event.code, event.visibility) == ("extended", "reporter")
    assert event.label == "Gia hạn đến 12/03/2026"
    with pytest.raises(ExtendedAlready):
        work.extend(report, by=leader, at=MONDAY, working_days=1, text="One more")


def test_who_stands_above_the_unit_may_extend_and_its_focal_point_may_not(filed):
    report = filed("normal", at=MONDAY)
    above = OrganisationFactory.create(type="department")
    report.organisation.parent = above
    report.organisation.save()

    with pytest.raises(NotAllowed):
        work.extend(
            report,
            by=focal_point(report.organisation),
            at=MONDAY,
            working_days=1,
            text="More",
        )
    work.extend(
        report, by=somebody("leader", above), at=MONDAY, working_days=1, text="More"
    )

    assert unit_clock(report).extension.working_days == 1


@pytest.mark.parametrize("days", [0, 6])
def test_an_extension_is_of_as_many_days_as_the_city_allows(filed, days):
    report = filed("normal", at=MONDAY)
    leader = somebody("leader", report.organisation)

    with pytest.raises(Missing) as refused:
        work.extend(report, by=leader, at=MONDAY, working_days=days, text="More")

    assert refused.value.field == "working_days"


def test_what_is_late_is_not_extended(filed):
    report = filed("normal", at=MONDAY)
    leader = somebody("leader", report.organisation)
    late = local("2026-03-10T08:00")

    with pytest.raises(NotNow):
        work.extend(report, by=leader, at=late, working_days=2, text="More")


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("verify", {}),
        ("start", {}),
        ("pause", {"until": date(2026, 3, 20), "text": "Rain"}),
        ("write_to_reporter", {"text": "Soon"}),
    ],
)
def test_after_the_date_a_commitment_comes_before_other_steps(filed, verb, said):
    report = filed("normal", at=MONDAY)
    unit, late = focal_point(report.organisation), local("2026-03-10T00:01")
    work.acknowledge(report, by=unit, at=late)

    with pytest.raises(CommitFirst):
        getattr(work, verb)(report, by=unit, at=late, **said)
    until = date(2026, 3, 16)
    work.commit_to(report, by=unit, at=late, until=until, text="The pump is here")

    assert getattr(work, verb)(report, by=unit, at=late, **said)


def test_a_commitment_that_was_not_kept_asks_for_another(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    late = local("2026-03-10T09:00")
    work.acknowledge(report, by=unit, at=MONDAY)
    work.commit_to(report, by=unit, at=late, until=date(2026, 3, 12), text="Soon")

    work.start(report, by=unit, at=local("2026-03-12T23:00"))
    with pytest.raises(CommitFirst):
        work.write_to_reporter(
            report, by=unit, at=local("2026-03-13T00:00"), text="Sorry"
        )


def test_late_or_not_a_unit_takes_returns_reports_and_files(filed):
    late = local("2026-03-10T09:00")
    taken, back, done = (filed("normal", at=MONDAY) for _ in range(3))
    unit = focal_point(taken.organisation)

    work.acknowledge(taken, by=unit, at=late)
    work.note_progress(taken, by=unit, at=late, text="Half done")
    reason = ReturnReasonFactory.create()
    handover.send_back(back, by=unit, at=late, reason=reason, text="Not ours")
    filed_ = resolution.file_result(
        done, by=unit, at=late, outcome="answered", text="Done"
    )

    assert filed_.status == Status.AWAITING


def test_a_target_that_was_missed_makes_no_case_late(filed):
    report = filed("urgent", at=MONDAY)
    unit, at = focal_point(report.organisation), MONDAY + minutes(600)
    work.acknowledge(report, by=unit, at=at)

    assert work.start(report, by=unit, at=at).status == Status.IN_PROGRESS
    with pytest.raises(NotNow):
        work.commit_to(report, by=unit, at=at, until=date(2026, 3, 4), text="Soon")


def test_the_database_keeps_targets_apart_from_deadlines(filed):
    clock = filed("urgent", at=MONDAY).clocks.filter(party="target").first()

    for changed in ({"is_firm": True}, {"step": ""}, {"party": "citizen"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Clock.objects.filter(pk=clock.pk).update(**changed)


def test_every_target_of_the_shipped_city_is_one_that_a_step_measures(settings):
    lines = (settings.CITY_DIR / "deadlines.csv").read_text("utf-8").splitlines()
    steps = {line.split(",")[2] for line in lines[1:]} - {""}

    assert steps == set(Target.values)
    assert set(settings.CITY.clocks.minutes) == steps


def test_a_pause_whose_end_nobody_noted_for_days_gives_no_day_more(filed):
    report = filed("normal", at=MONDAY)
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY)
    until = date(2026, 3, 5)
    work.pause(report, by=unit, at=MONDAY, until=until, text="Rain")
    promised = unit_clock(report).due_at

    watching.end_pauses(at=local("2026-03-09T08:00"))

    assert unit_clock(report).due_at == promised


def test_a_pause_outlasts_a_joining_that_was_undone_and_ends_on_its_day(filed):
    report, other = (filed("normal", at=MONDAY) for _turn in range(2))
    unit, desk = focal_point(report.organisation), operator()
    work.acknowledge(report, by=unit, at=MONDAY)
    work.pause(report, by=unit, at=MONDAY, until=date(2026, 3, 6), text="Rain")
    promised = unit_clock(report).due_at
    tuesday, friday = local("2026-03-03T10:00"), local("2026-03-06T00:00")
    duplicates.merge(report, into=other, by=desk, at=tuesday)

    apart = duplicates.unmerge(report, by=desk, at=tuesday + minutes(30))

    assert ClockPause.objects.get().ended_at is None
    assert (apart.status, unit_clock(report).due_at) == ("paused", promised)
    assert watching.end_pauses(at=friday) == 1
    assert ClockPause.objects.get().ended_at == friday


def test_work_that_stops_within_an_incident_goes_on_by_itself(filed):
    head, report = (filed("normal", at=MONDAY) for _turn in range(2))
    unit = focal_point(report.organisation)
    work.acknowledge(report, by=unit, at=MONDAY)
    incident = headed_by(head)
    grouping.add(incident, [report], by=operator(), at=MONDAY)

    work.pause(report, by=unit, at=MONDAY, until=date(2026, 3, 5), text="Rain")

    assert watching.end_pauses(at=local("2026-03-05T00:00")) == 1
    report.refresh_from_db()
    assert report.status == "in_progress"


def test_what_is_put_with_an_incident_while_it_is_paused_leaves_no_pause_behind(filed):
    report, head = (filed("normal", at=MONDAY) for _turn in range(2))
    work.acknowledge(report, by=focal_point(report.organisation), at=MONDAY)
    by = {"by": focal_point(report.organisation), "text": "Rain"}
    work.pause(report, at=MONDAY, until=date(2026, 3, 27), **by)
    tuesday, friday = local("2026-03-03T10:00"), local("2026-03-06T10:00")

    grouping.add(headed_by(head), [report], by=operator(), at=tuesday)
    work.resume(report, by=by["by"], at=tuesday)
    grouping.take_out(report, by=operator(), at=tuesday)

    assert ClockPause.objects.get().ended_at == tuesday
    assert unit_clock(report).due_at == local("2026-03-09T23:59:59")
    work.pause(report, at=tuesday, until=date(2026, 3, 6), **by)
    work.resume(report, by=by["by"], at=friday)
    assert not ClockPause.objects.filter(ended_at=None).exists()
    assert unit_clock(report).due_at == local("2026-03-11T23:59:59")


def headed_by(head: Report) -> Incident:
    return Incident.objects.create(
        head=head,
        kind=Incident.Kind.GROUPED,
        title="Flood",
        starts_at=MONDAY,
        opened_at=MONDAY,
        opened_by=operator().user,
    )
