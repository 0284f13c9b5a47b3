"""The lists staff work from: the operators' queue, and a unit's cases by deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from incidents.handover import CLAIM_HOLDS
from incidents.models import Category, Clock, Report, ReportQuerySet, Status
from incidents.models.status import ENDED, IN_HAND
from incidents.permissions import Actor

from .staff import for_staff

ON_A_PAGE = 40
SOON = timedelta(days=7)
S = Status
#: The heaps on the operators' desk.
HEAPS: dict[str, tuple[Any, Q]] = {
    "new": (_("New"), Q(status=S.RECEIVED)),
    "accepted": (_("To be transferred"), Q(status=S.ACCEPTED)),
    "returned": (_("Returned by units"), Q(status=S.RETURNED)),
    "results": (_("Results to approve"), Q(status=S.AWAITING)),
    "asked": (_("Waiting for the reporter"), Q(status=S.INFO_REQUESTED)),
}
URGENCY = Case(
    When(category__urgency=Category.Urgency.URGENT, then=0),
    When(category__urgency=Category.Urgency.HIGH, then=1),
    default=2,
    output_field=IntegerField(),
)


@for_staff
def workbench(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lead each to the list they work from."""
    if actor.is_desk or not actor.units:
        return redirect("mapui:queue")
    return redirect("mapui:unit")


@require_safe
@for_staff
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List what waits for an operator: the urgent first, then the oldest."""
    if not (actor.is_desk or actor.sees_all):
        return redirect("mapui:unit")
    heap = request.GET.get("heap", "")
    waiting = Q()
    for _name, condition in HEAPS.values():
        waiting |= condition
    counts = Report.objects.filter(waiting).aggregate(
        **{name: Count("pk", filter=condition) for name, (_s, condition) in HEAPS.items()}
    )
    chosen = HEAPS[heap][1] if heap in HEAPS else waiting
    listed = _listed(Report.objects.filter(chosen)).order_by(
        URGENCY, "received_at", "pk"
    )
    now = timezone.now()
    context = _page(request, listed) | {
        "heaps": [(name, said, counts[name]) for name, (said, _q) in HEAPS.items()],
        "heap": heap,
        "total": sum(counts.values()),
        "claims_since": now - CLAIM_HOLDS,
        "now": now,
    }
    return render(request, "mapui/staff/queue.html", context)


@require_safe
@for_staff
def unit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List a unit's cases by deadline: the late come first."""
    now = timezone.now()
    held = _listed(Report.objects.filter(organisation__in=actor.units))
    piles = _piles(now)
    counts = held.aggregate(
        **{name: Count("pk", filter=condition) for name, (_s, condition) in piles.items()}
    )
    pile = request.GET.get("pile", "")
    chosen = piles[pile][1] if pile in piles else Q(status__in=IN_HAND)
    listed = held.filter(chosen).order_by(F("due_at").asc(nulls_last=True), "pk")
    context = _page(request, listed) | {
        "piles": [(name, said, counts[name]) for name, (said, _q) in piles.items()],
        "pile": pile,
        "now": now,
        "soon": now + SOON,
    }
    return render(request, "mapui/staff/unit.html", context)


def _piles(now: datetime) -> dict[str, tuple[Any, Q]]:
    """The sentences at the top of a unit's list, each with its cases."""
    in_hand = Q(status__in=IN_HAND)
    return {
        "late": (_("overdue"), in_hand & Q(due_at__lt=now)),
        "soon": (
            _("due within a week"),
            in_hand & Q(due_at__gte=now, due_at__lt=now + SOON),
        ),
        "new": (_("not yet acknowledged"), Q(status=S.TRANSFERRED)),
        "reopened": (_("reopened"), Q(status=S.REOPENED)),
        "done": (_("finished"), Q(status__in=ENDED)),
    }


def _listed(reports: ReportQuerySet) -> ReportQuerySet:
    """Bring along what a line of a list tells, in the same statement."""
    citizens = Clock.objects.filter(report=OuterRef("pk"), party=Clock.Party.CITIZEN)
    return reports.select_related(
        "category", "place", "organisation", "claimed_by"
    ).annotate(due_at=Subquery(citizens.values("due_at")[:1]))


def _page(request: HttpRequest, listed: ReportQuerySet) -> dict[str, Any]:
    return {"page": Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page"))}
