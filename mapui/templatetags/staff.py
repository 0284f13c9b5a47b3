"""What staff read in lists: how long a case waits, and how its clock stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from incidents.camera import Shot
from incidents.decisions import Basis, Doubt, Reason
from incidents.models import (
    Attachment,
    CalendarDay,
    DeadlineRule,
    Directive,
    Event,
    Report,
    Responsibility,
)
from incidents.privacy import without_contacts

from .dates import day_format
from .labels import place_name

register = template.Library()

HOUR, DAY = 60, 24 * 60
KILOMETRE = 1000
#: What to do about a doubt before the case is given to anybody.
NEXT = {
    Doubt.BORDER: _("Look at the map: choose the side it lies on."),
    Doubt.DISC: _("Compare the address and the photo with the map, or ask."),
    Doubt.NO_POINT: _("Put the pin down by the address, or ask where it is."),
    Doubt.FALLBACK: _(
        "Find the place by the address and the words and move the pin, or ask."
    ),
    Doubt.REPEATED: _("Compare the address with the pin; move it if they differ."),
    Doubt.ASSET: _("See in the photo which one is meant."),
    Doubt.WARD_DIFFERS: _("Ask which is right, or go by the address."),
    Doubt.UNCONFIRMED: _("Check with the unit, or choose another with a reason."),
}
STATES = {
    "late": "is-late",
    "missed": "is-late",
    "soon": "is-waiting",
    "fine": "is-in_progress",
    "kept": "is-done",
}


#: What a change tells: how it was, how it is.
WAS_AND_NOW = ("was", "now")
DIRECTED = {
    Directive.State.OPEN: "is-waiting",
    Directive.State.LATE: "is-late",
    Directive.State.ANSWERED: "is-in_progress",
    Directive.State.CLOSED: "is-done",
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
def doubt_next(code: str) -> str:
    """Say what somebody at the desk does about a doubt."""
    return str(NEXT.get(Doubt(code), ""))


@register.filter
def basis_label(basis: str) -> str:
    """Say what ties a unit to a point."""
    return str(Basis(basis).label)


@register.filter
def part_label(role: str) -> str:
    """Say whether a unit leads, supports or is told."""
    return str(Responsibility.Role(role).label)


@register.filter
def reason_label(code: str) -> str:
    """Say how a decision came out."""
    return str(Reason(code).label)


@register.filter
def clock_class(state: str) -> str:
    """Return the colour a clock's state is shown in."""
    return STATES[state]


@register.filter
def calendar_change(change: dict[str, str]) -> str:
    """Say what of the calendar or of the deadlines was changed, from what to what."""
    kinds = {str(kind.value): str(kind.label) for kind in CalendarDay.Kind}
    units = {str(unit.value): str(unit.label) for unit in DeadlineRule.Unit}
    if "on" in change:
        about = date_format(date.fromisoformat(change["on"]), day_format())
        said = [
            kinds.get(change[each], _("as the country has it")) for each in WAS_AND_NOW
        ]
    else:
        about = f"{_('Deadline')} ({change['rule']})"
        told = [change[each].split() for each in WAS_AND_NOW]
        none = str(_("none"))
        said = [
            f"{each[0]} {units[each[1]].lower()}" if each else none for each in told
        ]
    return f"{about}: {said[0]} → {said[1]}"


@register.filter
def directive_state(directive: Directive, now: datetime) -> Directive.State:
    """Tell where a directive stands at a moment."""
    return directive.state(at=now)


@register.filter
def directive_class(state: Directive.State) -> str:
    """Return the colour a directive's state is shown in."""
    return DIRECTED[state]


@register.filter
def told(words: str, opens: bool) -> str:
    """Return a reporter's words; to who may not open who reported, without contacts."""
    return words if opens else without_contacts(words, with_doors=True)


@register.filter
def where(report: Report, opens: bool = False) -> str:
    """Say where it is in one line: the address, and the ward where it names none."""
    place, address = report.lies_in, told(report.address, opens)
    if place is None or place.name.casefold() in address.casefold():
        return address
    ward = place_name(place)
    return f"{address}, {ward}" if address else ward


@register.filter
def directions(report: Report) -> str:
    """Return where one is led to the place, on the map that the city chose for it."""
    point, way = report.point, settings.CITY.directions
    if point is None or not way:
        return ""
    return str(way.format(lat=f"{point.y:.6f}", lon=f"{point.x:.6f}"))


@register.filter
def staff_address(report: Report) -> str:
    """Return where staff open the case, as paper has to say it."""
    return settings.SITE_URL + reverse("mapui:staff-case", args=[report.public_id])


@register.filter
def coordinates(report: Report) -> str:
    """Return the point as people paste it into a map: latitude, longitude."""
    point = report.point
    return f"{point.y:.6f}, {point.x:.6f}" if point else ""


@register.filter
def ground(metres: float) -> str:
    """Say a way over the ground as people do: in tens of metres, then in kilometres."""
    if metres < KILOMETRE:
        return f"{round(metres, -1):.0f} m"
    return f"{number_format(metres / KILOMETRE, decimal_pos=1)} km"


@register.filter
def person(user: User) -> str:
    """Return what colleagues call somebody."""
    return user.get_full_name() or user.get_username()


@register.filter
def sent_with(files: Iterable[Attachment], event: Event) -> list[Attachment]:
    """Return the files that somebody sent with what they wrote of a case."""
    sent = (each for each in files if each.event_id == event.pk)
    return [each for each in sent if not each.is_call]


@register.filter
def is_far(photo: Attachment) -> bool:
    """Tell whether a photo of the work was taken far from the place."""
    return Shot(metres_off=photo.metres_off).is_far()


@register.filter
def is_old(photo: Attachment) -> bool:
    """Tell whether a photo of the work was taken long before it was filed."""
    return Shot(at=photo.taken_at).is_old(at=photo.received_at)
