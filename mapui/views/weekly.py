"""The last week in words and figures, as its letter says it, to read and to print."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from incidents.leading.telling import file_name, sheet, tell
from incidents.leading.weeks import Week, read_briefs
from incidents.leading.words import definitions
from incidents.models import Organisation
from incidents.permissions import Actor
from incidents.printing import print_page

from .doors import for_staff
from .leading import chosen_unit, may_read


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


def _address(page: str, unit: Organisation | None) -> str:
    about = f"?{urlencode({'unit': unit.code})}" if unit else ""
    return reverse(f"mapui:{page}") + about
