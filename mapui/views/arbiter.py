"""What the shift lead decides within the hour: cases that no unit would keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.models import Arbitration, Report, Transfer
from incidents.permissions import Actor, visible_to

from .doors import for_staff

#: So many are shown; they come one by one, and each has an hour.
WAITING = 100
#: So many that were decided stand below, the newest first.
DECIDED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A case before the arbiter: who gave it up and why, and how long is left."""

    arbitration: Arbitration
    given_up: list[Transfer]
    at: datetime

    @property
    def minutes(self) -> int:
        """How many minutes are left, or have gone by where it is late."""
        until = self.arbitration.decided_at or self.at
        seconds = (self.arbitration.due_at - until).total_seconds()
        return abs(int(seconds // 60)) if seconds >= 0 else int(-seconds // 60)

    @property
    def is_late(self) -> bool:
        return self.arbitration.was_late(at=self.at)


@for_staff
@require_safe
def disputes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List what waits for the arbiter, by what is due first; the desk reads it too."""
    if not (actor.is_desk or actor.sees_all):
        raise Http404
    now = timezone.now()
    seen = Report.objects.filter(visible_to(actor))
    rows = (
        Arbitration.objects.filter(report__in=seen.values("pk"))
        .select_related(
            "report__category",
            "report__place",
            "report__current_place",
            "report__organisation",
            "organisation",
            "decided_by",
        )
        .prefetch_related(GIVEN_UP)
    )
    waiting = rows.filter(decided_at=None, report__awaits_arbiter=True)
    decided = rows.filter(decided_at__isnull=False).order_by("-decided_at")
    context: dict[str, Any] = {
        "actor": actor,
        "waiting": [_told(row, now) for row in waiting.order_by("due_at")[:WAITING]],
        "decided": [_told(row, now) for row in decided[:DECIDED]],
    }
    return render(request, "mapui/staff/disputes.html", context)


GIVEN_UP = Prefetch(
    "report__transfers",
    Transfer.objects.filter(sender__isnull=False, by__isnull=False)
    .select_related("sender", "return_reason")
    .order_by("pk"),
    to_attr="given_up",
)


def _told(row: Arbitration, at: datetime) -> Dispute:
    given_up: list[Transfer] = getattr(row.report, "given_up", [])
    return Dispute(arbitration=row, given_up=given_up, at=at)
