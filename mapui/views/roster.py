"""The roster of a unit: who answers for urgent cases, this week and the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import get_default_timezone, localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from incidents.duty import colleagues, on_duty, put_on_duty, roster, take_off_duty
from incidents.errors import IncidentError
from incidents.models import Duty, Organisation
from incidents.permissions import Actor
from mapui.forms import Summed
from mapui.templatetags.staff import person

from .doors import for_staff

#: How a browser's own field for a day and hour writes them.
MOMENT = "%Y-%m-%dT%H:%M"
DAYS = 14
#: When a night's duty begins and ends, where nothing else is known.
EVENING, MORNING = time(17), time(7, 30)


class Somebody(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the unit's people, by the name colleagues call them."""

    def label_from_instance(self, obj: Any) -> str:
        return person(obj)


class DutyForm(Summed):
    """Who, from when, until when."""

    user = Somebody(
        label=gettext_lazy("Who"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Choose somebody"),
        widget=forms.Select(attrs={"class": "control"}),
    )
    since = forms.DateTimeField(
        label=gettext_lazy("From"),
        required=False,
        input_formats=[MOMENT],
        widget=forms.DateTimeInput(
            format=MOMENT, attrs={"class": "control", "type": "datetime-local"}
        ),
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        input_formats=[MOMENT],
        widget=forms.DateTimeInput(
            format=MOMENT, attrs={"class": "control", "type": "datetime-local"}
        ),
    )

    def __init__(self, *args: Any, people: QuerySet[User], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["user"]
        if isinstance(field, Somebody):
            field.queryset = people


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One duty in a day's list."""

    duty: Duty
    begins: datetime
    ends: datetime
    is_now: bool

    @property
    def goes_on(self) -> bool:
        """Whether it ends on another day than it begins."""
        return self.begins.date() != self.ends.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the roster, and whose duties begin on it."""

    on: date
    shifts: tuple[Shift, ...]
    is_today: bool


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def duties(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show a unit's roster, and put somebody on it."""
    now = timezone.now()
    units = _units(actor)
    unit = _chosen(request, units)
    may_keep = unit.pk in actor.rosters
    people = colleagues(unit.pk, on=localdate(now))
    form = DutyForm(
        request.POST or None,
        people=people,
        initial=_usual(unit, at=now),
        auto_id="duty-%s",
    )
    status = HTTPStatus.OK
    if request.method == "POST":
        status = _put(request, form, unit, actor, at=now)
        if status == HTTPStatus.OK:
            return redirect(_address(unit))
    context: dict[str, Any] = {
        "unit": unit,
        "units": units,
        "weeks": _weeks(unit, at=now),
        "on_call": on_duty(frozenset({unit.pk}), at=now),
        "may_keep": may_keep,
        "form": form if may_keep else None,
        "now": now,
    }
    return render(request, "mapui/staff/roster.html", context, status=status)


@for_staff
@require_POST
def drop(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Take somebody off the roster."""
    kept = Duty.objects.filter(organisation__in=actor.rosters)
    duty = get_object_or_404(kept.select_related("organisation", "user"), pk=number)
    take_off_duty(duty, by=actor)
    said = _("%(name)s is off the roster for that time.")
    messages.success(request, said % {"name": person(duty.user)})
    return redirect(_address(duty.organisation))


def _put(
    request: HttpRequest,
    form: DutyForm,
    unit: Organisation,
    actor: Actor,
    *,
    at: datetime,
) -> HTTPStatus:
    """Try it, and say beside the field what stands against it."""
    if not form.is_valid():
        return HTTPStatus.UNPROCESSABLE_ENTITY
    said = form.cleaned_data
    try:
        put_on_duty(
            unit,
            said["user"],
            since=said["since"],
            until=said["until"],
            by=actor,
            at=at,
        )
    except IncidentError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return HTTPStatus(error.status)
    name = person(said["user"])
    messages.success(request, _("%(name)s is on the roster.") % {"name": name})
    return HTTPStatus.OK


def _units(actor: Actor) -> list[Organisation]:
    """Return whose rosters a person may look at, their own first."""
    reached = actor.units | actor.rosters
    found = Organisation.objects.filter(pk__in=reached).order_by("name", "code")
    own = set(
        actor.user.memberships.in_force(on=localdate()).values_list(
            "organisation", flat=True
        )
    )
    return sorted(found, key=lambda unit: unit.pk not in own)


def _chosen(request: HttpRequest, units: list[Organisation]) -> Organisation:
    asked = request.GET.get("unit", "")
    found = [each for each in units if each.code == asked] if asked else units
    if not found:
        raise Http404
    return found[0]


def _address(unit: Organisation) -> str:
    return f"{reverse('mapui:roster')}?{urlencode({'unit': unit.code})}"


def _weeks(unit: Organisation, *, at: datetime) -> list[list[Day]]:
    """Lay the duties of this week and the next out by the day they begin on."""
    today = localdate(at)
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=turn) for turn in range(DAYS)]
    shown = roster(
        frozenset({unit.pk}), since=_midnight(monday), until=_midnight(days[-1], by=1)
    )
    shifts = [
        Shift(
            duty=duty,
            begins=localtime(duty.during.lower),
            ends=localtime(duty.during.upper),
            is_now=at in duty.during,
        )
        for duty in shown
    ]
    laid = [
        Day(
            on=on,
            is_today=on == today,
            # What began before the week is told on its first day.
            shifts=tuple(s for s in shifts if max(s.begins.date(), monday) == on),
        )
        for on in days
    ]
    return [laid[:7], laid[7:]]


def _usual(unit: Organisation, *, at: datetime) -> dict[str, datetime]:
    """Propose the time after the last duty there is; at first, the coming night."""
    evening = datetime.combine(localdate(at), EVENING, tzinfo=get_default_timezone())
    last = Duty.objects.filter(organisation=unit).order_by("-during__endswith").first()
    begins = (
        localtime(last.during.upper) if last and last.during.upper > at else evening
    )
    morning = datetime.combine(begins.date(), MORNING, tzinfo=begins.tzinfo)
    ends = morning if morning > begins else morning + timedelta(days=1)
    return {"since": begins, "until": ends}


def _midnight(on: date, *, by: int = 0) -> datetime:
    there = on + timedelta(days=by)
    return datetime.combine(there, time.min, tzinfo=get_default_timezone())
