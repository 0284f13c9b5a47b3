"""Priority: what to repair first, by a formula anyone at work can read and reckon.

The score of a case is a sum of four parts: how urgent its category is, how many days it
is late, how many follow it, and how often the same was handled there shortly before.
What each part counts is set by an administrator, who says why; who set what when stays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from .errors import Missing, NotAllowed
from .models import Category, PriorityWeights
from .models.priority import WEIGHTS
from .permissions import Actor

#: A single part weighs no more than this.
POINTS_AT_MOST = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each part counts, and up to how much of it."""

    urgent: float
    high: float
    normal: float
    late_day: float
    follower: float
    repeat: float
    days_at_most: int
    followers_at_most: int
    repeats_at_most: int
    repeat_metres: int
    repeat_days: int

    def of_urgency(self, urgency: str) -> float:
        """Return the points of a category of that urgency."""
        if urgency == Category.Urgency.URGENT:
            return self.urgent
        return self.high if urgency == Category.Urgency.HIGH else self.normal


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a score, as the page reckons it: so much times so much."""

    name: str
    amount: int
    each: float

    @property
    def points(self) -> float:
        return self.amount * self.each


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """How pressing a case is, part by part."""

    parts: tuple[Part, ...]

    @property
    def score(self) -> float:
        return sum(part.points for part in self.parts)


def priority_of(
    *, urgency: str, days_late: int, followers: int, repeats: int, weights: Weights
) -> Priority:
    """Reckon the score of a case from what is known of it."""
    said = (
        ("urgency", 1, weights.of_urgency(urgency)),
        ("late", min(max(days_late, 0), weights.days_at_most), weights.late_day),
        ("followers", min(followers, weights.followers_at_most), weights.follower),
        ("repeats", min(repeats, weights.repeats_at_most), weights.repeat),
    )
    return Priority(
        parts=tuple(
            Part(name=name, amount=amount, each=each) for name, amount, each in said
        )
    )


def read_weights() -> Weights:
    """Return the weights in force, in one statement: the last set, or the city's."""
    limits: dict[str, Any] = asdict(settings.CITY.priority)
    last = PriorityWeights.objects.order_by("-pk").values(*WEIGHTS).first()
    return Weights(**limits | (last or {}))


@transaction.atomic
def set_weights(
    *, weights: dict[str, float], why: str, by: Actor, at: datetime
) -> PriorityWeights:
    """Let other weights count from now on, for a reason that stays with them."""
    if not by.administers:
        raise NotAllowed
    for name in WEIGHTS:
        said = weights.get(name)
        if said is None or not isfinite(said) or not 0 <= said <= POINTS_AT_MOST:
            asked = _("Give a number from 0 to %(most)s.") % {"most": 100}
            raise Missing(asked, field=name)
    if not why.strip():
        raise Missing(_("Say why: it is kept with the weights."), field="why")
    return PriorityWeights.objects.create(
        **{name: weights[name] for name in WEIGHTS},
        why=why.strip(),
        set_by=by.user,
        set_at=at,
    )
