"""A case as its reporter looks it up: no name, no phone, no e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from incidents.deadlines import read_calendar, working_days_left
from incidents.hearing import Openings, openings
from incidents.models import (
    Attachment,
    Candidate,
    Clock,
    DecisionRecord,
    Event,
    Note,
    Report,
    Result,
    Status,
    Transfer,
)
from incidents.models.status import ENDED
from incidents.privacy import without_contacts
from incidents.proof import is_reporter

from .filing import said_of, unit_of

#: What is said between staff and the reporter of a case in hand.
CONVERSATION = frozenset({Event.Code.MESSAGE, Event.Code.REPLIED})


#: What of one case is told to those whose reports go along with it.
OF_THE_WORK = frozenset(
    {
        Event.Code.ACCEPTED,
        Event.Code.REFUSED,
        Event.Code.ANSWERED,
        Event.Code.TRANSFERRED,
        Event.Code.HANDED_OVER,
        Event.Code.ACKNOWLEDGED,
        Event.Code.RETURNED,
        Event.Code.VERIFYING,
        Event.Code.VERIFIED,
        Event.Code.STARTED,
        Event.Code.PROGRESS,
        Event.Code.PAUSED,
        Event.Code.RESUMED,
        Event.Code.COMMITTED,
        Event.Code.END_CHANGED,
        Event.Code.RESOLVED,
        Event.Code.NOT_TRUE,
        Event.Code.NOT_FOUND,
        Event.Code.REOPENED,
        Event.Code.CLOSED,
    }
)
#: What reports of an incident are told in their own histories, each.
TOLD_OF_EACH = frozenset(
    {
        Event.Code.TRANSFERRED,
        Event.Code.HANDED_OVER,
        Event.Code.RETURNED,
        Event.Code.RESOLVED,
        Event.Code.NOT_TRUE,
        Event.Code.NOT_FOUND,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened, as whoever has the code reads it."""

    at: datetime
    code: str
    label: str
    text: str | None
    organisation: dict[str, str] | None
    is_own: bool = False  #: Whether the reporter, who reads it, wrote it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A case with all that its lookup tells, as of one moment."""

    report: Report
    decision: DecisionRecord
    clock: Clock
    timeline: tuple[Line, ...]
    result: Result | None
    photos: tuple[Attachment, ...]
    days_left: int | None
    openings: Openings
    carrier: Report | None  #: The case that it goes along with, whose result it shares.
    is_own: bool  #: Whether who looks has proven to be its reporter.
    is_chosen: bool  #: Whether an operator chose the unit, other than was proposed.

    @property
    def worked(self) -> Report:
        """The case that somebody works on: its own, or the one it goes along with."""
        return self.carrier or self.report

    @property
    def status_group(self) -> str:
        """How far the matter is: what goes along with another is done when that is."""
        return self.worked.status_group

    @property
    def explanation(self) -> str:
        """Why this unit, in one sentence: what was weighed, or that a person chose."""
        unit = self.worked.organisation
        if self.carrier is not None and unit is not None:
            return str(unit.label)
        if unit is None or unit == self.decision.organisation:
            return said_of(self.decision.reason, self.decision.arguments)
        if self.is_chosen:
            return _("%(unit)s, chosen by an operator.") % {"unit": unit.label}
        return str(unit.label)

    @property
    def result_text(self) -> str:
        """What the unit says it did, without any contact in it."""
        return without_contacts(self.result.text) if self.result else ""

    @property
    def awaits_reply(self) -> bool:
        """Whether somebody wrote to the reporter, who has not written back yet."""
        said = [line.code for line in self.timeline if line.code in CONVERSATION]
        return self.openings.reply and said[-1:] == [Event.Code.MESSAGE]

    @property
    def overdue(self) -> bool:
        """Whether the answer came, or has still to come, after the due date."""
        return self.days_left is not None and self.days_left < 0


def gather(code: str, *, at: datetime, proven: str = "") -> Looked | None:
    """Read a case by its lookup code; nothing for an unknown or withdrawn one.

    Whoever has `proven` the contact it was filed with reads their own words in it.
    """
    cases = Report.objects.exclude(status=Status.WITHDRAWN)
    report = (
        cases.select_related(
            "category",
            "organisation",
            "refusal_reason",
            "master__organisation",
            "master__refusal_reason",
            "incident__head__organisation",
        )
        .filter(code=code)
        .first()
    )
    if report is None:
        return None
    # A duplicate has the dates and the result of its master; part of an incident, it
    # keeps its own, and the work goes on at the incident's head.
    shown = report.master or report
    carrier = report.master or _head_of(report)
    worked = carrier or report
    clock = shown.clocks.get(party=Clock.Party.CITIZEN)
    published = shown.results.filter(published_at__isnull=False)
    result = published.select_related("source").order_by("-round").first()
    source = result and (result.source or result)
    photos = source.attachments.public() if source else ()
    is_own = is_reporter(report, proven)
    lines = _events(report)
    decided = report.decisions.select_related("organisation")
    decision = _with_choice(decided).latest("pk")
    days_left = _days_left(worked, clock, at=at)
    is_late = days_left is not None and days_left < 0
    return Looked(
        report=report,
        decision=decision,
        clock=clock,
        timeline=tuple(
            _line(event, is_own=is_own and _is_said_by(report, event))
            for event in lines
        ),
        result=result,
        photos=tuple(photos),
        days_left=days_left,
        openings=openings(report, is_late=is_late, at=at),
        carrier=carrier,
        is_own=is_own,
        is_chosen=decision.is_overruled,
    )


def _head_of(report: Report) -> Report | None:
    """Return the head of the incident that still carries this report, if one does."""
    incident = report.incident
    carries = incident and incident.closed_at is None and report.status not in ENDED
    return incident.head if incident and carries else None


def _events(report: Report) -> QuerySet[Event]:
    """Return what happened to a case, and from then on to the one it goes along with.

    Of that one it is how the work goes, and never what was said to its own reporter.
    """
    told, codes = Q(report=report), OF_THE_WORK
    carrier = report.master
    if report.incident is not None:
        carrier, codes = report.incident.head, OF_THE_WORK - TOLD_OF_EACH
    if carrier is not None:
        joined = report.joinings.filter(ended_at=None).values("at")[:1]
        told |= Q(report=carrier, code__in=codes, at__gte=Subquery(joined))
    events = Event.objects.filter(told, visibility=Event.Visibility.REPORTER)
    return events.select_related("note").order_by("at", "report_id", "sequence")


def _with_choice(decisions: QuerySet[DecisionRecord]) -> QuerySet[Any]:
    """Tell with a decision whether an operator chose another unit than it proposed.

    A unit that was asked and took the case up chose itself.
    """
    given = Transfer.objects.filter(
        report=OuterRef("report"),
        organisation=OuterRef("report__organisation"),
        by__isnull=False,
    ).exclude(decision__organisation=F("organisation"))
    took_up = Candidate.objects.filter(
        report=OuterRef("report"),
        organisation=OuterRef("report__organisation"),
        answer=Candidate.Answer.TOOK_IT_UP,
    )
    return decisions.annotate(is_overruled=Exists(given) & ~Exists(took_up))


def _days_left(report: Report, clock: Clock, *, at: datetime) -> int | None:
    """Count the working days left; less than none when late, nothing when ended."""
    moment = clock.stopped_at or at
    if moment > clock.due_at:
        return -1
    if clock.stopped_at or report.status in ENDED:
        return None
    return working_days_left(clock.due_at, at=at, calendar=read_calendar())


def _is_said_by(report: Report, event: Event) -> bool:
    """Tell whether what no staff wrote is of this report's own reporter.

    Who reopens the case that their report goes along with writes on that one.
    """
    of_another = event.arguments.get("case")
    if event.code == Event.Code.REOPENED and of_another:
        return bool(of_another == report.public_id)
    return event.report_id == report.pk


def _line(event: Event, *, is_own: bool) -> Line:
    """Tell an event without any contact in it.

    A reporter's words are echoed to nobody but the reporter.
    """
    note: Note | None = getattr(event, "note", None)
    by_reporter = event.by_id is None
    text = None
    if note is not None and by_reporter:
        text = note.text if is_own else None
    elif note is not None:
        text = without_contacts(note.text)
    return Line(
        at=event.at,
        code=event.code,
        label=event.label,
        text=text,
        organisation=unit_of(event.arguments),
        is_own=by_reporter and text is not None,
    )


class Step(serializers.Serializer[Line]):
    """One line of the timeline."""

    at = serializers.DateTimeField()
    label = serializers.CharField()  # type: ignore[assignment]
    text = serializers.CharField(allow_null=True)
    organisation = serializers.DictField(child=serializers.CharField(), allow_null=True)


class Case(serializers.Serializer[Looked]):
    """What the lookup answers."""

    code = serializers.CharField(source="report.code")
    public_id = serializers.CharField(source="report.public_id")
    status = serializers.CharField(source="report.status")
    status_label = serializers.CharField(source="report.get_status_display")
    status_group = serializers.CharField()
    category = serializers.SerializerMethodField()
    received_at = serializers.DateTimeField(source="report.received_at")
    due_at = serializers.DateTimeField(source="clock.due_at")
    due_is = serializers.SerializerMethodField()
    working_days_left = serializers.SerializerMethodField()
    overdue = serializers.BooleanField()
    organisation = serializers.SerializerMethodField()
    explanation = serializers.SerializerMethodField()
    areas = serializers.JSONField(source="decision.areas")
    approximate = serializers.BooleanField(source="decision.is_approximate")
    timeline = Step(many=True)
    refusal = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    can = serializers.SerializerMethodField()

    def get_category(self, case: Looked) -> dict[str, str]:
        category = case.report.category
        return {"code": category.code, "name": category.label}

    def get_due_is(self, case: Looked) -> str:
        return "firm" if case.clock.is_firm else "expected"

    def get_working_days_left(self, case: Looked) -> int | None:
        left = case.days_left
        return None if left is None else max(left, 0)

    def get_organisation(self, case: Looked) -> dict[str, str] | None:
        """Name the unit that has the case, or the one it is expected to go to."""
        unit = case.worked.organisation or case.decision.organisation
        return {"code": unit.code, "name": unit.label} if unit else None

    def get_explanation(self, case: Looked) -> str:
        return case.explanation

    def get_refusal(self, case: Looked) -> dict[str, str] | None:
        """Name the reason; the operator's text stands in the timeline."""
        reason = case.worked.refusal_reason
        return {"code": reason.code, "name": reason.label} if reason else None

    def get_result(self, case: Looked) -> dict[str, Any] | None:
        if case.result is None:
            return None
        return {
            "outcome": case.result.outcome,
            "text": case.result_text,
            "photos": [reverse("photo", args=[each.public_id]) for each in case.photos],
        }

    def get_can(self, case: Looked) -> dict[str, bool]:
        """Say what its reporter, once proven by a one-time code, may do with it now."""
        now = case.openings
        return {
            "rate": now.rate,
            "reopen": now.reopen,
            "remind": now.remind,
            "withdraw": now.withdraw,
        }
