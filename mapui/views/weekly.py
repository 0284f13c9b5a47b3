"""The last week in words and figures, as its letter says it, to read and to print."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents.leading.telling import file_name, sheet, tell
from incidents.leading.weeks import Week, read_briefs
from incidents.leading.wishing import switch_letter, wants_letter
from incidents.leading.words import definitions
from incidents.models import Membership, Organisation
from incidents.permissions import Actor
from incidents.printing import print_page

from .doors import for_staff
from .leading import chosen_unit, may_read

#: How the form says on and off.
SWITCHED = {"1": True, "0": False}
BRING_IT = {Membership.Role.LEADER, Membership.Role.CITY_LEADER}


@for_staff
@require_safe
def weekly(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what the last week brought, for the city or a unit."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    unit, units = chosen_unit(request, actor)
    (brief,) = read_briefs(Week.last(at=timezone.now()), [unit]).values()
    context = {
        "told": tell(brief),
        "week": brief.week,
        "units": units,
        "sees_city": actor.reads_city_figures,
        "definitions": definitions(),
        "file": _address("weekly-file", unit),
        "figures": _address("leading", unit),
        "has_letter": _has_letter(actor),
    }
    return render(request, "mapui/staff/weekly.html", context)


@for_staff
@require_safe
def weekly_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Send the same as a file to print."""
    if not may_read(actor):
        return redirect("mapui:workbench")
    unit, _units = chosen_unit(request, actor)
    now = timezone.now()
    (brief,) = read_briefs(Week.last(at=now), [unit]).values()
    printed = print_page(sheet([tell(brief)], at=now), {})
    answer = HttpResponse(printed, content_type="application/pdf")
    name = file_name(brief.week)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@for_staff
@require_POST
def letter(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Switch the weekly letter to this very person off, or on again."""
    wanted = request.POST.get("wanted", "")
    if _has_letter(actor) is None or wanted not in SWITCHED:
        return redirect("mapui:weekly" if may_read(actor) else "mapui:workbench")
    switch_letter(actor.user, to=SWITCHED[wanted], at=timezone.now())
    said = _("Switched off: no weekly letter comes to you any more.")
    if SWITCHED[wanted]:
        said = _("Switched on: the letter comes with the next week.")
    messages.success(request, said)
    return redirect("mapui:weekly")


def _has_letter(actor: Actor) -> bool | None:
    """Tell whether the letter comes to them; None to who leads nothing."""
    if not BRING_IT & actor.roles.keys():
        return None
    return wants_letter(actor.user, on=localdate())


def _address(page: str, unit: Organisation | None) -> str:
    about = f"?{urlencode({'unit': unit.code})}" if unit else ""
    return reverse(f"mapui:{page}") + about
