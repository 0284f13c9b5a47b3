"""How much time a case has left, in words and in one of four colours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.deadlines import Calendar, working_days_left
from incidents.models import Clock, DeadlineRule, Report, Target

#: With so many working days left, a case is due soon.
SOON = 1
#: A target by the clock is due soon when so little of its time is left.
LAST_PART = 0.25
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What a clock says at one moment."""

    due_at: datetime
    state: Literal["late", "soon", "fine", "kept", "missed"]
    days: int  #: Working days left, or gone by where it is late.
    is_target: bool = False  #: Not a deadline: what the house sets itself.
    time: timedelta | None = None  #: Left or gone by, where it goes by the clock.

    @property
    def label(self) -> str:
        """The state in a word or a few."""
        if self.is_target and self.state in ("kept", "missed"):
            return _("Target met") if self.state == "kept" else _("Target missed")
        if self.time is not None:
            return self._by_the_clock(self.time)
        if self.state == "kept":
            return _("On time")
        if self.state == "missed":
            return _("Late")
        if self.state == "late":
            said = ngettext(
                "Overdue by %(days)s working day",
                "Overdue by %(days)s working days",
                self.days,
            )
            return said % {"days": self.days} if self.days else _("Overdue")
        if self.days == 0:
            return _("Due today")
        said = ngettext(
            "%(days)s working day left", "%(days)s working days left", self.days
        )
        return said % {"days": self.days}

    def _by_the_clock(self, time: timedelta) -> str:
        said = _("%(time)s left")
        if self.state == "late":
            past = _("%(time)s past the target"), _("Overdue by %(time)s")
            said = past[0] if self.is_target else past[1]
        return said % {"time": spoken(time)}


def remaining(
    due_at: datetime,
    *,
    at: datetime,
    calendar: Calendar,
    stopped_at: datetime | None = None,
) -> Remaining:
    """Tell how a clock stands, or how it stood when it was stopped."""
    if stopped_at is not None:
        kept = stopped_at <= due_at
        return Remaining(due_at=due_at, state="kept" if kept else "missed", days=0)
    if at > due_at:
        gone = working_days_left(at, at=due_at, calendar=calendar)
        return Remaining(due_at=due_at, state="late", days=gone)
    left = working_days_left(due_at, at=at, calendar=calendar)
    return Remaining(due_at=due_at, state="soon" if left <= SOON else "fine", days=left)


def remaining_of(clock: Clock, *, at: datetime, calendar: Calendar) -> Remaining:
    """Tell how any clock of a case stands: by days, or by the clock on the wall."""
    by_days = remaining(
        clock.due_at, at=at, calendar=calendar, stopped_at=clock.stopped_at
    )
    by_days = replace(by_days, is_target=clock.is_target)
    counts_days = clock.rule.unit == DeadlineRule.Unit.WORKING_DAYS
    if counts_days or clock.stopped_at is not None:
        return by_days
    return by_the_clock(
        clock.started_at, clock.due_at, at=at, is_target=clock.is_target
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The internal target of a case that runs out first, as a list tells of it."""

    what: str
    left: Remaining


def aim_of(report: Report, *, at: datetime) -> Aim | None:
    """Tell which target is next, where the list has asked for it."""
    told: dict[str, str] | None = getattr(report, "next_target", None)
    if not told:
        return None
    since, due_at = (datetime.fromisoformat(told[name]) for name in ("since", "due"))
    left = by_the_clock(since, due_at, at=at)
    return Aim(what=str(Target(told["step"]).label), left=left)


def by_the_clock(
    started_at: datetime, due_at: datetime, *, at: datetime, is_target: bool = True
) -> Remaining:
    """Tell how many minutes or hours are left, or have gone by."""
    left = due_at - at
    state: Literal["late", "soon", "fine"] = "fine"
    if left < timedelta():
        state = "late"
    elif left <= (due_at - started_at) * LAST_PART:
        state = "soon"
    return Remaining(
        due_at=due_at, state=state, days=0, is_target=is_target, time=abs(left)
    )


def spoken(time: timedelta) -> str:
    """Say a length of time in minutes, or in hours where it is long."""
    minutes = time // MINUTE
    if time < HOUR * 2:
        said = ngettext("%(count)s minute", "%(count)s minutes", minutes)
        return said % {"count": minutes}
    hours = time // HOUR
    if time < HOUR * 48:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return ngettext("%(count)s day", "%(count)s days", time.days) % {"count": time.days}
