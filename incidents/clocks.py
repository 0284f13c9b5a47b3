"""Clocks of a case: begun, met, stood still, given more time; never typed.

What a pause or an extension moves is the unit's clock. The citizen's date stays.
"""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import Prefetch
from django.utils.timezone import get_default_timezone, localdate
from django.utils.translation import gettext as _

from accounts.models import User

from .deadlines import Calendar, Deadline, Pause, read_calendar, reckon
from .errors import ExtendedAlready, NotNow
from .models import (
    Clock,
    ClockPause,
    Event,
    Extension,
    Incident,
    Report,
    Status,
    Target,
)

#: Which targets begin when a report comes in and waits, when a unit gets it, when it
#: is returned to the desk, and when it is reopened.
ON_RECEIPT = frozenset({Target.ACCEPT, Target.SAFE, Target.DONE})
ON_TRANSFER = frozenset({Target.ACKNOWLEDGE, Target.ANSWER})
ON_RETURN = frozenset({Target.ACCEPT})
ON_REOPENING = frozenset({Target.ACKNOWLEDGE, Target.SAFE, Target.DONE})
#: Danger does not wait for an answer: of all clocks this one runs on meanwhile.
RUNS_ON = Target.SAFE


def targets_of(
    report: Report, deadline: Deadline, *, steps: frozenset[Target], at: datetime
) -> list[Clock]:
    """Lay out the clocks of the internal targets that begin now; none is kept yet.

    They are set for problems; questions and suggestions have the law's time alone.
    """
    if report.kind != Report.Kind.REPORT:
        return []
    return [
        Clock(
            report=report,
            party=Clock.Party.TARGET,
            step=rule.step,
            organisation_id=report.organisation_id,
            rule=rule,
            started_at=at,
            due_at=reckon(rule, at, calendar=deadline.calendar),
            is_firm=False,
            calendar_version=deadline.calendar.version,
        )
        for rule in deadline.targets
        if rule.step in steps
    ]


def begin_targets(
    report: Report, deadline: Deadline, *, steps: frozenset[Target], at: datetime
) -> None:
    """Begin the internal targets of a step; one that runs already runs on."""
    if begun := targets_of(report, deadline, steps=steps, at=at):
        Clock.objects.bulk_create(begun, ignore_conflicts=True)


def meet(report: Report, targets: frozenset[Target], *, at: datetime) -> None:
    """Stop the clocks of targets that are met, or are asked of nobody any more."""
    running = Clock.objects.running().filter(report=report, step__in=targets)
    running.update(stopped_at=at)


def must_commit(report: Report, *, at: datetime) -> bool:
    """Tell whether a case is late, and no commitment that still holds was given."""
    if report.committed_on is not None and report.committed_on >= localdate(at):
        return False
    return Clock.objects.legal().late(at=at).filter(report=report).exists()


def stand_still(event: Event, *, until: date) -> None:
    """Let the unit's clock stand still from an event on, until a day at the latest."""
    clock = running_of_unit(event.report)
    if clock is None:
        return
    ClockPause.objects.create(clock=clock, event=event, began_at=event.at, until=until)
    _count_anew(clock)


def stand_again(report: Report, *, since: datetime) -> None:
    """Let a clock that was stopped for a while stand still again, as its case does.

    A pause that was broken off then goes on as if it never had been; of one whose case
    went on meanwhile the unit keeps what it had of it.
    """
    clock = running_of_unit(report)
    if clock is None or not clock.pauses.exists():
        return
    if report.status == Status.PAUSED:
        clock.pauses.filter(ended_at=since).update(ended_at=None)
    _count_anew(clock)


def run_again(report: Report, *, at: datetime) -> None:
    """Let the unit's clock run again, where it stands still."""
    running = Clock.objects.running().filter(report=report)
    standing = ClockPause.objects.filter(clock__in=running, ended_at=None)
    pause = standing.select_related("clock__rule").first()
    if pause is None:
        return
    pause.ended_at = at
    pause.save(update_fields=["ended_at"])
    _count_anew(pause.clock)


def extend(event: Event, clock: Clock, *, working_days: int, by: User) -> Extension:
    """Give the unit's clock more working days, once and before it is late."""
    if planned_end(clock):
        raise NotNow(_("It was announced: expect it to end at another time instead."))
    if clock.due_at < event.at:
        raise NotNow(_("The case is late already. Commit to a day instead."))
    if Extension.objects.filter(clock=clock).exists():
        raise ExtendedAlready
    extension = Extension.objects.create(
        clock=clock, event=event, working_days=working_days, by=by, at=event.at
    )
    _count_anew(clock)
    return extension


def extended(clock: Clock, working_days: int) -> datetime:
    """Say until when a clock would run with so many working days more."""
    return due_of(
        clock,
        calendar=read_calendar(),
        pauses=list(clock.pauses.order_by("pk")),
        more_days=working_days,
    )


def running_of_unit(report: Report) -> Clock | None:
    """Return the clock of the unit that has the case, while it runs."""
    running = Clock.objects.running().filter(report=report, party=Clock.Party.UNIT)
    return running.select_related("rule").first()


def due_of(
    clock: Clock, *, calendar: Calendar, pauses: list[ClockPause], more_days: int
) -> datetime:
    """Say when a clock is due by its rule, its pauses and its extension.

    What a unit announced is due when it said that it would end, whatever the calendar.
    """
    return planned_end(clock) or reckon(
        clock.rule,
        clock.counts_from,
        calendar=calendar,
        pauses=[_span(each) for each in pauses],
        more_days=more_days,
    )


def planned_end(clock: Clock) -> datetime | None:
    """Say when what a unit announced is to end, for the clocks that go by its word.

    None but for the head of planned work; and what is taken up again after that end
    goes by the calendar as any case does.
    """
    incident: Incident | None = getattr(clock.report, "headed", None)
    if clock.is_target or incident is None or incident.kind != Incident.Kind.PLANNED:
        return None
    until = incident.ends_at
    return until if until and until > clock.started_at else None


def go_by_plan(report: Report, *, until: datetime) -> None:
    """Let what a unit announced be due when it says now that it will end."""
    running = Clock.objects.running().legal().filter(report=report)
    running.update(due_at=until, is_firm=True)


#: What `due_of` needs to know of a clock, read along with it.
PAUSES = Prefetch("pauses", ClockPause.objects.order_by("pk"), to_attr="stood")


def _span(pause: ClockPause) -> Pause:
    """Return from when to when it lasts: until its day begins, unless ended sooner.

    That nobody noted its end until days later gives the unit no day more.
    """
    zone = get_default_timezone()
    day = datetime.combine(pause.until, time.min, tzinfo=zone)
    ends = min(pause.ended_at, day) if pause.ended_at else day
    return (pause.began_at, max(ends, pause.began_at))


def _count_anew(clock: Clock) -> None:
    extension = Extension.objects.filter(clock=clock).first()
    calendar = read_calendar()
    clock.due_at = due_of(
        clock,
        calendar=calendar,
        pauses=list(clock.pauses.order_by("pk")),
        more_days=extension.working_days if extension else 0,
    )
    clock.calendar_version = calendar.version
    clock.save(update_fields=["due_at", "calendar_version"])
