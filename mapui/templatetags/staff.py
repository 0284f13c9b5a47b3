"""What staff read in lists: how long a case waits, and how its clock stands."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.conf import settings
from django.utils.translation import ngettext

from accounts.models import User
from incidents.decisions import Doubt, Reason
from incidents.models import Report

from .labels import place_name

register = template.Library()

HOUR, DAY = 60, 24 * 60
STATES = {
    "late": "is-late",
    "missed": "is-late",
    "soon": "is-waiting",
    "fine": "is-in_progress",
    "kept": "is-done",
}


@register.filter
def age(since: datetime, now: datetime) -> str:
    """Say in one unit how long ago something was."""
    minutes = max(int((now - since).total_seconds()) // 60, 1)
    if minutes < HOUR:
        said = ngettext("%(count)s minute", "%(count)s minutes", minutes)
        return said % {"count": minutes}
    if minutes < DAY:
        hours = minutes // HOUR
        said = ngettext("%(count)s hour", "%(count)s hours", hours)
        return said % {"count": hours}
    days = minutes // DAY
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@register.filter
def doubt_label(code: str) -> str:
    """Say why a person should look before a decision acts."""
    return str(Doubt(code).label)


@register.filter
def reason_label(code: str) -> str:
    """Say how a decision came out."""
    return str(Reason(code).label)


@register.filter
def clock_class(state: str) -> str:
    """Return the colour a clock's state is shown in."""
    return STATES[state]


@register.filter
def where(report: Report) -> str:
    """Say where it is in one line: the address, and the ward where it names none."""
    place = report.lies_in
    if place is None or place.name.casefold() in report.address.casefold():
        return report.address
    ward = place_name(place)
    return f"{report.address}, {ward}" if report.address else ward


@register.filter
def directions(report: Report) -> str:
    """Return where one is led to the place, on the map that the city chose for it."""
    point, way = report.point, settings.CITY.directions
    if point is None or not way:
        return ""
    return str(way.format(lat=f"{point.y:.6f}", lon=f"{point.x:.6f}"))


@register.filter
def coordinates(report: Report) -> str:
    """Return the point as people paste it into a map: latitude, longitude."""
    point = report.point
    return f"{point.y:.6f}, {point.x:.6f}" if point else ""


@register.filter
def person(user: User) -> str:
    """Return what colleagues call somebody."""
    return user.get_full_name() or user.get_username()
