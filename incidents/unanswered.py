"""Unanswered: reporters who were asked and said nothing; reminded once, by the worker.

That a report is refused for it is for an operator to say, never for a machine.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Subquery
from django.db.models.lookups import LessThan

from .deadlines import read_calendar
from .handover import cut_off, refuse
from .models import Event, RefusalReason, Report, ReportQuerySet, Status
from .notifications import tell
from .permissions import Actor, Side
from .workflow import take

Code = Event.Code


def with_asked(reports: ReportQuerySet) -> ReportQuerySet:
    """Tell of each when its reporter was last asked, as `asked_at`."""
    asked = Event.objects.filter(report=OuterRef("pk"), code=Code.INFO_REQUESTED)
    latest = asked.order_by().values("report").annotate(last=Max("at")).values("last")
    return reports.annotate(asked_at=Subquery(latest))


def unanswered(*, at: datetime) -> ReportQuerySet:
    """Return the cases whose reporters have let the time for an answer pass."""
    waiting = Report.objects.filter(status=Status.INFO_REQUESTED)
    late = LessThan(F("asked_at"), cut_off(read_calendar(), at=at))
    return with_asked(waiting).filter(late)


def remind_due(*, at: datetime) -> int:
    """Remind each reporter who has not answered in time, once; return how many."""
    reminded = Event.objects.filter(
        report=OuterRef("pk"), code=Code.INFO_REMINDED, at__gte=OuterRef("asked_at")
    )
    due = unanswered(at=at).filter(~Exists(reminded)).values_list("pk", flat=True)
    return sum(remind(pk, at=at) for pk in list(due))


@transaction.atomic
def remind(report_id: int, *, at: datetime) -> bool:
    """Remind one reporter, unless somebody did meanwhile or an answer has come."""
    held = Report.objects.select_for_update(of=("self",)).get(pk=report_id)
    if held.status != Status.INFO_REQUESTED:
        return False
    last = (
        held.events.filter(code__in=[Code.INFO_REQUESTED, Code.INFO_REMINDED])
        .order_by("sequence")
        .last()
    )
    if last is None or last.code == Code.INFO_REMINDED:
        return False
    taken = take("remind_reporter", held, by=Side.SYSTEM, at=at)
    tell(taken.event, at=at)
    return True


@transaction.atomic
def refuse_unanswered(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Refuse a report for want of an answer, in the city's own words, at one press."""
    codes = settings.CITY.refused_after_asking
    reason = RefusalReason.objects.filter(code__in=codes, is_active=True).first()
    english = (
        report.language != settings.LANGUAGE_CODE and reason and reason.guidance_en
    )
    text = (reason.guidance_en if english else reason.guidance) if reason else ""
    return refuse(report, by=by, at=at, reason=reason, text=text, version=version)
