"""Along with the head: reports of an incident go to the unit that its head goes to.

They have one unit and one result; a head that is moved, returned or decided about takes
them with it, in its transaction and in a few statements, however many they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F

from .history import Happening, naming, record_all
from .models import ClockPause, Event, Organisation, Report, Status, Transfer
from .models.status import AT_DESK, IN_HAND
from .notifications import tell_all

#: What the unit before had come to with a case is nothing to who has it next.
ANEW: Mapping[str, Any] = {
    "assignee": None,
    "committed_on": None,
    "verification": "",
    "subunit": None,
    "sub_assigned_on": None,
}


def follow_head(head: Report, moved: Transfer, *, at: datetime) -> list[Report]:
    """Let the open reports of the incident that a case heads go where it went.

    Called in the transaction that moved it, with the row that says so: to a unit, or
    back to the operators. It is no hop of theirs, but of the head: their rows name
    nobody, and no report with a past of its own holds the others back. Whose unit
    changes is told as of any transfer; their units' clocks stand still for that of the
    head, and their citizens' dates run on.
    """
    open_ones = Report.objects.filter(
        incident__head=head,
        incident__closed_at=None,
        status__in=IN_HAND | AT_DESK,
    )
    held = open_ones.select_for_update(of=("self",)).only(
        "public_id", "status", "organisation"
    )
    unit = moved.organisation
    going = [
        each
        for each in held.order_by("pk")
        if each.organisation_id != (unit.pk if unit else None)
    ]
    if not going:
        return []
    _put(going, unit, at=at)
    Transfer.objects.bulk_create(
        Transfer(
            report=each,
            sender_id=each.organisation_id,
            organisation=unit,
            return_reason=moved.return_reason,
            reason=moved.reason,
            at=at,
        )
        for each in going
    )
    said = _said(head, moved)
    events = record_all(((each, [said]) for each in going), at=at, by=moved.by)
    tell_all(events, at=at)
    return going


def _put(reports: Iterable[Report], unit: Organisation | None, *, at: datetime) -> None:
    ids = [each.pk for each in reports]
    standing = ClockPause.objects.filter(clock__report__in=ids, ended_at=None)
    standing.update(ended_at=at)
    Report.objects.filter(pk__in=ids).update(
        status=Status.TRANSFERRED if unit else Status.RETURNED,
        organisation=unit,
        approval="",
        paused_until=None,
        version=F("version") + 1,
        updated_at=at,
        **ANEW,
    )


def _said(head: Report, moved: Transfer) -> Happening:
    """Say of each report what was done to the head, and that it went along with it.

    The words stand with the head; who works on a report is led there by its number.
    """
    unit = moved.organisation or moved.sender
    code = Event.Code.TRANSFERRED if moved.organisation else Event.Code.RETURNED
    return Happening(code=code, arguments=naming(unit) | {"head": head.public_id})
