"""Joined: two reports of one thing go along together, and come apart again, by people.

Which may be alike is `models.likeness`; that they are is said by an operator alone.
Never across kinds, for a question is answered and a hole is filled; and never across
what must stay closed, for the result of an open case is read by anyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from .clocks import stand_again
from .errors import AnsweredAlready, NotJoinable, NotNow
from .history import Happening, last_event, record
from .models import Clock, Event, Joining, Report, Status
from .models.status import ENDED
from .notifications import tell
from .permissions import Actor
from .workflow import take

#: Any number will do that nothing else on this database locks.
LOCK = 2025_1129


@transaction.atomic
def merge(
    report: Report,
    *,
    into: Report | None,
    by: Actor,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Report:
    """Let a report go along with another of the same thing, and share its result.

    Where the other goes along with a third itself, that one's result counts: no master
    is ever a duplicate. What had been joined to this report comes along with it.
    """
    if into is None:
        raise NotJoinable(_("Choose the case that it belongs to."))
    take_turns()
    known = _hold(report.pk, into.pk)
    held, parent = known[report.pk], known[into.pk]
    master = parent.master or parent
    _refuse_unfit(held, master)
    if Joining.objects.filter(report=held, ended_at=None).exists():
        raise NotJoinable(_("It is part of an incident. Take it out of that first."))
    running = Clock.objects.filter(report=held, stopped_at=None)
    clocks = sorted(running.values_list("pk", flat=True))
    taken = take(
        "merge",
        held,
        by=by,
        at=at,
        version=version,
        text=reason,
        arguments={"case": master.public_id},
        master=master,
    )
    Clock.objects.filter(pk__in=clocks).update(stopped_at=at)
    Report.objects.filter(master=held).update(master=master)
    Joining.objects.create(
        kind=Joining.Kind.DUPLICATE,
        report=held,
        into=parent,
        was=taken.was,
        approval=held.approval,
        awaited_arbiter=held.awaits_arbiter,
        clocks=clocks,
        by=by.user,
        at=at,
    )
    _note(master, Event.Code.JOINED, held, by=by, at=at)
    tell(taken.event, at=at)
    return taken.report


@transaction.atomic
def unmerge(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    version: int | None = None,
) -> Report:
    """Take apart what was joined by mistake: the report stands as it stood before.

    It has its unit, its state and its dates, and its clocks run as if they had never
    stopped; what was joined to it comes along. Once the result was told to its
    reporter, it is not untold: who finds it undone reports it again.
    """
    take_turns()
    held = _hold(report.pk)[report.pk]
    taken = take("unmerge", held, by=by, at=at, version=version, text=reason)
    held, master = taken.report, taken.report.master
    joining = Joining.objects.filter(report=held, ended_at=None).first()
    if joining is None or master is None:
        raise NotNow(_("How it stood before was not written down."))
    if master.status in ENDED and master.status != Status.WITHDRAWN:
        raise AnsweredAlready
    held.status, held.master, held.approval = joining.was, None, joining.approval
    held.awaits_arbiter = joining.awaited_arbiter
    held.save(update_fields=["status", "master", "approval", "awaits_arbiter"])
    Report.objects.filter(pk__in=_branch_of(held, master)).update(master=held)
    Clock.objects.filter(pk__in=joining.clocks).update(stopped_at=None)
    stand_again(held, since=joining.at)
    joining.ended_by, joining.ended_at = by.user, at
    joining.save(update_fields=["ended_by", "ended_at"])
    _note(master, Event.Code.PARTED, held, by=by, at=at)
    tell(taken.event, at=at)
    return held


def take_turns() -> None:
    """Let two who join at once do it one after the other, or they could join a ring.

    It comes before any case is held: who held one first could wait for ever for who
    has the turn and waits for that case.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _hold(*cases: int) -> dict[int, Report]:
    """Hold cases and what they go along with, in one order for everybody.

    Nobody else joins or parts meanwhile, so that no master changes.
    """
    known = Report.objects.filter(pk__in=cases).values_list("pk", "master")
    wanted = {pk for pair in known for pk in pair if pk}
    held = Report.objects.select_for_update(of=("self",)).order_by("pk")
    found = held.select_related("category", "master__category").filter(pk__in=wanted)
    return {each.pk: each for each in found}


def _refuse_unfit(report: Report, master: Report) -> None:
    if master.pk == report.pk:
        raise NotJoinable(_("That case goes along with this one already."))
    if master.status in ENDED:
        raise NotJoinable(_("That case has ended; it has no result to come."))
    if master.kind != report.kind:
        raise NotJoinable(_("A question and a report are not joined."))
    if master.category.is_public != report.category.is_public:
        raise NotJoinable(_("What must stay closed is not joined to what is open."))


def _branch_of(report: Report, master: Report) -> set[int]:
    """Return what goes along with a master through this report, however far down."""
    along = Joining.objects.filter(report__master=master, ended_at=None)
    parents: Mapping[int, int] = dict(along.values_list("report", "into"))
    branch, grown = set[int](), {report.pk}
    while grown:
        grown = {pk for pk, into in parents.items() if into in grown} - branch
        branch |= grown
    return branch - {report.pk}


def _note(
    master: Report, code: Event.Code, other: Report, *, by: Actor, at: datetime
) -> None:
    """Write on the master's history what came to it or left, for staff alone."""
    said = Happening(
        code=code,
        arguments={"case": other.public_id},
        visibility=Event.Visibility.STAFF,
    )
    held = Report.objects.select_for_update(of=("self",)).get(pk=master.pk)
    record(held, [said], at=at, by=by.user, after=last_event(held))
