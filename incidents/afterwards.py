"""Afterwards: was it really done? Who leads the unit hears where somebody says no.

A bad rating reaches them unless the case was reopened, which reaches the unit anyhow; a
share of those who followed the case is asked, and many who say no reach them as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .errors import Missing, NoSuchFollowing, NotAllowed, NotNow
from .history import Happening, last_event, naming, record
from .models import (
    AskedFollower,
    Concern,
    Event,
    Following,
    Organisation,
    Rating,
    Report,
    Result,
    Status,
)
from .models.afterwards import ConcernQuerySet
from .notifications import defer, tell_followers
from .permissions import Actor, visible_to
from .ratings import WITH_RESULT
from .staff_notices import staff_jobs

Answer, Kind = AskedFollower.Answer, Concern.Kind
STAFF = Event.Visibility.STAFF
#: An older result is asked about no more: nobody would remember.
ASKED_WITHIN = timedelta(days=14)
#: So many are seen to in one run.
LOT = 500
TEXT_AT_MOST = 2000


def raise_concerns(*, at: datetime) -> list[Concern]:
    """Bring bad ratings to who leads the unit, once their reporters had time to reopen.

    Each once a result; a rating that was mended meanwhile is none.
    """
    until = at - timedelta(hours=settings.CITY.bad_rating_waits_hours)
    worst = settings.CITY.bad_score
    bad = Q(reception__lte=worst) | Q(handling__lte=worst) | Q(feedback__lte=worst)
    raised = Concern.objects.filter(
        report=OuterRef("case"), round=OuterRef("round"), kind=Kind.RATING
    )
    # What goes along with another is rated, and looked into, as that one.
    rated = Rating.objects.annotate(case=Coalesce("report__master", "report"))
    found = rated.filter(bad, ~Exists(raised), ~_reopened("at", case="case"))
    due = found.filter(updated_at__lte=until).order_by("pk")
    made = [
        _raise(case, round_, Kind.RATING, at=at)
        for case, round_ in due.values_list("case", "round")[:LOT]
    ]
    return [each for each in made if each is not None]


def ask_followers(*, at: datetime) -> int:
    """Ask a share of those who follow a case, and can be told, whether it is done.

    Who is asked is drawn by the following itself, so that a run which is repeated asks
    nobody else. Returns how many were asked.
    """
    until = at - timedelta(hours=settings.CITY.asked_after_hours)
    results = Result.objects.filter(
        ~_reopened("published_at"),
        published_at__range=(at - ASKED_WITHIN, until),
        report__status__in=WITH_RESULT,
    )
    asked = AskedFollower.objects.filter(
        following=OuterRef("pk"), round=OuterRef("round")
    )
    reachable = ~Q(contact__email_index="") | ~Q(contact__phone_index="")
    waiting = (
        Following.objects.filter(
            reachable,
            ended_at=None,
            contact__isnull=False,
            report__results__in=results,
        )
        .annotate(round=F("report__results__round"))
        .filter(~Exists(asked))
        .order_by("report_id", "pk")
    )
    cases: dict[tuple[int, int], list[Following]] = {}
    for each in waiting:
        number: int = each.round
        if is_drawn(each, round_=number):
            cases.setdefault((each.report_id, number), []).append(each)
    for (report_id, number), followings in list(cases.items())[:LOT]:
        _ask(report_id, number, followings, at=at)
    return sum(map(len, list(cases.values())[:LOT]))


def is_drawn(following: Following, *, round_: int) -> bool:
    """Tell whether a follower is among the share that is asked about a result."""
    drawn = sha256(f"{following.token} {round_}".encode()).digest()
    return int.from_bytes(drawn[:4]) < settings.CITY.asked_share * 2**32


@transaction.atomic
def answer_question(token: str, *, answer: str, at: datetime) -> AskedFollower:
    """Keep what a follower says of a result; said again, the last word counts.

    Where many say that it is not done, who leads the unit hears of it.
    """
    asked = AskedFollower.objects.select_related("following")
    held = asked.select_for_update(of=("self",)).filter(token=token).first()
    if held is None:
        raise NoSuchFollowing
    if answer not in Answer.values:
        raise Missing(_("Choose one of the three answers."), field="answer")
    report = Report.objects.select_for_update(of=("self",)).get(
        pk=held.following.report_id
    )
    if not may_answer(held, report):
        raise NotNow(_("The case is open again, so there is nothing to confirm."))
    held.answer, held.answered_at = answer, at
    held.save(update_fields=["answer", "answered_at"])
    if _is_doubted(report, held.round):
        _raise(report.pk, held.round, Kind.FOLLOWERS, at=at)
    return held


def may_answer(asked: AskedFollower, report: Report) -> bool:
    """Tell whether the result that somebody was asked about still stands."""
    if report.status not in WITH_RESULT:
        return False
    later = Result.objects.filter(report=report, published_at__isnull=False)
    return not later.filter(round__gt=asked.round).exists()


@transaction.atomic
def answer_concern(concern: Concern, *, by: Actor, text: str, at: datetime) -> Concern:
    """Take note of a concern, with what was done about it: for who leads the unit."""
    held = Concern.objects.select_for_update(of=("self",)).get(pk=concern.pk)
    if not concerns_of(by).filter(pk=held.pk).exists():
        raise NotAllowed
    if held.answered_at is not None:
        raise NotNow(_("This has been answered already."))
    said = text.strip()
    if not said:
        raise Missing(_("Write what was done about it."), field="answer")
    if len(said) > TEXT_AT_MOST:
        most = _("Write %(most)s characters at most.") % {"most": TEXT_AT_MOST}
        raise Missing(most, field="answer")
    held.answer, held.answered_by, held.answered_at = said, by.user, at
    held.save(update_fields=["answer", "answered_by", "answered_at"])
    report = Report.objects.select_for_update(of=("self",)).get(pk=held.report_id)
    told = Happening(
        code=Event.Code.CONCERN_ANSWERED,
        arguments=naming(held.organisation) | {"kind": held.kind},
        text=said,
        visibility=STAFF,
    )
    record(report, [told], at=at, by=by.user, after=last_event(report))
    return held


def concerns_of(actor: Actor) -> ConcernQuerySet:
    """Keep the concerns that are for this person: of units they lead, or the desk's."""
    theirs = Q(organisation__in=actor.leads)
    if actor.leads_shift:
        theirs |= Q(organisation=None)
        theirs |= Q(organisation__type=Organisation.Type.OPERATOR)
    seen = Report.objects.filter(visible_to(actor))
    return Concern.objects.filter(theirs, report__in=seen.values("pk"))


def answers_of(report_id: int, round_: int) -> dict[str, int]:
    """Count what followers said of a result, answer by answer."""
    said = AskedFollower.objects.filter(following__report=report_id, round=round_)
    counts = said.values_list("answer").annotate(n=Count("pk"))
    return {answer: n for answer, n in counts if answer}


def _reopened(since: str, *, case: str = "report") -> Exists:
    """Tell whether the case in a column was reopened after the moment in another."""
    again = Event.objects.filter(
        report=OuterRef(case), code=Event.Code.REOPENED, at__gte=OuterRef(since)
    )
    return Exists(again)


def _is_doubted(report: Report, round_: int) -> bool:
    counts = answers_of(report.pk, round_)
    no, all_ = counts.get(Answer.NO, 0), sum(counts.values())
    city = settings.CITY
    return no >= city.doubted_by and no >= city.doubted_share * all_


@transaction.atomic
def _ask(
    report_id: int, round_: int, followings: Iterable[Following], *, at: datetime
) -> None:
    report = Report.objects.select_for_update(of=("self",)).get(pk=report_id)
    if report.status not in WITH_RESULT:
        return  # It was reopened just now.
    rows = [
        AskedFollower(following=each, round=round_, asked_at=at) for each in followings
    ]
    asked = AskedFollower.objects.bulk_create(rows, ignore_conflicts=True)
    told = Happening(
        code=Event.Code.FOLLOWERS_ASKED,
        arguments={"count": str(len(asked)), "round": str(round_)},
        visibility=STAFF,
    )
    (event,) = record(report, [told], at=at, after=last_event(report))
    tell_followers(event, [each.following_id for each in asked], at=at)


@transaction.atomic
def _raise(report_id: int, round_: int, kind: str, *, at: datetime) -> Concern | None:
    """Raise a concern, unless it was raised or the case is open again."""
    cases = Report.objects.select_for_update(of=("self",)).select_related(
        "organisation"
    )
    report = cases.get(pk=report_id)
    ended = {*WITH_RESULT, Status.REFUSED, Status.ANSWERED}
    if report.status not in ended:
        return None
    unit = report.organisation or _desk()
    concern, is_new = Concern.objects.get_or_create(
        report=report,
        round=round_,
        kind=kind,
        defaults={"organisation": unit, "raised_at": at},
    )
    if not is_new:
        return None
    told = Happening(
        code=Event.Code.CONCERN_RAISED,
        arguments=naming(unit) | {"kind": kind},
        visibility=STAFF,
    )
    (event,) = record(report, [told], at=at, after=last_event(report))
    defer(staff_jobs(event))
    return concern


def _desk() -> Organisation | None:
    return Organisation.objects.filter(type=Organisation.Type.OPERATOR).first()
