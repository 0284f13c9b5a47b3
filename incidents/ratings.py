"""Rated: what the reporter says of reception, handling and answer, once a result."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unicodedata import normalize

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .errors import Missing, NotNow
from .history import Happening, last_event, record
from .models import Event, Rating, Report, Result, Score, Status

#: A refusal has no result; its round is none.
REFUSAL = 0
#: What was answered at the desk was answered once.
ANSWER = 1
ASPECTS = ("reception", "handling", "feedback")
WITH_RESULT = frozenset({Status.RESOLVED, Status.CLOSED})
COMMENT_AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How satisfied somebody is with each of three things, if anything is said."""

    reception: int | None = None
    handling: int | None = None
    feedback: int | None = None

    def given(self) -> dict[str, int]:
        """Return the scores that were given, by what they are about."""
        every = {
            "reception": self.reception,
            "handling": self.handling,
            "feedback": self.feedback,
        }
        return {name: score for name, score in every.items() if score is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratable:
    """A round that its reporter may rate now, or change the rating of."""

    round: int
    rating: Rating | None  #: What was said of it before.
    is_answer: bool = (
        False  #: A question was answered at the desk; nothing was handled.
    )

    @property
    def is_refusal(self) -> bool:
        return self.round == REFUSAL

    @property
    def aspects(self) -> tuple[str, ...]:
        """What of it may be rated."""
        if self.is_refusal:
            return ("reception",)
        return ("reception", "feedback") if self.is_answer else ASPECTS


def ratable(report: Report, *, at: datetime) -> Ratable | None:
    """Return what the reporter may rate now: nothing before there is a result."""
    found = _round(report)
    if found is None or (found.rating and at >= changeable_until(found.rating)):
        return None
    return found


def changeable_until(rating: Rating) -> datetime:
    """Return until when a rating may still be changed."""
    return rating.at + timedelta(days=settings.CITY.rating_days)


@transaction.atomic
def rate(report: Report, *, scores: Scores, comment: str, at: datetime) -> Rating:
    """Keep what the reporter says of the last result, or change it while one may.

    Whose report goes along with another rates the result that they share, each for
    themselves. The unit learns from the history of the case it worked on that it was
    rated; the words stay with the rating.
    """
    held = hold_with_master(report)
    found = _round(held)
    if found is None:
        raise NotNow(_("You can rate it once you have been told the result."))
    if found.rating and at >= changeable_until(found.rating):
        said = _("You rated it more than %(days)s days ago; this stands now.")
        raise NotNow(said % {"days": settings.CITY.rating_days})
    said = _checked(scores, comment, found)
    rating = found.rating or Rating(report=held, round=found.round, at=at)
    rating.reception, rating.handling = scores.reception, scores.handling
    rating.feedback, rating.comment = scores.feedback, said
    rating.updated_at = at
    rating.save()
    rated = Happening(code=Event.Code.RATED, visibility=Event.Visibility.STAFF)
    record(held, [rated], at=at, after=last_event(held))
    if held.master is not None:
        shared = replace(rated, arguments={"case": held.public_id})
        record(held.master, [shared], at=at, after=last_event(held.master))
    return rating


def hold_with_master(report: Report) -> Report:
    """Hold a case and the one it goes along with, in one order for everybody."""
    master = Report.objects.filter(pk=report.pk).values("master")
    both = Report.objects.filter(Q(pk=report.pk) | Q(pk__in=master))
    held = both.select_for_update(of=("self",)).order_by("pk")
    cases = {each.pk: each for each in held}
    own = cases[report.pk]
    if own.master_id is not None:
        own.master = cases.get(own.master_id)
    return own


def _checked(scores: Scores, comment: str, found: Ratable) -> str:
    """Return the comment as it is kept, or say what is wrong with what was given."""
    given = scores.given()
    if not given:
        raise Missing(_("Choose at least one face."), field="reception")
    if wrong := [name for name, score in given.items() if score not in Score.values]:
        raise Missing(_("Choose one of the five faces."), field=wrong[0])
    if given.keys() - set(found.aspects):
        said = (
            _("What was not accepted is rated on its reception only.")
            if found.is_refusal
            else _("What was answered at once is rated on reception and answer.")
        )
        raise Missing(said, field="reception")
    kept = normalize("NFC", comment).strip()
    if len(kept) > COMMENT_AT_MOST:
        said = _("Write %(most)s characters at most.")
        raise Missing(said % {"most": COMMENT_AT_MOST}, field="comment")
    return kept


def _round(report: Report) -> Ratable | None:
    """Return the last round of the case, or of the one it goes along with."""
    worked = report.master or report
    if worked.status == Status.REFUSED:
        number = REFUSAL
    elif worked.status == Status.ANSWERED:
        number = ANSWER
    elif worked.status in WITH_RESULT:
        published = Result.objects.filter(report=worked, published_at__isnull=False)
        last = published.order_by("-round").values_list("round", flat=True).first()
        if last is None:
            return None
        number = last
    else:
        return None
    rating = Rating.objects.filter(report=report, round=number).first()
    is_answer = worked.status == Status.ANSWERED
    return Ratable(round=number, rating=rating, is_answer=is_answer)
