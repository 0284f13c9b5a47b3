"""What a case waits for of other people: the arbiter, an approval, a part's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from accounts.models import User
from incidents.models import Approval, Arbitration, Report, Status, Verification
from incidents.permissions import Actor, approvers_of, visible_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was found, what is waited for, and who has the word, at one moment."""

    at: datetime
    verifications: tuple[Verification, ...] = ()  #: The newest first.
    arbitration: Arbitration | None = None  #: The last one that was asked for.
    approvers: tuple[User, ...] = ()  #: Who of the unit may approve today.
    shows_master: bool = False  #: Whether who reads may see the case that was named.

    @property
    def found(self) -> Verification | None:
        """What was found when the unit checked last."""
        return self.verifications[0] if self.verifications else None

    @property
    def minutes_left(self) -> int:
        """How long the arbiter still has; less than none when it is late."""
        if self.arbitration is None:
            return 0
        left = (self.arbitration.due_at - self.at).total_seconds()
        return int(left // 60)


def agreement_of(report: Report, actor: Actor, *, at: datetime) -> Agreement:
    """Read what the page of a case tells of agreeing; nothing where nothing is."""
    found: tuple[Verification, ...] = ()
    if report.verification or report.approval or report.status == Status.VERIFYING:
        rows = report.verifications.select_related("master")
        found = tuple(rows.order_by("-pk"))
    asked = None
    if report.awaits_arbiter or report.is_arbitrated:
        rows_ = report.arbitrations.select_related("organisation", "decided_by")
        asked = rows_.order_by("-pk").first()
    leads: tuple[User, ...] = ()
    if report.approval == Approval.LEADER:
        leads = tuple(approvers_of(report.organisation_id, on=localdate(at)))
    master = found[0].master_id if found else None
    shows = (
        master is not None
        and Report.objects.filter(visible_to(actor), pk=master).exists()
    )
    return Agreement(
        at=at,
        verifications=found,
        arbitration=asked,
        approvers=leads,
        shows_master=shows,
    )
