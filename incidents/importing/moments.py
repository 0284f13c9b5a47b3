"""Moments: when something happened, in the ways that files write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum

#: What no report is older than: systems that keep them are younger.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Clocks differ: so far ahead of ours is not the future yet.
AHEAD = timedelta(minutes=10)
CLOCK = r"(?P<hour>\d{1,2})[:hH](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
ZONE = r"(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
HALF = r"(?P<half>[AaPp]\.?[Mm]\.?|SA|CH)"
YEAR_FIRST = r"(?P<year>\d{4})[-/.](?P<one>\d{1,2})[-/.](?P<two>\d{1,2})"
YEAR_LAST = r"(?P<one>\d{1,2})[-/.](?P<two>\d{1,2})[-/.](?P<year>\d{4})"
CLOCK_AFTER = rf"(?:[T,]?\s*{CLOCK}\s*{HALF}?\s*{ZONE}?)?"
WRITTEN = (
    re.compile(YEAR_FIRST + CLOCK_AFTER),
    re.compile(YEAR_LAST + CLOCK_AFTER),
    re.compile(rf"{CLOCK}\s*{HALF}?,?\s+{YEAR_LAST}"),
)
#: Seconds or milliseconds since 1970, as some databases export it.
COUNTED = re.compile(r"\d{9,10}|\d{12,13}")


class Order(StrEnum):
    """What comes first where a day ends with its year: 31/12/2025 or 12/31/2025."""

    DAY = "dmy"
    MONTH = "mdy"


def read_moment(said: str, *, zone: tzinfo, order: Order) -> datetime:
    """Read a moment; what names no zone is the city's time. Raises ValueError."""
    if COUNTED.fullmatch(said):
        seconds = int(said) / (1000 if len(said) > 10 else 1)
        return datetime.fromtimestamp(seconds, UTC)
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return _written(said, zone=zone, order=order)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _written(said: str, *, zone: tzinfo, order: Order) -> datetime:
    found = next((each for form in WRITTEN if (each := form.fullmatch(said))), None)
    if found is None:
        raise ValueError("is no date")
    told = found.groupdict()
    first, second = int(told["one"]), int(told["two"])
    day_first = found.re is not WRITTEN[0] and order is Order.DAY
    month, day = (second, first) if day_first else (first, second)
    if month > 12 and day <= 12 and found.re is not WRITTEN[0]:
        other = Order.MONTH if order is Order.DAY else Order.DAY
        raise ValueError(f"has no such month; dates may be {other}")
    try:
        return datetime(
            int(told["year"]),
            month,
            day,
            _hour(int(told["hour"] or 0), told["half"] or ""),
            int(told["minute"] or 0),
            int(told["second"] or 0),
            tzinfo=_offset(told.get("zone")) or zone,
        )
    except ValueError as error:
        raise ValueError("is no date") from error


def _hour(hour: int, half: str) -> int:
    """Return an hour of the day; in Vietnamese the halves are SA and CH."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half[0] in "PpC" else 0)


def _offset(said: str | None) -> timezone | None:
    if said is None:
        return None
    if said[0] not in "+-":
        return UTC
    digits = said[1:].replace(":", "").ljust(4, "0")
    off = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(off if said[0] == "+" else -off)
