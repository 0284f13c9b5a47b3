"""Grouped: many reports of one matter are added to an incident, and answered at once.

However many there are, each step is the same few statements: what is true of one flood
of two hundred reports must not be two hundred times the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .clocks import stand_again
from .deadlines import read_deadline
from .directives import let_go
from .errors import Missing, NotAllowed, NotNow
from .hands import start_unit_clock
from .history import Happening, naming, record_all
from .hops import passed_around
from .members import ANEW
from .models import (
    Category,
    Clock,
    ClockPause,
    Event,
    Incident,
    Joining,
    Organisation,
    Report,
    Result,
    Status,
    Transfer,
)
from .models.status import IN_HAND
from .notifications import defer, tell_all
from .permissions import Actor
from .staff_notices import staff_jobs
from .workflow import CLAIM_HOLDS, STEPS, take

#: So many are added at one press: a second's work, and never half of it.
AT_MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many reports are part of the incident now, and how many could not be."""

    count: int
    left_out: int


@transaction.atomic
def add(
    incident: Incident, reports: Iterable[Report], *, by: Actor, at: datetime
) -> Added:
    """Let reports be part of an incident, whatever their number, in a few statements.

    What waits at the desk is accepted and transferred with it, and acknowledged to its
    reporter; what another unit has goes over. Their units' clocks stand still for that
    of the incident; each citizen's own date runs on, and each keeps code and reporter.
    What has ended, is in another incident or on a colleague's screen is left out, and
    what only the arbiter may give to that unit.
    """
    if not by.is_desk:
        raise NotAllowed
    wanted = {each.pk for each in reports}
    if len(wanted) > AT_MOST:
        said = _("Add %(most)s reports at a time.")
        raise Missing(said % {"most": AT_MOST}, field="reports")
    head = _hold_head(incident)
    unit = head.organisation
    if unit is None or head.status not in IN_HAND:
        raise NotNow(_("Give the incident to a unit first, or it is over already."))
    held = _hold(wanted, head, unit, by=by, at=at)
    moving = [each for each in held if each.organisation_id != unit.pk]
    ids, moved = [each.pk for each in held], [each.pk for each in moving]
    if not ids:
        return Added(count=0, left_out=len(wanted))
    _stand_still(ids, head, by=by, at=at)
    Report.objects.filter(pk__in=ids).update(
        incident=incident,
        accepted_at=Coalesce("accepted_at", at),
        version=F("version") + 1,
        updated_at=at,
    )
    Report.objects.filter(pk__in=moved).update(
        status=Status.TRANSFERRED, organisation=unit, approval="", **ANEW
    )
    Transfer.objects.bulk_create(
        Transfer(
            report=each,
            sender_id=each.organisation_id,
            organisation=unit,
            by=by.user,
            reason=_("Part of the incident “%(title)s”") % {"title": incident.title},
            at=at,
        )
        for each in moving
    )
    _firm_up(moving, at=at)
    grouped = Happening(code=STEPS["group"].event)
    given = Happening(code=Event.Code.TRANSFERRED, arguments=naming(unit))
    accepted = Happening(code=Event.Code.ACCEPTED)
    told = [
        (
            each,
            [
                *([accepted] if each.accepted_at is None else []),
                grouped,
                *([given] if each.organisation_id != unit.pk else []),
            ],
        )
        for each in held
    ]
    written = record_all(told, at=at, by=by.user)
    let_go(moved, at=at, by=by.user)
    tell_all([e for e in written if e.code == Event.Code.TRANSFERRED], at=at)
    # One letter to the unit about all of them, not one each.
    last = [each for each in written if each.code == Event.Code.GROUPED][-1:]
    defer(job for each in last for job in staff_jobs(each))
    return Added(count=len(ids), left_out=len(wanted) - len(ids))


@transaction.atomic
def take_out(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    version: int | None = None,
    text: str = "",
) -> Report:
    """Let a report be on its own again: with its unit, by the clock it had there."""
    taken = take("ungroup", report, by=by, at=at, version=version, text=text)
    held = taken.report
    joining = Joining.objects.filter(
        report=held, kind=Joining.Kind.INCIDENT, ended_at=None
    ).first()
    if held.incident_id is None or joining is None:
        raise NotNow(_("This report is part of no incident."))
    _let_run_again(held, joining, at=at)
    stand_again(held, since=joining.at)
    leave(held, by=by, at=at)
    return held


def leave(report: Report, *, at: datetime, by: Actor | None = None) -> None:
    """Let a report that is held be part of its incident no more, if it is of one."""
    if report.incident_id is None:
        return
    joined = Joining.objects.filter(report=report, kind=Joining.Kind.INCIDENT)
    joined.filter(ended_at=None).update(ended_at=at, ended_by=by.user if by else None)
    report.incident = None
    report.save(update_fields=["incident"])


def answer_all(
    head: Report, result: Result, *, as_: Event, at: datetime
) -> list[Event]:
    """Answer every open report of the incident that a case heads with its result.

    They end `as_` their head does. Called in the transaction that publishes it; the
    caller tells of what is returned.
    """
    incident = Incident.objects.select_for_update().filter(head=head).first()
    if incident is None:
        return []
    incident.closed_at = at
    incident.save(update_fields=["closed_at"])
    step = STEPS["answer_with_incident"]
    members = Report.objects.filter(incident=incident, status__in=step.sources)
    held = list(members.select_for_update(of=("self",)).only(*READ).order_by("pk"))
    if not held:
        return []
    ids = [each.pk for each in held]
    Report.objects.filter(pk__in=ids).update(
        status=step.target,
        approval="",
        awaits_arbiter=False,
        organisation=head.organisation,
        resolved_at=at,
        version=F("version") + 1,
        updated_at=at,
    )
    Clock.objects.filter(report__in=ids, stopped_at=None).update(stopped_at=at)
    with connection.cursor() as cursor:
        cursor.execute(SHARE, {"source": result.pk, "reports": ids, "at": at})
    ended = Happening(code=Event.Code(as_.code), arguments=as_.arguments)
    return record_all(((each, [ended]) for each in held), at=at)


READ = (
    "public_id",
    "status",
    "organisation",
    "accepted_at",
    "category",
    "received_at",
)


def _hold_head(incident: Incident) -> Report:
    """Hold the incident by its head, so that it does not end while it is added to."""
    held = Report.objects.select_for_update(of=("self",)).select_related(
        "organisation", "category"
    )
    return held.get(pk=incident.head_id)


def _hold(
    ids: set[int], head: Report, unit: Organisation, *, by: Actor, at: datetime
) -> list[Report]:
    """Hold those that may be added, in one order for everybody."""
    stays = Q(organisation=unit)
    free = Q(claimed_by=None) | Q(claimed_by=by.user)
    free |= Q(claimed_at=None) | Q(claimed_at__lte=at - CLAIM_HOLDS)
    fit = Report.objects.filter(
        free,
        stays | Q(is_arbitrated=False),
        pk__in=ids,
        awaits_arbiter=False,
        incident=None,
        headed=None,
        kind=Report.Kind.REPORT,
        status__in=STEPS["group"].sources,
        category__is_public=head.category.is_public,
    )
    held = list(fit.select_for_update(of=("self",)).only(*READ).order_by("pk"))
    moving = [each.pk for each in held if each.organisation_id != unit.pk]
    disputed = passed_around(moving, to=unit)
    return [each for each in held if each.pk not in disputed]


def _stand_still(ids: list[int], head: Report, *, by: Actor, at: datetime) -> None:
    """Stop the units' clocks, and write down which, to be let run again."""
    with connection.cursor() as cursor:
        cursor.execute(
            JOIN, {"reports": ids, "into": head.pk, "by": by.user.pk, "at": at}
        )
    broken_off = ClockPause.objects.filter(clock__report__in=ids, ended_at=None)
    broken_off.update(ended_at=at)


def _firm_up(reports: Sequence[Report], *, at: datetime) -> None:
    """Make the citizens' dates firm where none was promised yet, category by category.

    Also where the reporter still owed us something: the clock runs again from now.
    """
    by_category: dict[int, list[int]] = {}
    for each in reports:
        by_category.setdefault(each.category_id, []).append(each.pk)
    categories = Category.objects.in_bulk(by_category) if by_category else {}
    for pk, ids in by_category.items():
        deadline = read_deadline(categories[pk], on=localdate(at))
        citizens = Clock.objects.filter(report__in=ids, party=Clock.Party.CITIZEN)
        citizens.filter(is_firm=False).update(
            is_firm=True,
            due_at=deadline.due(at).due_at,
            counted_from=at,
            rule=deadline.rule,
            calendar_version=deadline.calendar.version,
            stopped_at=None,
        )


def _let_run_again(report: Report, joining: Joining, *, at: datetime) -> None:
    """Let what stood still run again, but for what was begun anew meanwhile.

    The unit that keeps a report it never had on its own begins now.
    """
    running = Clock.objects.running().filter(report=report)
    begun = {(each.party, each.step) for each in running}
    stood = Clock.objects.filter(
        pk__in=joining.clocks, organisation=report.organisation
    )
    again = [each for each in stood if (each.party, each.step) not in begun]
    Clock.objects.filter(pk__in=[each.pk for each in again]).update(stopped_at=None)
    if report.organisation and not running.filter(party=Clock.Party.UNIT).exists():
        deadline = read_deadline(report.category, on=localdate(at))
        start_unit_clock(report, deadline, at=at)


#: What was running stands still, and is written down beside what the case was.
JOIN = """
WITH stopped AS (
  UPDATE incidents_clock SET stopped_at = %(at)s
  WHERE report_id = ANY(%(reports)s) AND party <> 'citizen' AND stopped_at IS NULL
  RETURNING id, report_id)
INSERT INTO incidents_joining (kind, report_id, into_id, was, approval,
  awaited_arbiter, clocks, by_id, at)
SELECT 'incident', r.id, %(into)s, r.status, r.approval, r.awaits_arbiter,
  ARRAY(SELECT id FROM stopped WHERE stopped.report_id = r.id), %(by)s, %(at)s
FROM incidents_report r WHERE r.id = ANY(%(reports)s)
"""
#: The same words in the next round of each report, with the photos left where they are.
SHARE = """
INSERT INTO incidents_result (report_id, round, organisation_id, outcome, text,
  no_photo_because, photo_because, by_id, at, published_at, source_id)
SELECT r.id, 1 + (SELECT count(*) FROM incidents_result x
    WHERE x.report_id = r.id AND x.published_at IS NOT NULL),
  s.organisation_id, s.outcome, s.text, s.no_photo_because, s.photo_because, s.by_id,
  s.at, %(at)s, s.id
FROM incidents_report r, incidents_result s
WHERE r.id = ANY(%(reports)s) AND s.id = %(source)s
"""
