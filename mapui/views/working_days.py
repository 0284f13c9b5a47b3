"""The calendar of working days: what the city decides, and what that moves."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from incidents.deadlines import read_calendar
from incidents.models import CalendarDay, MovedDate, Recount
from incidents.permissions import Actor
from incidents.recounting import drop_day, foresee, keep_day
from mapui.forms import Summed

from .asking import DayField, Words
from .doors import for_map_keepers
from .listing import listed

#: So many days and changes are shown.
DAYS, CHANGES = 40, 20
#: So many dates stand on a page of what a change has moved.
DATES = 50


class DayForm(Summed):
    """A day, what it is, and by which decision."""

    on = DayField(label=gettext_lazy("Day"))
    kind = forms.ChoiceField(
        label=pgettext_lazy("a day", "What it is"),
        choices=[
            *CalendarDay.Kind.choices,
            ("", gettext_lazy("As the country has it")),
        ],
        required=False,
        initial=CalendarDay.Kind.OFF,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    name = Words(
        label=gettext_lazy("What people call it"),
        help_text=gettext_lazy("Reporters read it where days are counted."),
        most=200,
    )
    name_en = Words(label=gettext_lazy("In English"), most=200)
    legal_basis = Words(label=gettext_lazy("By which decision"), most=300)

    def clean(self) -> dict[str, Any]:
        """Ask for all that a day needs; one left to the country needs only its date."""
        said = self.cleaned_data
        needed = ("on", "name", "legal_basis") if said.get("kind") else ("on",)
        for name in needed:
            if not said.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed here."))
        return said


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the days the city decided about; say what a change moves, then keep it."""
    form, seen, status = DayForm(), None, HTTPStatus.OK
    if request.method == "POST":
        form = DayForm(request.POST)
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif "keep" in request.POST:
            _keep(form.cleaned_data, actor)
            said = _("Kept. The dates that it moves are being counted; look below.")
            messages.success(request, said)
            return redirect("mapui:calendar")
        else:
            said_ = form.cleaned_data
            seen = foresee(on=said_["on"], kind=said_["kind"])
    context = {
        "form": form,
        "seen": seen,
        "day": form.cleaned_data["on"] if seen else None,
        "how_now": _how_now(form.cleaned_data["on"]) if seen else "",
        "days": CalendarDay.objects.order_by("-on")[:DAYS],
        "changes": Recount.objects.select_related("by").order_by("-pk")[:CHANGES],
        "today": localdate(),
    }
    return render(request, "mapui/staff/calendar.html", context, status=status)


@for_map_keepers
@require_safe
def moved(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show which dates one change of the calendar has moved."""
    asked = get_object_or_404(Recount.objects.select_related("by"), pk=number)
    dates = MovedDate.objects.filter(recount=asked).select_related(
        "clock__report__category",
        "clock__report__place",
        "clock__report__current_place",
        "clock__organisation",
    )
    page = listed(
        dates.order_by("due_at", "pk"), page=request.GET.get("page"), on_a_page=DATES
    )
    context = {
        "asked": asked,
        "page": page,
        "rows": page.rows,
    }
    return render(request, "mapui/staff/calendar_moved.html", context)


def _how_now(on: date) -> str:
    """Say what the day is as things stand."""
    why = read_calendar().why_off(on)
    return _("a day off (%(why)s)") % {"why": why} if why else _("a working day")


def _keep(said: dict[str, Any], actor: Actor) -> None:
    now = timezone.now()
    day = CalendarDay.objects.filter(on=said["on"]).first()
    if not said["kind"]:
        if day is not None:
            drop_day(day, by=actor.user, at=now)
        return
    day = day or CalendarDay(on=said["on"])
    day.kind, day.name, day.name_en = said["kind"], said["name"], said["name_en"]
    day.legal_basis, day.is_confirmed = said["legal_basis"], True
    keep_day(day, by=actor.user, at=now)
