"""Worked: what a unit has in hand, by when it is due, and what to know of it first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import IntEnum

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.utils.timezone import localdate, localtime

from .models import (
    Approval,
    Candidate,
    Category,
    Event,
    Report,
    ReportQuerySet,
    Result,
    Status,
)
from .models.status import AT_DESK, IN_HAND
from .permissions import Actor, visible_to

#: Their unit has not said yet that it has them.
UNTAKEN = frozenset({Status.TRANSFERRED, Status.REOPENED})


class Term(IntEnum):
    """By when a case is due, as a day's work is thought of."""

    LATE = 0
    TODAY = 1
    THIS_WEEK = 2
    LATER = 3


def work_of(actor: Actor, *, at: datetime) -> ReportQuerySet:
    """Return what a person's units have in hand and what was given to the person.

    The late come first, then what is due today, this week and later; within each what
    still needs work before what awaits approval, and the urgent before the rest.
    """
    mine = Q(organisation__in=actor.units) | Q(subunit__in=actor.units)
    mine |= Q(assignee=actor.user)
    published = Result.objects.filter(report=OuterRef("pk"), published_at__isnull=False)
    by_staff = Event.objects.filter(
        report=OuterRef("report"), sequence__gt=OuterRef("sequence"), by__isnull=False
    )
    replies = Event.objects.filter(report=OuterRef("pk"), code=Event.Code.REPLIED)
    urgent = Q(category__urgency=Category.Urgency.URGENT)
    high = Q(category__urgency=Category.Urgency.HIGH)
    return (
        Report.objects.filter(mine, visible_to(actor), status__in=IN_HAND)
        .with_due_date()
        .annotate(
            is_again=Exists(published),
            has_reply=Exists(replies.filter(~Exists(by_staff))),
            term=_first(*terms(at=at).items(), otherwise=Term.LATER),
        )
        .alias(
            is_filed=_first((1, Q(status=Status.AWAITING)), otherwise=0),
            rank=_first((0, urgent), (1, high), otherwise=2),
        )
        .order_by("term", "is_filed", "rank", F("due_at"), "pk")
    )


def to_visit(actor: Actor, *, at: datetime) -> ReportQuerySet:
    """Return the work that somebody has to go to: not filed yet, not paused for now."""
    rests = Q(status=Status.PAUSED, paused_until__gt=localdate(at))
    return work_of(actor, at=at).exclude(status=Status.AWAITING).exclude(rests)


def asked_of(actor: Actor) -> ReportQuerySet:
    """Return the cases that a person's units were asked about, the longest first."""
    whole = actor.units - actor.confined.keys()
    asked = Candidate.objects.filter(organisation__in=whole, answer="")
    there = Report.objects.filter(pk__in=asked.values("report"), status__in=AT_DESK)
    return there.order_by("received_at", "pk")


def terms(*, at: datetime) -> Mapping[Term, Q]:
    """Return which cases are due when; what fits none is due later."""
    today = localtime(at)
    midnight = _midnight(today, days=1)
    monday = _midnight(today, days=7 - today.weekday())
    return {
        Term.LATE: Q(due_at__lt=at),
        Term.TODAY: Q(due_at__gte=at, due_at__lt=midnight),
        Term.THIS_WEEK: Q(due_at__gte=midnight, due_at__lt=monday),
    }


def sorts(*, at: datetime) -> Mapping[str, Q]:
    """Return what is counted of a unit's work, by the name it goes by in addresses."""
    due = terms(at=at)
    return {
        "late": due[Term.LATE],
        "week": due[Term.TODAY] | due[Term.THIS_WEEK],
        "again": Q(is_again=True),
        "new": Q(status__in=UNTAKEN),
        "reminded": Q(reminded_at__isnull=False),
        "replied": Q(has_reply=True),
        "results": Q(status=Status.AWAITING),
        "leader": Q(status=Status.AWAITING, approval=Approval.LEADER),
        "broken": Q(committed_on__lt=localdate(at)),
    }


def _first(*ranked: tuple[int, Q], otherwise: int) -> Case:
    cases = [When(each, then=Value(int(rank))) for rank, each in ranked]
    return Case(*cases, default=Value(int(otherwise)), output_field=IntegerField())


def _midnight(today: datetime, *, days: int) -> datetime:
    on = today.date() + timedelta(days=days)
    return datetime.combine(on, time.min, tzinfo=today.tzinfo)
