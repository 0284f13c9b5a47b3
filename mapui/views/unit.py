"""A unit's list: what it has in hand, the late first; on a phone as on a desk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from incidents.beside import read_beside
from incidents.deadlines import Calendar
from incidents.errors import IncidentError
from incidents.models import Report, ReportQuerySet, Status
from incidents.permissions import Actor, colleagues_of, visible_to
from incidents.work import acknowledge, assign
from incidents.workflow import open_steps
from incidents.worklist import UNTAKEN, Term, sorts, work_of

from .city_map import first_view, map_words
from .doors import for_staff
from .listing import Listed, listed
from .on_paper import paper_of
from .remaining import Aim, Remaining, aim_of, remaining
from .unit_asked import NOBODY, Asked, read_asked

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One thing to know about the unit's work, and the list it opens."""

    name: str
    count: int
    text: str
    way: str  #: The query of the list's address.
    is_on: bool
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A case in the unit's list."""

    report: Report
    clock: Remaining | None
    term: Term
    is_again: bool
    has_reply: bool
    is_mine: bool
    may_approve: bool  #: Whether its result waits for this very person.
    aim: Aim | None = None  #: The internal target that runs out first.
    broke_its_word: bool = False  #: Whether the day committed to has gone by.

    @property
    def photo(self) -> str:
        """The public id of the first photo that was sent, to know the place by."""
        return getattr(self.report, "first_photo", None) or ""

    @property
    def is_untaken(self) -> bool:
        return self.report.status in UNTAKEN

    @property
    def awaits_approval(self) -> bool:
        return self.report.status == Status.AWAITING


@for_staff
@require_safe
def unit(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what the unit has in hand, all of it or as one sentence tells."""
    if not actor.units:
        return redirect("mapui:workbench")
    now = timezone.now()
    work, asked = work_of(actor, at=now), read_asked(request.GET)
    rows = asked.of(work, actor, at=now).with_its_ward().select_related("assignee")
    page = listed(
        rows.with_first_photo().with_next_target(),
        page=request.GET.get("page"),
        on_a_page=ON_A_PAGE,
    )
    beside = read_beside(actor, at=now)
    jobs = [job_of(each, actor, at=now, calendar=beside.calendar) for each in page.rows]
    counts = _counts(work, asked, actor, at=now)
    units = {held.label for job in jobs if (held := job.report.organisation)}
    context: dict[str, Any] = {
        "actor": actor,
        "asked": asked,
        "ways": _ways(asked, page),
        "sentences": _sentences(counts, asked),
        "chips": _chips(counts, asked, officer=_called(asked, jobs, beside.officers)),
        "rows": jobs,
        "groups": list(_grouped(jobs)),
        "page": page,
        "now": now,
        "questions": beside.questions,
        "several": len(units) > 1,
        "unit_name": "".join(units) if len(units) == 1 else "",
        "can_take": any(job.is_untaken for job in jobs),
        "officers": beside.officers,
        "on_call": beside.on_call if jobs else [],
        "map_words": map_words(),
        "first_view": first_view(),
        "has_border": beside.has_border,
        "paper": paper_of(request.path, request.GET.urlencode(), at=now),
    }
    return render(request, "mapui/staff/unit.html", context)


@for_staff
@require_POST
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Acknowledge the chosen cases, each as it was seen; say which could not be."""
    done = before = 0
    chosen = list(_chosen(request, actor))
    for report, version in chosen:
        if report.status not in UNTAKEN and report.version == version:
            before += 1
            continue
        try:
            acknowledge(report, by=actor, at=timezone.now(), version=version)
        except IncidentError as error:
            messages.error(request, f"{report.category.label}: {error}")
        else:
            done += 1
    if done:
        said = ngettext(
            "%(count)s case acknowledged. Next: check on site or begin the work.",
            "%(count)s cases acknowledged. Next: check on site or begin the work.",
            done,
        )
        messages.success(request, said % {"count": done})
    elif before:
        messages.warning(request, _("The chosen cases were acknowledged before."))
    return _back(request, chosen)


@for_staff
@require_POST
def give(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Give the chosen cases to one officer, each as it was seen."""
    done = 0
    chosen = list(_chosen(request, actor))
    people = colleagues_of(actor, on=localdate())
    to = request.POST.get("assignee", "")
    officer = people.filter(pk=to).first() if to.isdecimal() and len(to) < 10 else None
    if chosen and officer is None:
        messages.warning(request, _("Choose whom to give them to."))
        return _back(request, chosen)
    for report, version in chosen:
        try:
            assign(report, to=officer, by=actor, at=timezone.now(), version=version)
        except IncidentError as error:
            messages.error(request, f"{report.category.label}: {error}")
        else:
            done += 1
    if done and officer:
        said = ngettext(
            "%(count)s case given to %(who)s.",
            "%(count)s cases given to %(who)s.",
            done,
        )
        who = officer.get_full_name() or officer.get_username()
        messages.success(request, said % {"count": done, "who": who})
    return _back(request, chosen)


def job_of(report: Report, actor: Actor, *, at: datetime, calendar: Calendar) -> Job:
    """Read what a list tells of one case."""
    due_at: datetime | None = getattr(report, "due_at", None)
    return Job(
        report=report,
        clock=remaining(due_at, at=at, calendar=calendar) if due_at else None,
        term=Term(getattr(report, "term", Term.LATER)),
        is_again=bool(getattr(report, "is_again", False)),
        has_reply=bool(getattr(report, "has_reply", False)),
        is_mine=report.assignee_id == actor.user.pk,
        may_approve="approve_result" in open_steps(report, actor.sides(report)),
        aim=aim_of(report, at=at),
        broke_its_word=bool(
            report.committed_on and report.committed_on < localdate(at)
        ),
    )


def _chosen(request: HttpRequest, actor: Actor) -> Iterator[tuple[Report, int]]:
    """Find the chosen cases among those in sight, each with the version seen."""
    only = request.POST.get("one")
    chosen = [only] if only else request.POST.getlist("chosen")[:ON_A_PAGE]
    versions = dict(each.rpartition(":")[::2] for each in chosen)
    cases = Report.objects.filter(visible_to(actor), public_id__in=versions)
    for report in cases.select_related("category", "organisation").distinct():
        seen = versions[report.public_id]
        is_number = seen.isdecimal() and len(seen) < 10
        yield report, int(seen) if is_number else -1


def _back(request: HttpRequest, chosen: list[tuple[Report, int]]) -> HttpResponse:
    if not chosen:
        messages.warning(request, _("Choose at least one case first."))
    asked = read_asked(request.POST)
    return redirect(reverse("mapui:unit") + asked.address())


def _counts(
    work: ReportQuerySet, asked: Asked, actor: Actor, *, at: datetime
) -> dict[str, int]:
    """Count each sort of the unit's work, and all of it, in one statement."""
    whose = asked.whose(actor)
    wanted = {name: keeps & whose for name, keeps in sorts(at=at).items()}
    wanted |= {"mine": Q(assignee=actor.user), "officer": whose}
    return work.order_by().aggregate(
        total=Count("pk"),
        **{name: Count("pk", filter=keeps) for name, keeps in wanted.items()},
    )


def _called(asked: Asked, jobs: Sequence[Job], officers: Iterable[User]) -> str:
    """Name whose cases are asked for, as far as the list or the unit knows them."""
    if asked.officer == NOBODY:
        return _("Given to nobody")
    first = jobs[0].report.assignee if jobs else None
    people = [each for each in (first, *officers) if each]
    found = next((each for each in people if str(each.pk) == asked.officer), None)
    return found.label if found else _("Officer")


def _ways(asked: Asked, page: Listed[Report]) -> dict[str, str]:
    """Return where the switches and the pages of the list lead."""
    home = reverse("mapui:unit")
    return {
        "list": home + asked.address(view=""),
        "map": home + asked.address(view="map"),
        "points": reverse("mapui:unit-points") + asked.address(view=""),
        "previous": home + asked.address(page=str(page.previous_number)),
        "next": home + asked.address(page=str(page.next_number)),
    }


def _grouped(jobs: list[Job]) -> Iterator[tuple[str, str, list[Job]]]:
    """Put the cases of one term under its heading."""
    headings = {
        Term.LATE: ("late", _("Overdue")),
        Term.TODAY: ("today", _("Today")),
        Term.THIS_WEEK: ("week", _("This week")),
        Term.LATER: ("later", _("Later")),
    }
    for term, found in groupby(jobs, key=lambda job: job.term):
        yield (*headings[term], list(found))


def _sentences(counts: dict[str, int], asked: Asked) -> list[Sentence]:
    """Say the three things that matter first."""
    late, week, again = (counts[name] for name in ("late", "week", "again"))
    said = {
        "late": (ngettext("case is overdue", "cases are overdue", late), "bad"),
        "week": (
            ngettext("case is due this week", "cases are due this week", week),
            "warn",
        ),
        "again": (ngettext("case was reopened", "cases were reopened", again), "bad"),
    }
    return [
        Sentence(
            name=name,
            count=counts[name],
            text=text,
            way=asked.address(show=name),
            is_on=asked.show == name,
            tone=tone if counts[name] else "",
        )
        for name, (text, tone) in said.items()
    ]


def _chips(counts: dict[str, int], asked: Asked, *, officer: str) -> list[Sentence]:
    """Name what else the list can be narrowed to; what is empty is left out."""
    labels = {
        "new": _("To acknowledge"),
        "replied": _("New answer"),
        "reminded": _("Reminded"),
        "results": _("Awaiting approval"),
        "leader": _("Awaiting the leader's approval"),
        "broken": _("Commitment not kept"),
    }
    every = Sentence(
        name="all",
        count=counts["total"],
        text=_("All in hand"),
        way=asked.address(show="", mine="", officer=""),
        is_on=not asked.is_narrowed,
    )
    mine = Sentence(
        name="mine",
        count=counts["mine"],
        text=_("Mine"),
        way=asked.address(mine="" if asked.mine else "1", officer=""),
        is_on=asked.mine,
    )
    whose = [
        Sentence(
            name="officer",
            count=counts["officer"],
            text=officer,
            way=asked.address(officer=""),
            is_on=True,
        )
    ]
    narrowed = [
        Sentence(
            name=name,
            count=counts[name],
            text=label,
            way=asked.address(show=name),
            is_on=asked.show == name,
        )
        for name, label in labels.items()
        if counts[name] or asked.show == name
    ]
    return [every, mine, *(whose if asked.officer else []), *narrowed]
