"""How much time a case has left, in words and in one of four colours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.deadlines import Calendar, working_days_left

#: With so many working days left, a case is due soon.
SOON = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What a clock says at one moment."""

    due_at: datetime
    state: Literal["late", "soon", "fine", "kept", "missed"]
    days: int  #: Working days left, or gone by where it is late.

    @property
    def label(self) -> str:
        """The state in a word or a few."""
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
