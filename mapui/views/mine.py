"""My reports: all that was filed with a contact which its owner has just proven."""

from __future__ import annotations

from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gis_data.api.fields import Reads
from incidents import proof
from incidents.models import Clock, Report, ReportQuerySet
from incidents.models.status import ENDED

from .limits import is_allowed
from .lookup import too_often
from .proving import ask_to_prove, proven_index

PAGE = 20


@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """List the reports of the contact that was proven, newest first."""
    if not is_allowed(request, Reads):
        return too_often(request)
    now = timezone.now()
    index = proven_index(request, at=now)
    if not index:
        return ask_to_prove(request, then=request.path)
    page = _page(request.GET.get("trang", ""))
    start = (page - 1) * PAGE
    found = list(_listed(proof.reports_of(index))[start : start + PAGE + 1])
    context = {
        "reports": [(each, _is_late(each, at=now)) for each in found[:PAGE]],
        "page": page,
        "newer": page - 1,
        "older": page + 1 if len(found) > PAGE else None,
    }
    return render(request, "mapui/mine.html", context)


def _listed(reports: ReportQuerySet) -> ReportQuerySet:
    clocks = Clock.objects.filter(report=OuterRef("pk"), party=Clock.Party.CITIZEN)
    return (
        reports.with_its_ward()
        .annotate(due_at=Subquery(clocks.values("due_at")[:1]))
        .order_by("-received_at", "-pk")
    )


def _is_late(report: Report, *, at: datetime) -> bool:
    due_at: datetime | None = getattr(report, "due_at", None)
    return bool(due_at and at > due_at) and report.status not in ENDED


def _page(asked: str) -> int:
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 5 else 1
