"""What is counted: each figure of a period as one condition, for number and list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import Any

from django.conf import settings
from django.db.models import F, Q

from incidents.models import Handling, Result

from .periods import Period

Ending, Outcome = Handling.Ending, Result.Outcome
#: Ends by which a case is handled; what was refused, withdrawn or joined is not.
HANDLED = (Ending.RESULT, Ending.ANSWERED)
#: Work on site that a photo can show.
SHOWN_BY_PHOTO = (Outcome.FIXED, Outcome.TEMPORARY)
#: A unit's result that leaves the thing as it was.
LEFT_AS_IT_WAS = (Outcome.NOT_FOUND, Outcome.NOT_TRUE, Outcome.OTHER_OWNER)
#: The backlog by age: from so many days on, up to so many.
AGES = (0, 3, 7, 15, 30, 90)
#: Of which times the middle and the slowest tenth are told.
TIMES = {
    "taken": "taken_minutes",
    "answered": "answered_minutes",
    "ended": "ended_minutes",
}
#: A case that was given back twice is in this figure twice: once for each transfer.
BACK = "report__transfers"
#: Two standard errors: the interval of 95 in a hundred.
Z = 1.959964


class Axis(StrEnum):
    """What figures are told by, named by the column of a handling."""

    UNIT = "organisation"
    WARD = "current_place"  #: By the boundaries of today.
    WARD_THEN = "place"  #: By those of the day it came.
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when until when is counted; at the end of it, what was in hand then."""

    since: datetime
    at: datetime

    @classmethod
    def of(cls, period: Period, *, at: datetime) -> Window:
        """Return a period as far as it has come."""
        return cls(since=period.since, at=min(period.until, at))


def age_key(turn: int) -> str:
    """Name the figure of the backlog of one age."""
    return f"age_{AGES[turn]}"


def conditions(window: Window) -> dict[str, Q]:
    """Return which handlings each figure counts; a case is in each of them once.

    Only results, what came back and what was given back count times: twice is twice.
    """
    since, at = window.since, window.at
    came = Q(round=1, opened_at__gte=since, opened_at__lt=at)
    over = Q(ended_at__gte=since, ended_at__lt=at)
    stands = over & (Q(reopened_at=None) | Q(reopened_at__gte=at))
    handled = stands & Q(ending__in=HANDLED)
    in_hand = Q(opened_at__lt=at) & (Q(ended_at=None) | Q(ended_at__gte=at))
    shown = handled & Q(outcome__in=SHOWN_BY_PHOTO)
    results = over & Q(ending=Ending.RESULT)
    said = {
        "received": came,
        "received_again": Q(round__gt=1, opened_at__gte=since, opened_at__lt=at),
        "joined": came & Q(ending=Ending.JOINED),
        "placeless": came & Q(place=None),
        "handled": handled,
        "dated": handled & Q(due_at__isnull=False),
        "on_time": handled & Q(ended_at__lte=F("due_at")),
        "paused": handled & Q(is_paused=True),
        "rerouted": handled & Q(is_rerouted=True),
        "shown": shown,
        "unproven": shown & Q(is_unproven=True),
        "left": handled & Q(outcome__in=LEFT_AS_IT_WAS),
        "refused": stands & Q(ending=Ending.REFUSED),
        "withdrawn": stands & Q(ending=Ending.WITHDRAWN),
        "results": results,
        "reopened": results & Q(reopened_at__lt=at),
        "rated": handled & Q(score__isnull=False),
        "satisfied": handled & Q(score__gte=settings.CITY.satisfied_from),
        "in_hand": in_hand,
        "late": in_hand & Q(due_at__lt=at),
        "returned": _given_back(window),
    }
    for turn, days in enumerate(AGES):
        aged = in_hand & Q(opened_at__lte=at - timedelta(days=days))
        if turn + 1 < len(AGES):
            aged &= Q(opened_at__gt=at - timedelta(days=AGES[turn + 1]))
        said[age_key(turn)] = aged
    return said


def _given_back(window: Window) -> Q:
    """Keep each time a unit gave a case back, of the handling in which it did.

    To be asked in one `filter` with all else that is asked of the same transfer. What
    went back along with its incident was not given back by itself.
    """
    given = Q(
        **{
            f"{BACK}__at__gte": window.since,
            f"{BACK}__at__lt": window.at,
            f"{BACK}__organisation__isnull": True,
            f"{BACK}__sender__isnull": False,
            f"{BACK}__by__isnull": False,
        }
    )
    after = Q(round=1) | Q(**{f"{BACK}__at__gte": F("opened_at")})
    before = Q(reopened_at=None) | Q(**{f"{BACK}__at__lt": F("reopened_at")})
    return given & after & before


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Working minutes: of how many, the middle one, and nine in ten at most."""

    n: int = 0
    median: float | None = None
    p90: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a whole, with the interval within which chance alone may move it."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval, which holds for few and for shares near nought and one."""
        if not self.whole:
            return None
        n, share = self.whole, self.part / self.whole
        middle = share + Z**2 / (2 * n)
        reach = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
        scale = 1 + Z**2 / n
        low, high = (middle - reach) / scale, (middle + reach) / scale
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All figures of one period for the city, or for one unit, ward or category."""

    counts: Mapping[str, int] = field(default_factory=dict)
    times: Mapping[str, Times] = field(default_factory=dict)

    def __getitem__(self, key: str) -> int:
        return self.counts.get(key, 0)

    def __bool__(self) -> bool:
        return any(self.counts.values())

    @property
    def on_time(self) -> Share:
        return Share(part=self["on_time"], whole=self["dated"])

    @property
    def unproven(self) -> Share:
        return Share(part=self["unproven"], whole=self["shown"])

    @property
    def reopened(self) -> Share:
        """Of the results given in the period, those that had come back by its end."""
        return Share(part=self["reopened"], whole=self["results"])

    @property
    def left(self) -> Share:
        """What units ended without doing anything about it, of what they handled."""
        return Share(part=self["left"], whole=self["handled"])

    @property
    def satisfied(self) -> Share | None:
        """The satisfied of those who rated; none where too few did to say."""
        if self["rated"] < settings.CITY.rated_at_least:
            return None
        return Share(part=self["satisfied"], whole=self["rated"])

    @property
    def ages(self) -> list[tuple[int, int]]:
        """The backlog from the youngest to the oldest: from which day on, how many."""
        return [(days, self[age_key(turn)]) for turn, days in enumerate(AGES)]

    def as_json(self) -> dict[str, Any]:
        """Tell the figures as plain numbers, to be kept."""
        counts = {key: count for key, count in self.counts.items() if count}
        times = {
            key: [each.n, each.median, each.p90]
            for key, each in self.times.items()
            if each.n
        }
        return {"counts": counts, "times": times}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Figures:
        """Read figures that were kept."""
        times = {
            key: Times(n=n, median=median, p90=p90)
            for key, (n, median, p90) in said["times"].items()
        }
        return cls(counts=said["counts"], times=times)
