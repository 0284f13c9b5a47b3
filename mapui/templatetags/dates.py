"""Moments and days as people here say them, in the city's own time."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext_noop

register = template.Library()

DAY = {"vi": "d/m/Y", "en": "j M Y"}
#: Said in words, where Django numbers them in Vietnamese but for the weekend.
WORKDAYS = (
    gettext_noop("Monday"),
    gettext_noop("Tuesday"),
    gettext_noop("Wednesday"),
    gettext_noop("Thursday"),
    gettext_noop("Friday"),
)


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """Say a day; a machine reads it too."""
    if value is None:
        return ""
    on = localtime(value).date() if isinstance(value, datetime) else value
    return _time(on.isoformat(), date_format(on, day_format()))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Say a day and an hour."""
    if value is None:
        return ""
    there = localtime(value)
    return _time(
        there.isoformat(timespec="minutes"),
        date_format(there, f"H:i, {day_format()}"),
    )


@register.filter
def lasted(since: datetime, until: datetime) -> str:
    """Say how long something has lasted, as a stopwatch does: 4:05 or 1:04:05."""
    minutes, seconds = divmod(max(0, int((until - since).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{hours}:{said}" if hours else said


def day_format() -> str:
    """Return how a day is written in the reader's language."""
    return DAY.get(get_language() or settings.LANGUAGE_CODE, DAY["en"])


def _time(machine: str, said: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', machine, said)
