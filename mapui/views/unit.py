"""A unit's list: what it has in hand, the late first; on a phone as on a desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, F, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from incidents.deadlines import read_calendar
from incidents.errors import IncidentError
from incidents.models import Report, ReportQuerySet, Result, Status
from incidents.permissions import Actor, visible_to
from incidents.work import acknowledge

from .doors import for_staff
from .listing import listed
from .remaining import remaining


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One thing to know about the unit's work, and the list it opens."""

    name: str
    count: int
    text: str
    tone: str


@for_staff
@require_safe
def unit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what the unit has in hand, all of it or as one sentence tells."""
    if not actor.units:
        return redirect("mapui:workbench")
    now = timezone.now()
    held = _held(actor)
    filters = _filters(at=now)
    asked = request.GET.get("show", "")
    shown = held.filter(filters[asked]) if asked in filters else held
    page = listed(shown.order_by(F("due_at"), "pk"), page=request.GET.get("page"))
    calendar = read_calendar()
    counts = held.aggregate(
        total=Count("pk"),
        **{name: Count("pk", filter=keeps) for name, keeps in filters.items()},
    )
    rows = [
        (each, remaining(due_at, at=now, calendar=calendar))
        for each in page.rows
        if (due_at := getattr(each, "due_at", None))
    ]
    context: dict[str, Any] = {
        "asked": asked if asked in filters else "",
        "sentences": _sentences(counts),
        "total": counts["total"],
        "rows": rows,
        "page": page,
        "now": now,
        "can_take": any(TAKEABLE.intersection({each.status}) for each in page.rows),
        "several": len({each.organisation_id for each in page.rows}) > 1,
    }
    return render(request, "mapui/staff/unit.html", context)


@for_staff
@require_POST
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Acknowledge the chosen cases, each as it was seen; say which could not be."""
    only = request.POST.get("one")
    chosen = [only] if only else request.POST.getlist("chosen")
    versions = dict(each.rpartition(":")[::2] for each in chosen)
    cases = Report.objects.filter(visible_to(actor), public_id__in=versions)
    taken = 0
    for report in cases.select_related("category", "organisation").distinct():
        seen = versions[report.public_id]
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else -1
        try:
            acknowledge(report, by=actor, at=timezone.now(), version=version)
        except IncidentError as error:
            messages.error(request, f"{report.category.label}: {error}")
        else:
            taken += 1
    _say(request, chosen=len(versions), taken=taken)
    asked = request.POST.get("show", "")
    back = urlencode({"show": asked}) if asked in _filters(at=timezone.now()) else ""
    return redirect(reverse("mapui:unit") + (f"?{back}" if back else ""))


#: A unit may say of these that it has them.
TAKEABLE = frozenset({Status.TRANSFERRED.value, Status.REOPENED.value})


def _say(request: HttpRequest, *, chosen: int, taken: int) -> None:
    if not chosen:
        messages.warning(request, _("Choose at least one case first."))
    if taken:
        said = ngettext(
            "%(count)s case acknowledged. Next: check on site or begin the work.",
            "%(count)s cases acknowledged. Next: check on site or begin the work.",
            taken,
        )
        messages.success(request, said % {"count": taken})


def _held(actor: Actor) -> ReportQuerySet:
    published = Result.objects.filter(report=OuterRef("pk"), published_at__isnull=False)
    return (
        Report.objects.in_hand_of(actor.units)
        .filter(visible_to(actor))
        .with_due_date()
        .alias(is_again=Exists(published))
        .select_related("category", "place", "organisation")
    )


def _filters(*, at: datetime) -> dict[str, Q]:
    """Return what each sentence counts, by the name it goes by in the address."""
    today = localtime(at)
    monday = today.date() + timedelta(days=7 - today.weekday())
    week_ends = datetime.combine(monday, time.min, tzinfo=today.tzinfo)
    return {
        "late": Q(due_at__lt=at),
        "week": Q(due_at__gte=at, due_at__lt=week_ends),
        "again": Q(is_again=True),
        "new": Q(status__in=TAKEABLE),
        "results": Q(status=Status.AWAITING),
    }


def _sentences(counts: dict[str, int]) -> list[Sentence]:
    """Say the three things that matter first, then what waits for a click."""
    late, week, again, new, results = (
        counts[name] for name in ("late", "week", "again", "new", "results")
    )
    said = {
        "late": ngettext("case is overdue", "cases are overdue", late),
        "week": ngettext("case is due this week", "cases are due this week", week),
        "again": ngettext("case was reopened", "cases were reopened", again),
        "new": ngettext("case to acknowledge", "cases to acknowledge", new),
        "results": ngettext(
            "result awaits approval", "results await approval", results
        ),
    }
    tones = {"late": "bad", "again": "bad", "week": "warn"}
    return [
        Sentence(
            name=name,
            count=counts[name],
            text=text,
            tone=tones.get(name, "") if counts[name] else "",
        )
        for name, text in said.items()
    ]
