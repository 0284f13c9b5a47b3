"""How notices fare: what went out, what is owed, which provider is down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from .models import CallBack, Notice, Outlet

#: So far back what was asked for is counted.
WEEK = timedelta(days=7)
State = Notice.State


@dataclass(frozen=True, slots=True, kw_only=True)
class Faring:
    """One channel: how the week's notices fared, and what waits now."""

    channel: Notice.Channel
    counts: Mapping[str, int]
    doubled: int  #: Of the week's, those that may have been sent twice.
    owed: int
    oldest: datetime | None
    outlet: Outlet | None

    @property
    def is_failing(self) -> bool:
        """Whether the last tries failed, one after another."""
        return self.outlet is not None and self.outlet.failures > 0

    @property
    def sent(self) -> int:
        """How many the provider took, or has delivered."""
        return self.counts.get(State.ACCEPTED, 0) + self.counts.get(State.DELIVERED, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many wait to be called, and since when."""

    count: int
    oldest: datetime | None


def read_faring(*, at: datetime) -> list[Faring]:
    """Read how every channel fares, in three statements."""
    week = Notice.objects.filter(asked_at__gte=at - WEEK).order_by()
    counted = week.values_list("channel", "state").annotate(
        n=Count("pk"), twice=Count("pk", filter=Q(may_be_doubled=True))
    )
    rows = list(counted)
    unsettled = Notice.objects.unsettled().order_by().values_list("channel")
    owed = {
        channel: (count, oldest)
        for channel, count, oldest in unsettled.annotate(
            n=Count("pk"), oldest=Min("asked_at")
        )
    }
    outlets = {each.channel: each for each in Outlet.objects.all()}
    return [
        Faring(
            channel=channel,
            counts={state: n for of, state, n, _twice in rows if of == channel},
            doubled=sum(twice for of, _state, _n, twice in rows if of == channel),
            owed=owed.get(channel, (0, None))[0],
            oldest=owed.get(channel, (0, None))[1],
            outlet=outlets.get(channel),
        )
        for channel in Notice.Channel
    ]


def read_waiting() -> Waiting:
    """Read how many wait to be called."""
    told = CallBack.objects.unsettled().aggregate(n=Count("pk"), oldest=Min("asked_at"))
    return Waiting(count=told["n"], oldest=told["oldest"])
