"""Targets anew: what the unit before had to do soon, the heir has its own time for.

Deadlines are promises and stay. That a unit takes a case up within so many minutes is
asked of the unit that has it: of one that is no more, nobody can ask it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from incidents.clocks import ON_RETURN
from incidents.deadlines import Deadlines
from incidents.errors import NoDeadlineRule
from incidents.models import Category, Clock, Report, Target
from incidents.workflow.step import HANDS_CHANGE

#: A statement takes no more parameters than the rows of so many.
LOT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One case that has gone over: to which unit, or to the operators."""

    report: Report
    unit: int | None
    is_to_take: bool  #: Its unit has still to take it up.


def begin_anew(given: Sequence[Given], deadlines: Deadlines, *, at: datetime) -> None:
    """Stop the targets of the units that had these cases, and begin those of the heirs.

    An answer that was given already is not asked for again.
    """
    running = Clock.objects.running().filter(
        report__in=[each.report.pk for each in given], step__in=HANDS_CHANGE
    )
    unanswered = frozenset(
        running.filter(step=Target.ANSWER).values_list("report", flat=True)
    )
    running.update(stopped_at=at)
    wanted = {each.report.category_id for each in given}
    categories = Category.objects.select_related("branch__branch").in_bulk(wanted)
    begun = [
        clock
        for each in given
        for step in _steps(each, unanswered)
        if (clock := _clock(each, step, categories, deadlines, at=at)) is not None
    ]
    Clock.objects.bulk_create(begun, ignore_conflicts=True, batch_size=LOT)


def _steps(given: Given, unanswered: frozenset[int]) -> frozenset[Target]:
    if given.unit is None:
        return ON_RETURN
    steps = {Target.ACKNOWLEDGE} if given.is_to_take else set()
    if given.report.pk in unanswered:
        steps.add(Target.ANSWER)
    return frozenset(steps)


def _clock(
    given: Given,
    step: Target,
    categories: dict[int, Category],
    deadlines: Deadlines,
    *,
    at: datetime,
) -> Clock | None:
    """Lay out one clock, where the city sets such a target for a problem like it."""
    if given.report.kind != Report.Kind.REPORT:
        return None
    category = categories[given.report.category_id]
    try:
        rule = deadlines.rule(category, on=localdate(at), step=step)
    except NoDeadlineRule:
        return None
    return Clock(
        report=given.report,
        party=Clock.Party.TARGET,
        step=step,
        organisation_id=given.unit,
        rule=rule,
        started_at=at,
        due_at=deadlines.due_at(rule, at),
        is_firm=False,
        calendar_version=deadlines.calendar_version,
    )
