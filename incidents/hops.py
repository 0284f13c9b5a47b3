"""Passed around: how often units gave a case up, and when somebody must decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import User

from .models import Arbitration, Organisation, Report, Transfer

#: So often units may give a case up between them; then somebody decides.
HOPS = 2
#: Of the clock, at night and on holidays too: the case is nobody's meanwhile.
DECIDES_WITHIN = timedelta(hours=1)


def needs_arbiter(report: Report, *, to: Organisation | None = None) -> bool:
    """Tell whether the next hand is for the arbiter to name.

    It is after two hops between units; and where the case would go back `to` a unit
    that gave it up, from another that has had it since.
    """
    hops = list(Transfer.objects.hops_of(report).order_by("pk"))
    if len(hops) >= HOPS:
        return True
    givers = [hop.sender_id for hop in hops]
    if to is None or to.pk not in givers:
        return False
    since = hops[givers.index(to.pk)]
    others = Transfer.objects.filter(report=report, pk__gte=since.pk)
    return others.exclude(organisation=None).exclude(organisation=to).exists()


def call_arbiter(report: Report, *, by: User | None, at: datetime) -> Arbitration:
    """Put a case before the shift lead, who has an hour; once, until it is decided."""
    waiting, _is_new = Arbitration.objects.get_or_create(
        report=report,
        decided_at=None,
        defaults={"asked_at": at, "asked_by": by, "due_at": at + DECIDES_WITHIN},
    )
    return waiting
