"""The operators' queue: what waits for a person, the urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from incidents import calls
from incidents.batches import transfer_proposed
from incidents.deadlines import Calendar
from incidents.glance import read_glance
from incidents.handover import cut_off
from incidents.models import (
    DecisionRecord,
    Organisation,
    Report,
    ReportQuerySet,
    Status,
)
from incidents.models.lookup_code import read_code
from incidents.models.status import ENDED
from incidents.permissions import Actor, visible_to
from incidents.unanswered import with_asked
from incidents.workflow import CLAIM_HOLDS

from . import keys
from .doors import for_staff
from .listing import listed
from .remaining import Aim, Remaining, aim_of, remaining

#: By which step a case of the queue goes to the unit proposed for it.
ONWARD = {
    Status.RECEIVED: "accept_and_transfer",
    Status.INFO_REQUESTED: "accept_and_transfer",
    Status.ACCEPTED: "transfer",
}
ON_A_PAGE = 50
#: So many cases from the front of the queue one goes through without a look at it.
WITHIN_REACH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One kind of waiting, and the states it gathers; none gathers everything."""

    name: str
    label: str | Promise
    empty: str | Promise
    statuses: tuple[Status, ...] = ()


TABS = (
    Tab(
        name="reception",
        label=gettext_lazy("To receive"),
        empty=gettext_lazy("Nothing waits to be received."),
        statuses=(Status.RECEIVED,),
    ),
    Tab(
        name="transfer",
        label=gettext_lazy("To transfer"),
        empty=gettext_lazy("Nothing waits to be transferred."),
        statuses=(Status.ACCEPTED, Status.RETURNED),
    ),
    Tab(
        name="approval",
        label=gettext_lazy("Results to approve"),
        empty=gettext_lazy("No result waits for approval."),
        statuses=(Status.AWAITING,),
    ),
    Tab(
        name="information",
        label=gettext_lazy("Waiting for information"),
        empty=gettext_lazy("No reporter owes us information."),
        statuses=(Status.INFO_REQUESTED,),
    ),
    Tab(
        name="all",
        label=gettext_lazy("All"),
        empty=gettext_lazy("There is no report yet."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A case in the queue, with what was proposed and what was doubted."""

    report: Report
    decision: DecisionRecord | None
    clock: Remaining | None
    claimed_by_me: bool
    claimed_by_other: bool
    is_unanswered: bool  #: Its reporter has let the time for an answer pass.
    is_mine_to_do: bool  #: An operator reads it, and no other has it on the screen.
    aim: Aim | None = None  #: The internal target that runs out first.

    @property
    def onward(self) -> str:
        """The step that gives it to the unit proposed, at one press; none if none."""
        is_free = self.is_mine_to_do and self.proposed is not None
        return ONWARD.get(Status(self.report.status), "") if is_free else ""

    @property
    def proposed(self) -> Organisation | None:
        return self.decision.organisation if self.decision else None

    @property
    def wants_a_unit(self) -> bool:
        """Nothing is proposed, so the operator says which unit, on the case's page."""
        waits = self.report.status in ONWARD
        return self.is_mine_to_do and waits and self.proposed is None

    @property
    def may_claim(self) -> bool:
        waits = self.report.status in {*ONWARD, Status.RETURNED}
        return self.is_mine_to_do and waits and not self.claimed_by_me


@for_staff
@require_safe
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show one tab of the queue; leaders and auditors read the same."""
    if not (actor.is_desk or actor.sees_all):
        return redirect("mapui:unit")
    return _show(request, actor)


@for_staff
@require_POST
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lead to a case by what is sent and not put in an address.

    An operator may give the code, or the phone or e-mail of a caller who lost it; the
    latest case of that contact is found by its blind index, and nothing is opened; that
    somebody looked is written down.
    """
    typed = request.POST.get("code", "").strip()
    asked = Q(public_id=typed)
    if actor.is_desk and (code := read_code(typed)):
        asked |= Q(code=code)
    found = Report.objects.filter(visible_to(actor)).filter(asked).first()
    if found is None and actor.is_desk:
        found = calls.cases_of(typed, by=actor, at=timezone.now()).first()
    if found is not None:
        return redirect("mapui:staff-case", public_id=found.public_id)
    if not (actor.is_desk or actor.sees_all):
        return redirect("mapui:unit")
    said = {"typed": typed, "mistake": _("No case has this code, id, phone or e-mail.")}
    return _show(request, actor, status=HTTPStatus.NOT_FOUND, said=said)


@for_staff
@require_safe
def following(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Lead from a case to the next one to receive that no colleague works on."""
    if not actor.is_desk:
        return redirect("mapui:workbench")
    held = Q(claimed_at__gt=timezone.now() - CLAIM_HOLDS) & ~Q(claimed_by=actor.user)
    waiting = (
        waiting_in(TABS[0], actor).exclude(held).values_list("public_id", flat=True)
    )
    ids = list(waiting[:WITHIN_REACH])
    turn = ids.index(public_id) + 1 if public_id in ids else 0
    if turn < len(ids):
        return redirect("mapui:staff-case", public_id=ids[turn])
    return redirect("mapui:queue")


@for_staff
@require_POST
def transfer_chosen(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Transfer the chosen cases, each as it was seen; say which could not go."""
    if not actor.is_desk:
        return redirect("mapui:workbench")
    chosen = list(read_chosen(request, actor, most=ON_A_PAGE))
    back = (
        f"{reverse('mapui:queue')}?{urlencode({'tab': request.POST.get('back', '')})}"
    )
    if not chosen:
        messages.warning(request, _("Choose at least one case first."))
        return redirect(back)
    batch = transfer_proposed(chosen, by=actor, at=timezone.now())
    if not batch.refused:
        said = ngettext(
            "%(count)s case transferred; its reporter is told.",
            "%(count)s cases transferred; their reporters are told.",
            len(batch.done),
        )
        messages.success(request, said % {"count": len(batch.done)})
        return redirect(back)
    context = {"batch": batch, "back": back}
    return render(request, "mapui/staff/batch.html", context)


def read_chosen(
    request: HttpRequest, actor: Actor, *, most: int
) -> Iterator[tuple[Report, int]]:
    """Find the chosen cases among those in sight, each with the version seen."""
    chosen = request.POST.getlist("chosen")[:most]
    versions = dict(each.rpartition(":")[::2] for each in chosen)
    cases = Report.objects.filter(visible_to(actor), public_id__in=versions)
    for report in cases.with_its_ward().order_by("received_at", "pk"):
        seen = versions[report.public_id]
        is_number = seen.isdecimal() and len(seen) < 10
        yield report, int(seen) if is_number else -1


def _show(
    request: HttpRequest,
    actor: Actor,
    *,
    status: int = HTTPStatus.OK,
    said: dict[str, str] | None = None,
) -> HttpResponse:
    now = timezone.now()
    tab = _chosen(request)
    page = listed(
        waiting_in(tab, actor), page=request.GET.get("page"), on_a_page=ON_A_PAGE
    )
    glance = read_glance(actor, at=now)
    rows = [_row(each, actor, at=now, calendar=glance.calendar) for each in page.rows]
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": _counted(glance.counts),
        "rows": rows,
        "can_transfer": any(row.onward for row in rows),
        "page": page,
        "glance": glance,
        "drafts": [(draft, draft.is_late(at=now)) for draft in glance.drafts],
        "keys": keys.QUEUE,
        "actor": actor,
        "now": now,
    }
    return render(
        request, "mapui/staff/queue.html", context | (said or {}), status=status
    )


def _chosen(request: HttpRequest) -> Tab:
    asked = request.GET.get("tab")
    return next((tab for tab in TABS if tab.name == asked), TABS[0])


def _counted(counts: Mapping[str, int]) -> list[tuple[Tab, int | None]]:
    """Say how much waits in each tab; all there is, is not counted."""
    return [
        (tab, sum(counts.get(s, 0) for s in tab.statuses) if tab.statuses else None)
        for tab in TABS
    ]


def waiting_in(tab: Tab, actor: Actor) -> ReportQuerySet:
    """Look for the cases of a tab, each with what was last decided of it."""
    seen = Report.objects.filter(visible_to(actor))
    if Status.INFO_REQUESTED in tab.statuses:
        seen = with_asked(seen)
    reports = (
        seen.with_due_date()
        .with_next_target()
        .with_its_ward()
        .select_related("claimed_by")
        .defer("answers", "boundary")
        .annotate(decided=Subquery(LATEST_DECISION))
    )
    if not tab.statuses:
        return reports.order_by("-pk")
    return reports.filter(status__in=tab.statuses).urgent_first()


LATEST_DECISION = (
    DecisionRecord.objects.filter(report=OuterRef("pk"))
    .order_by("-pk")
    .values(
        said=JSONObject(
            reason="reason",
            doubts="doubts",
            is_approximate="is_approximate",
            code="organisation__code",
            name="organisation__name",
            name_en="organisation__name_en",
        )
    )[:1]
)


def _row(report: Report, actor: Actor, *, at: datetime, calendar: Calendar) -> Row:
    is_claimed = holds(report, at=at)
    mine = report.claimed_by_id == actor.user.pk
    due_at: datetime | None = getattr(report, "due_at", None)
    runs = report.status not in ENDED
    clock = due_at and runs and remaining(due_at, at=at, calendar=calendar)
    aim = aim_of(report, at=at) if runs else None
    return Row(
        report=report,
        decision=_decision(getattr(report, "decided", None)),
        clock=clock or None,
        aim=aim,
        claimed_by_me=is_claimed and mine,
        claimed_by_other=is_claimed and not mine,
        is_unanswered=_is_unanswered(report, at=at, calendar=calendar),
        is_mine_to_do=actor.is_desk and (mine or not is_claimed),
    )


def _is_unanswered(report: Report, *, at: datetime, calendar: Calendar) -> bool:
    asked_at: datetime | None = getattr(report, "asked_at", None)
    waits = report.status == Status.INFO_REQUESTED and asked_at is not None
    return waits and asked_at is not None and asked_at < cut_off(calendar, at=at)


def _decision(said: dict[str, Any] | None) -> DecisionRecord | None:
    """Read what a row tells of the last decision on its case."""
    if said is None:
        return None
    code, name, name_en = (said.pop(each) for each in ("code", "name", "name_en"))
    unit = Organisation(code=code, name=name, name_en=name_en) if code else None
    return DecisionRecord(organisation=unit, **said)


def holds(report: Report, *, at: datetime) -> bool:
    """Tell whether somebody's claim on a case still keeps others out."""
    claimed_at = report.claimed_at
    return claimed_at is not None and at - claimed_at < CLAIM_HOLDS
