"""Periods: the city's own months, from one day and hour to the same of the next."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.timezone import get_default_timezone, localtime

#: Nothing was reported before.
EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Period:
    """One period, named for the month in which it ends."""

    year: int
    month: int

    @property
    def until(self) -> datetime:
        """The moment at which it is over, and the next one begins."""
        day = min(settings.CITY.reporting_day, monthrange(self.year, self.month)[1])
        on, hour = date(self.year, self.month, day), settings.CITY.reporting_time
        return datetime.combine(on, hour, tzinfo=get_default_timezone())

    @property
    def since(self) -> datetime:
        """The moment at which it begins."""
        return self.before.until

    @property
    def before(self) -> Period:
        """The period before it."""
        last = self.month == 1
        return Period(year=self.year - last, month=12 if last else self.month - 1)

    @property
    def after(self) -> Period:
        """The period after it."""
        last = self.month == 12
        return Period(year=self.year + last, month=1 if last else self.month + 1)

    @property
    def code(self) -> str:
        """How addresses and files name it."""
        return f"{self.year:04}-{self.month:02}"

    def is_over(self, *, at: datetime) -> bool:
        return self.until <= at


def period_of(at: datetime) -> Period:
    """Return the period that a moment belongs to."""
    local = localtime(at)
    period = Period(year=local.year, month=local.month)
    return period if at < period.until else period.after


def named(code: str) -> Period | None:
    """Find the period that an address names; none where it names none there is."""
    try:
        on = date.fromisoformat(f"{code}-01")
    except ValueError:
        return None
    return Period(year=on.year, month=on.month) if on >= EARLIEST else None


def back_from(period: Period, *, count: int) -> Iterator[Period]:
    """Go back from a period, itself the first."""
    for _turn in range(count):
        yield period
        period = period.before
