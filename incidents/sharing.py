"""Shared: a part of the unit or its contractor works; the unit answers as before."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .errors import Missing, NotNow
from .history import naming
from .models import Organisation, Report, Verification
from .objections import BackToTheDesk
from .permissions import Actor, parts_of
from .workflow import take

Outcome = Verification.Outcome
#: After these there is something to work on.
WORTH_WORK = frozenset({Outcome.TRUE.value, Outcome.UNCLEAR.value})


@transaction.atomic
def share(
    report: Report,
    *,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    version: int | None = None,
) -> Report:
    """Let a part of the unit, or a contractor of that day, work on a verified case.

    The unit answers as before: its clock runs on, and it alone returns the case. To
    any other the operators transfer it, after a return.
    """
    if to is None:
        raise Missing(_("Choose one of the parts of your unit."), field="subunit")
    taken = take(
        "share",
        report,
        by=by,
        at=at,
        version=version,
        arguments=naming(to),
        subunit=None,
        sub_assigned_on=None,
        assignee=None,
        part=to,
    )
    held, on = taken.report, localdate(at)
    if held.verification not in WORTH_WORK:
        raise NotNow(_("Record first what was found on site; then share the case."))
    if not parts_of(held.organisation_id, on=on).filter(pk=to.pk).exists():
        raise BackToTheDesk
    held.subunit, held.sub_assigned_on = to, on
    held.save(update_fields=["subunit", "sub_assigned_on"])
    return held


@transaction.atomic
def end_share(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Let the unit work on a case by itself again, at its own or at the part's word."""
    part = report.subunit
    if part is None:
        raise NotNow(_("Nobody works on this case but the unit itself."))
    taken = take(
        "end_share",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        arguments=naming(part),
        subunit=None,
        sub_assigned_on=None,
        assignee=None,
    )
    return taken.report
