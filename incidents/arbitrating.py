"""Arbitrated: the shift lead names for good whose a case is that none would keep."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .errors import Missing, NotNow
from .hands import put_into_hands
from .history import naming
from .hops import call_arbiter
from .models import Arbitration, Organisation, Report, Transfer
from .models.status import IN_HAND
from .permissions import Actor
from .workflow import take


@transaction.atomic
def ask_arbiter(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Put a case before the shift lead, who decides within the hour whose it is.

    The operators may once a unit has given the case up. A unit that the shift lead
    named may not return the case, so it asks in the same way.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    step = "ask_arbiter" if by.is_desk else "appeal"
    is_passed = held.is_arbitrated or Transfer.objects.hops_of(held).exists()
    if by.is_desk and not is_passed:
        said = _("No unit has given this case up yet; transfer it yourself.")
        raise NotNow(said)
    taken = take(
        step, report, by=by, at=at, version=version, text=text, awaits_arbiter=True
    )
    call_arbiter(taken.report, by=by.user, at=at)
    return taken.report


@transaction.atomic
def arbitrate(
    report: Report,
    *,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    text: str,
    version: int | None = None,
) -> Report:
    """Name the unit that answers, for good: it cannot return the case by itself.

    It is a transfer like any other, with its acknowledgement; but a unit that has the
    case keeps it without one, and its clock runs on.
    """
    if to is None or localdate(at) not in to.validity:
        said = _("Choose a unit from the list.")
        raise Missing(said, field="organisation")
    waiting = Arbitration.objects.filter(report=report, decided_at=None).first()
    taken = take(
        "arbitrate",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        arguments=naming(to),
        awaits_arbiter=False,
        is_arbitrated=True,
    )
    held = taken.report
    if waiting is None:
        raise RuntimeError("A case awaits the arbiter by a row that says since when.")
    waiting.decided_at, waiting.decided_by = at, by.user
    waiting.organisation, waiting.text = to, text.strip()
    waiting.save(update_fields=["decided_at", "decided_by", "organisation", "text"])
    if held.status in IN_HAND and held.organisation_id == to.pk:
        return held
    return put_into_hands(
        "transfer_finally", held, to=to, by=by, at=at, reason=text, is_final=True
    )
