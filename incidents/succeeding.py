"""Carried on: a report that went along takes the place of one that is withdrawn.

Its reporter takes back what they told; that others told the same stands. So the oldest
of theirs has the unit, the dates and the followers from then on, and the rest go along
with it, in the transaction of the withdrawal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import override

from . import clocks
from .deadlines import read_deadline
from .duplicates import take_turns
from .history import Happening, last_event, naming, record, record_all
from .members import ANEW
from .models import (
    Arbitration,
    Clock,
    Directive,
    Event,
    Following,
    Joining,
    Report,
    Status,
    Transfer,
)
from .notifications import defer, tell
from .permissions import Side
from .staff_notices import staff_jobs
from .workflow import take

#: What a case had come to with its unit, and has still under another number.
CARRIED = (
    "organisation",
    "assignee",
    "committed_on",
    "reminded_at",
    "awaits_arbiter",
    "is_arbitrated",
    "incident",
)
#: What a date goes by.
COUNTED = (
    "started_at",
    "counted_from",
    "due_at",
    "is_firm",
    "rule",
    "calendar_version",
    "stopped_at",
)


def hold_with_duplicates(report: Report) -> tuple[Report, list[Report]]:
    """Hold a case and what goes along with it, the oldest first, in everybody's order.

    Nothing is joined or taken apart meanwhile.
    """
    take_turns()
    both = Report.objects.filter(Q(pk=report.pk) | Q(master=report.pk))
    held = both.select_related("organisation", "category").order_by("pk")
    cases = {each.pk: each for each in held.select_for_update(of=("self",))}
    own = cases.pop(report.pk)
    return own, sorted(cases.values(), key=lambda each: (each.received_at, each.pk))


def carry_on(
    heir: Report, *, instead_of: Report, others: Sequence[Report], at: datetime
) -> Report:
    """Let a duplicate be worked on in place of its master, which was just withdrawn.

    `instead_of` is the master as it was until then. Each history tells of it; who told
    of the heir is told whose it is, as of any transfer.
    """
    case = {"case": instead_of.public_id}
    taken = take("carry_on", heir, by=Side.SYSTEM, at=at, arguments=case)
    held = taken.report
    Joining.objects.filter(report=held, ended_at=None).update(ended_at=at)
    had = held.organisation
    for field, value in ANEW.items():
        setattr(held, field, value)
    for field in CARRIED:
        setattr(held, field, getattr(instead_of, field))
    # What was asked of the other reporter is asked of nobody any more.
    was_asked = instead_of.status == Status.INFO_REQUESTED
    held.status = Status.RECEIVED if was_asked else instead_of.status
    held.master = None
    held.accepted_at = held.accepted_at or instead_of.accepted_at
    held.public_title = held.public_title or instead_of.public_title
    held.save()
    _pass_on(instead_of, held, at=at)
    if was_asked:
        deadline = read_deadline(held.category, on=localdate(at))
        clocks.begin_targets(held, deadline, steps=clocks.ON_RECEIPT, at=at)
    ids = [each.pk for each in others]
    Report.objects.filter(pk__in=ids).update(master=held)
    along = Joining.objects.filter(report__in=ids, into=instead_of, ended_at=None)
    along.update(into=held)
    staff, now = Event.Visibility.STAFF, {"case": held.public_id}
    again = Happening(code=Event.Code.MERGED, arguments=now, visibility=staff)
    record_all(((each, [again]) for each in others), at=at)
    passed = Happening(code=Event.Code.PASSED_ON, arguments=now, visibility=staff)
    record(instead_of, [passed], at=at, after=last_event(instead_of))
    if held.organisation is not None:
        given = Happening(
            code=Event.Code.TRANSFERRED, arguments=naming(held.organisation)
        )
        (event,) = record(held, [given], at=at, after=taken.event)
        # What staff will read on the case is written in the language of the city.
        with override(settings.LANGUAGE_CODE):
            why = _("In place of a report of the same thing, which was withdrawn")
        Transfer.objects.create(
            report=held,
            sender=had,
            organisation=held.organisation,
            reason=why,
            event=event,
            at=at,
        )
        tell(event, at=at)
        defer(staff_jobs(event))
    return held


def _pass_on(before: Report, heir: Report, *, at: datetime) -> None:
    """Let all that runs and waits on the one case run and wait on the other.

    The rows go over as they are: a clock with its pauses, and what was told of it.
    """
    joining = Joining.objects.filter(report=before, ended_at=None)
    standing = [pk for each in joining for pk in each.clocks]
    every = Clock.objects.filter(report=before)
    goes_over = Q(stopped_at=None) | Q(pk__in=standing)
    every.filter(goes_over).exclude(party=Clock.Party.CITIZEN).update(report=heir)
    joining.update(report=heir)
    date = every.values(*COUNTED).get(party=Clock.Party.CITIZEN)
    own = Clock.objects.filter(report=heir, party=Clock.Party.CITIZEN)
    # Whose date stood still for a question has none to give.
    own.update(**({"stopped_at": None} if date["stopped_at"] else date))
    Arbitration.objects.filter(report=before, decided_at=None).update(report=heir)
    Directive.objects.filter(report=before, closed_at=None).update(report=heir)
    followed = Following.objects.filter(report=before)
    twice = Following.objects.filter(report=heir).values("client_id")
    followed.filter(client_id__in=twice, ended_at=None).update(ended_at=at)
    followed.exclude(client_id__in=twice).update(report=heir)
