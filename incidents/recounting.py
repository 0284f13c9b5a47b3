"""Recounted: when the calendar or a deadline changes, the clocks that run follow it.

The change asks for the recount in its own transaction, and the worker carries it out,
batch by batch: each date that moves is written down, and told on its case. What was
moved already is not moved again, so that a run that was killed is begun anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import localdate
from procrastinate.contrib.django import app

from accounts.models import User

from .clocks import PAUSES, due_of
from .deadlines import Calendar, Deadlines, calendar_of, read_deadlines
from .errors import NoDeadlineRule
from .history import Happening, record_all
from .models import (
    CalendarDay,
    Clock,
    DeadlineRule,
    Event,
    MovedDate,
    Recount,
    Report,
)

TASK = "incidents.recount_clocks"
#: So many cases are recounted in one transaction.
BATCH = 500
Change = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A running clock whose date is not what the calendar says."""

    clock: Clock
    rule: DeadlineRule
    due_at: datetime

    @property
    def is_sooner(self) -> bool:
        return self.due_at < self.clock.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a change would move, before anybody makes it."""

    counted: int
    moved: int
    sooner: int
    firm: int
    moves: tuple[Move, ...]  #: The first of them, by the date that is now.


@transaction.atomic
def keep_day(day: CalendarDay, *, by: User | None, at: datetime) -> Recount | None:
    """Keep a day the city decided about; where it counts otherwise, recount."""
    before = CalendarDay.objects.filter(pk=day.pk).first() if day.pk else None
    day.save()
    changes = _between(_days([before] if before else []), _days([day]))
    return ask_for_recount(changes, by=by, at=at)


@transaction.atomic
def drop_day(day: CalendarDay, *, by: User | None, at: datetime) -> Recount | None:
    """Leave a day to the holidays of the country again."""
    changes = _between(_days([day]), {})
    day.delete()
    return ask_for_recount(changes, by=by, at=at)


@transaction.atomic
def keep_rule(rule: DeadlineRule, *, by: User | None, at: datetime) -> Recount | None:
    """Keep a deadline or a target; where it counts otherwise, recount."""
    before = DeadlineRule.objects.filter(pk=rule.pk).first() if rule.pk else None
    rule.save()
    changes = _between(_rules([before] if before else []), _rules([rule]))
    return ask_for_recount(changes, by=by, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What dates are counted by at a moment, to tell what has changed since."""

    days: Change
    rules: Change

    def changes(self, now: Standing) -> list[Change]:
        """Tell what counts otherwise now; of an empty calendar nothing has changed."""
        if not (self.days or self.rules):
            return []
        return _between(self.days, now.days) + _between(self.rules, now.rules)


def standing() -> Standing:
    """Read what dates are counted by now, in two statements."""
    rules = DeadlineRule.objects.select_related("category")
    return Standing(days=_days(CalendarDay.objects.all()), rules=_rules(rules))


def ask_for_recount(
    changes: Sequence[Change], *, by: User | None, at: datetime
) -> Recount | None:
    """Have the running clocks recounted, with the change or not at all."""
    if not changes:
        return None
    asked = Recount.objects.create(changes=list(changes), by=by, asked_at=at)
    # One after the other: what was counted by an older calendar is not written last.
    app.configure_task(TASK, lock=TASK).defer(recount_id=asked.pk)
    return asked


def recount(recount_id: int, *, at: datetime, batch: int = BATCH) -> Recount:
    """Recount every clock that runs, and say how many dates moved."""
    asked = Recount.objects.get(pk=recount_id)
    if asked.finished_at is not None:
        return asked
    deadlines = read_deadlines()
    by_rule = any("rule" in change for change in asked.changes)
    after = counted = 0
    while held := _recount(
        asked, deadlines, after=after, by_rule=by_rule, at=at, batch=batch
    ):
        after, clocks = held
        counted += clocks
    asked.calendar_version = deadlines.calendar_version
    asked.counted, asked.moved = counted, asked.dates.count()
    asked.finished_at = at
    asked.save()
    return asked


def foresee(
    *, on: date, kind: str, shown: int = 50, known: Deadlines | None = None
) -> Foreseen:
    """Say what it would move to take a day off, to work on it, or to leave it alone.

    Nothing is written. An empty kind leaves the day to the holidays of the country.
    """
    deadlines = known or read_deadlines()
    day = CalendarDay(on=on, kind=kind, name=str(on))
    overrides = {k: v for k, v in deadlines.calendar.overrides.items() if k != on}
    overrides |= calendar_of([day] if kind else []).overrides
    changed = replace(deadlines, calendar=_with(deadlines.calendar, overrides))
    clocks = Clock.objects.running().select_related(*READ).prefetch_related(PAUSES)
    counted, moves = 0, []
    for clock in clocks.order_by("due_at", "pk"):
        counted += 1
        if move := _moved(clock, changed, by_rule=False):
            moves.append(move)
    return Foreseen(
        counted=counted,
        moved=len(moves),
        sooner=sum(each.is_sooner for each in moves),
        firm=sum(each.clock.is_firm for each in moves),
        moves=tuple(moves[:shown]),
    )


def _with(calendar: Calendar, overrides: Any) -> Calendar:
    return replace(calendar, overrides=overrides)


@transaction.atomic
def _recount(
    asked: Recount,
    deadlines: Deadlines,
    *,
    after: int,
    by_rule: bool,
    at: datetime,
    batch: int,
) -> tuple[int, int] | None:
    """Recount one batch of cases, whole; return the last of them, and its clocks.

    The cases are held as every step holds them, so that their histories stay in order.
    """
    runs = Clock.objects.running().filter(report=OuterRef("pk"))
    waiting = Report.objects.filter(Exists(runs), pk__gt=after).order_by("pk")
    held = list(waiting.only("pk", "public_id").select_for_update(of=("self",))[:batch])
    if not held:
        return None
    clocks = list(
        Clock.objects.running()
        .filter(report__in=held)
        .select_related(*READ)
        .prefetch_related(PAUSES)
        .order_by("pk")
    )
    found = (_moved(clock, deadlines, by_rule=by_rule) for clock in clocks)
    moves = [move for move in found if move is not None]
    version = deadlines.calendar_version
    MovedDate.objects.bulk_create(
        [
            MovedDate(
                recount=asked,
                clock=move.clock,
                was_due_at=move.clock.due_at,
                due_at=move.due_at,
                was_version=move.clock.calendar_version,
                version=version,
            )
            for move in moves
        ],
        ignore_conflicts=True,
    )
    _write(moves, {report.pk: report for report in held}, at=at)
    with connection.cursor() as cursor:
        given: dict[str, Any] = {
            "ids": [move.clock.pk for move in moves],
            "dues": [move.due_at for move in moves],
            "rules": [move.rule.pk for move in moves],
        }
        cursor.execute(MOVE, given)
    Clock.objects.filter(pk__in=[clock.pk for clock in clocks]).update(
        calendar_version=version
    )
    return held[-1].pk, len(clocks)


def _moved(clock: Clock, deadlines: Deadlines, *, by_rule: bool) -> Move | None:
    """Count a clock as it would be now; nothing where its date stays."""
    rule = clock.rule
    if by_rule:
        try:
            on, category = localdate(clock.counts_from), clock.report.category
            rule = deadlines.rule(category, on=on, step=clock.step)
        except NoDeadlineRule:  # A target that nobody sets any more runs on.
            rule = clock.rule
    counted = clock.rule
    clock.rule = rule
    due_at = due_of(
        clock,
        calendar=deadlines.calendar,
        pauses=clock.stood,  # type: ignore[attr-defined]
        more_days=clock.extension.working_days if hasattr(clock, "extension") else 0,
    )
    clock.rule = counted
    due_at = max(due_at, clock.started_at)
    if due_at == clock.due_at:
        return None
    return Move(clock=clock, rule=rule, due_at=due_at)


def _write(moves: Sequence[Move], held: dict[int, Report], *, at: datetime) -> None:
    """Tell on each case whose firm date moved from which day to which."""
    firm: dict[int, Move] = {}
    for move in moves:
        if move.clock.is_firm:
            known = firm.get(move.clock.report_id)
            if known is None or move.clock.party == Clock.Party.CITIZEN:
                firm[move.clock.report_id] = move
    told = ((held[pk], [_happening(move)]) for pk, move in firm.items())
    record_all(told, at=at)


def _happening(move: Move) -> Happening:
    """Say from which day to which; the citizen's own date is told to the reporter."""
    is_theirs = move.clock.party == Clock.Party.CITIZEN
    return Happening(
        code=Event.Code.RECOUNTED,
        arguments={
            "was": f"{localdate(move.clock.due_at):%d/%m/%Y}",
            "until": f"{localdate(move.due_at):%d/%m/%Y}",
        },
        visibility=Event.Visibility.REPORTER if is_theirs else Event.Visibility.STAFF,
    )


def _days(days: Iterable[CalendarDay]) -> Change:
    return {str(day.on): str(day.kind) for day in days}


def _rules(rules: Iterable[DeadlineRule]) -> Change:
    return {_named(rule): f"{rule.amount} {rule.unit}" for rule in rules}


def _named(rule: DeadlineRule) -> str:
    code = rule.category.code if rule.category else ""
    parts = (code, str(rule.urgency), rule.step, str(rule.starts_on))
    return "rule:" + " ".join(part for part in parts if part)


def _between(before: Change, now: Change) -> list[Change]:
    """Tell what differs, each with what it was and what it is."""
    return list(_differences(before, now))


def _differences(before: Change, now: Change) -> Iterator[Change]:
    for name in sorted(before.keys() | now.keys()):
        was, becomes = before.get(name, ""), now.get(name, "")
        if was == becomes:
            continue
        rule = name.removeprefix("rule:")
        about = {"rule": rule} if rule != name else {"on": name}
        yield about | {"was": was, "now": becomes}


#: What is read along with a clock to count it again.
READ = (
    "rule",
    "extension",
    "report__category__branch__branch",
    "report__current_place",
    "report__headed",
)
MOVE = """
UPDATE incidents_clock c SET due_at = m.due, rule_id = m.rule
FROM unnest(%(ids)s::bigint[], %(dues)s::timestamptz[], %(rules)s::bigint[])
  AS m(id, due, rule)
WHERE c.id = m.id
"""
