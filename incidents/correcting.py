"""Corrected: the pin is put where the problem is, or it is called by its name.

Only the operators classify and route, so only they correct: a unit that finds a case
wrong returns it with the reason. What is corrected is decided anew and written down
beside what was decided before; nothing is transferred by it. Days that are firm stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from gis_data.locating import locate

from . import clocks
from .deadlines import Deadline, read_deadline
from .decisions import Decision, Reason
from .errors import Missing, OutsideTheMap
from .history import Happening, record
from .intake import decision_record
from .models import Candidate, Category, Clock, Event, Report, Status
from .models.insertion import insert
from .models.status import IN_HAND
from .permissions import Actor
from .privacy import snap
from .routing import route
from .workflow import take

#: Not yet taken by their unit, though in its hands.
UNTAKEN = frozenset({Status.TRANSFERRED, Status.REOPENED})


@transaction.atomic
def move(
    report: Report,
    *,
    to: Point,
    by: Actor,
    at: datetime,
    reason: str,
    version: int | None = None,
) -> Report:
    """Put the pin elsewhere, or down for the first time, and decide who answers there.

    The place it counts for is that of the day it came, the place of today is today's,
    and so are the rules. `to` is in degrees (SRID 4326). The reporter reads that it was
    corrected, and why; where it was stands in the decision of that time.
    """
    if report.point is not None and report.point.coords == to.coords:
        raise Missing(_("The pin is there already."), field="point")
    decision = _decide(report, to, report.category, at=at)
    if decision.reason is Reason.OFF_THE_MAP:
        outside = OutsideTheMap()
        outside.field = "point"
        raise outside
    came = locate(to, on=localdate(report.received_at)).areas
    public_point, world_cell = snap(to)
    return _correct(
        "move",
        report,
        decision,
        by=by,
        at=at,
        reason=reason,
        version=version,
        point=to,
        public_point=public_point,
        world_cell=world_cell,
        place_source=Report.PlaceSource.TAP,
        accuracy=None,
        boundary_id=came[0].boundary_id if came else None,
        place_id=came[0].place_id if came else None,
        current_place_id=decision.location.areas[0].place_id,
    )


@transaction.atomic
def reclassify(
    report: Report,
    *,
    category: Category | None,
    by: Actor,
    at: datetime,
    reason: str,
    kind: str = "",
    version: int | None = None,
) -> Report:
    """Call a report what it is, and decide who answers for that.

    It may also be of another kind: a question that was filed as a problem. A sensitive
    category takes it off the public map; no category puts it back, for the reporter
    may have asked for that. A day that is only expected is reckoned anew.
    """
    if category is None:
        raise Missing(_("This is needed here."), field="category")
    kind = kind or report.kind
    if category.pk == report.category_id and kind == report.kind:
        raise Missing(_("It is of this category already."), field="category")
    decision = _decide(report, report.point, category, at=at)
    held = _correct(
        "reclassify",
        report,
        decision,
        by=by,
        at=at,
        reason=reason,
        version=version,
        category=category,
        kind=Report.Kind(kind),
        is_public=report.is_public and category.is_public,
    )
    _expect_anew(held, at=at)
    return held


def _decide(
    report: Report, point: Point | None, category: Category, *, at: datetime
) -> Decision:
    """Route it as it would be now; a pin that was put by hand is as good as its map."""
    moved = point is not None and point != report.point
    return route(
        point,
        category,
        at,
        accuracy=0 if moved else report.accuracy or 0,
        ward_id=report.declared_ward_id,
        address=report.address,
        asset=report.asset,
    )


def _correct(
    step: str,
    report: Report,
    decision: Decision,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    version: int | None,
    **changed: Any,
) -> Report:
    """Change the case as it was weighed, and write down what was decided of it."""
    if not reason.strip():
        raise Missing(_("This is needed here."), field="reason")
    # Units were asked about what it was thought to be: who is asked now is asked anew.
    Candidate.objects.filter(report=report, answer="").delete()
    seen = report.version if version is None else version
    taken = take(step, report, by=by, at=at, version=seen, text=reason, **changed)
    held = taken.report
    insert(decision_record(held, decision, at=at))
    rerouted = Happening(
        code=Event.Code.REROUTED,
        arguments=decision.naming,
        visibility=Event.Visibility.STAFF,
    )
    record(held, [rerouted], at=at, by=by.user, after=taken.event)
    return held


def _expect_anew(report: Report, *, at: datetime) -> None:
    """Reckon the citizen's day by the category there is now, while it is not firm."""
    deadline = read_deadline(report.category, on=localdate(at))
    _aim_anew(report, deadline, at=at)
    clock = Clock.objects.get(report=report, party=Clock.Party.CITIZEN)
    if clock.is_firm or clock.stopped_at is not None:
        return
    clock.due_at = deadline.due(clock.counts_from).due_at
    clock.rule, clock.calendar_version = deadline.rule, deadline.calendar.version
    clock.save(update_fields=["due_at", "rule", "calendar_version"])


def _aim_anew(report: Report, deadline: Deadline, *, at: datetime) -> None:
    """End the internal targets that are none of this category, and begin its own.

    What was met already is not asked for again.
    """
    aimed = Clock.objects.filter(report=report, party=Clock.Party.TARGET)
    fit = deadline.targets if report.kind == Report.Kind.REPORT else ()
    aimed.running().exclude(rule__in=fit).update(stopped_at=at)
    known = aimed.filter(rule__in=deadline.targets).values_list("step", flat=True)
    steps = clocks.ON_RECEIPT
    if report.status == Status.INFO_REQUESTED:
        steps = frozenset({clocks.RUNS_ON})
    elif report.status in UNTAKEN:
        steps = clocks.ON_REOPENING | clocks.ON_TRANSFER
    elif report.status in IN_HAND:
        steps = clocks.ON_REOPENING - clocks.ON_TRANSFER
    clocks.begin_targets(report, deadline, steps=steps - set(known), at=at)
