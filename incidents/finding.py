"""Found: what a unit saw on site, and the ways out that an operator agrees to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from . import media
from .duplicates import merge, take_turns
from .errors import Missing, NotNow
from .models import Approval, Report, Result, Status, Verification
from .notifications import defer
from .permissions import Actor, visible_to
from .resolution import keep_result, publish
from .workflow import take

Outcome = Verification.Outcome
#: By which step each outcome is written down.
STEP = {
    Outcome.TRUE: "confirm",
    Outcome.UNCLEAR: "leave_unclear",
    Outcome.NOT_TRUE: "ask_to_end",
    Outcome.DUPLICATE: "ask_to_end",
}
#: What an operator is asked to approve by it, where the case would end.
ASKS = {
    Outcome.NOT_TRUE: Approval.NOT_TRUE,
    Outcome.DUPLICATE: Approval.DUPLICATE,
}
ENDS = {
    Approval.NOT_TRUE: "end_untrue",
    Approval.NOT_FOUND: "end_unfound",
}
DECLINES = {
    Approval.NOT_TRUE: "decline_untrue",
    Approval.NOT_FOUND: "decline_unfound",
    Approval.DUPLICATE: "decline_duplicate",
}


@transaction.atomic
def record_verification(
    report: Report,
    *,
    outcome: str,
    by: Actor,
    at: datetime,
    text: str = "",
    master: str = "",
    uploads: Sequence[media.Upload] = (),
    version: int | None = None,
) -> Report:
    """Write down what was found on site, with its moment.

    As reported, the work goes on. What could not be established stays with the unit,
    which checks again or works on: that alone ends nothing. Not as reported, or
    reported before, asks an operator to end the case. `master` is the public id of
    the case that was there before, or an address that ends with it: one that the
    writer may see.
    """
    if outcome not in Outcome.values:
        raise Missing(_("Choose one of the outcomes."), field="verification")
    found = Outcome(outcome)
    before = _before(report, master, by=by) if found is Outcome.DUPLICATE else None
    asks = ASKS.get(found)
    changed: dict[str, Any] = {"verification": found.value}
    if asks:  # Then nothing is left for a part to work on.
        changed |= {"approval": asks.value, "subunit": None, "sub_assigned_on": None}
    taken = take(
        STEP[found],
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        **changed,
    )
    held = taken.report
    unit = held.organisation
    if unit is None:
        raise RuntimeError("A case in hand has a unit; the database sees to it.")
    Verification.objects.create(
        report=held,
        organisation=unit,
        outcome=found,
        text=text.strip(),
        master=before,
        by=by.user,
        at=at,
    )
    if found is Outcome.NOT_TRUE:
        keep_result(
            held,
            unit=unit,
            outcome=Result.Outcome.NOT_TRUE,
            text=text,
            uploads=uploads,
            by=by,
            at=at,
        )
    else:
        defer(media.keep(uploads, report=held, event=taken.event, at=at))
    return held


@transaction.atomic
def approve_ending(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Let a case end as its unit found it, and tell the reporter how, as one."""
    take_turns()  # It may end by going along with another.
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    approval = _asked_for(held)
    if step := ENDS.get(approval):
        decided = publish(step, held, by=by, at=at, version=version)
    else:
        decided = _join(held, by=by, at=at, version=version)
    _decide(decided, by=by, at=at, is_approved=True)
    return decided


@transaction.atomic
def decline_ending(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Give a case back to its unit with the reason why it does not end so."""
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    step = DECLINES[_asked_for(held)]
    taken = take(step, held, by=by, at=at, version=version, text=text, verification="")
    _decide(taken.report, by=by, at=at, is_approved=False, answer=text.strip())
    return taken.report


def _asked_for(report: Report) -> Approval:
    if report.approval not in DECLINES:
        raise NotNow
    return Approval(report.approval)


def _before(report: Report, named: str, *, by: Actor) -> Report:
    """Find the case that was there before, among those that the unit may see."""
    number = named.strip().rstrip("/").rpartition("/")[2]
    seen = Report.objects.filter(visible_to(by), public_id=number)
    found = seen.exclude(pk=report.pk).first() if number else None
    if found is None:
        said = _("Name the other case by its number, one that your unit can see.")
        raise Missing(said, field="master")
    if found.master_id is not None or found.status == Status.DUPLICATE:
        said = _("That case repeats another one itself. Name the first.")
        raise Missing(said, field="master")
    return found


def _join(report: Report, *, by: Actor, at: datetime, version: int | None) -> Report:
    """Let the case go along with the one that was named, as it lay before it was."""
    said = report.verifications.select_related("master").latest("pk")
    taken = take("agree_duplicate", report, by=by, at=at, version=version)
    return merge(taken.report, into=said.master, by=by, at=at)


def _decide(
    report: Report, *, by: Actor, at: datetime, is_approved: bool, answer: str = ""
) -> None:
    """Write the operator's answer beside what was found, where a check led to it."""
    waiting = report.verifications.filter(is_approved=None, outcome__in=list(ASKS))
    said = waiting.order_by("-pk").first()
    if said is None:
        return
    said.is_approved, said.answer = is_approved, answer
    said.decided_by, said.decided_at = by.user, at
    said.save(update_fields=["is_approved", "answer", "decided_by", "decided_at"])
