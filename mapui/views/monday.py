"""What a unit's leader looks at on Monday: late, due, awaiting them, and whose."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from incidents.leading.monday import TOLD, Load, loads_of
from incidents.leading.weeks import Week
from incidents.permissions import Actor

from .doors import for_staff
from .unit_asked import NOBODY

#: Where the unit's list shows the same cases.
LISTS = {"late": "late", "week": "week", "again": "again", "awaiting": "leader"}


@for_staff
@require_safe
def monday(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show who leads a unit what the week asks of it, and of whom."""
    if not actor.leads:
        return redirect("mapui:unit" if actor.units else "mapui:workbench")
    now = timezone.now()
    loads = loads_of(actor, at=now)
    heads = {
        "late": pgettext("figures", "Overdue"),
        "week": _("Due this week"),
        "again": _("Reopened"),
        "awaiting": _("Awaiting your approval"),
        "all": pgettext("figures", "In hand"),
    }
    sums = [
        (key, heads[key], sum(each.counts[key] for each in loads), _way(key))
        for key in TOLD
    ]
    rows = [
        (each.officer, [(key, each.counts[key], _way(key, each)) for key in TOLD])
        for each in loads
    ]
    context = {
        "week": Week.of(localdate(now)),
        "sums": sums,
        "heads": list(heads.values()),
        "rows": rows,
    }
    return render(request, "mapui/staff/monday.html", context)


def _way(key: str, load: Load | None = None) -> str:
    """Lead to the unit's list of the same cases: of all, or of one officer."""
    said = {"show": LISTS[key]} if key in LISTS else {}
    if load is not None:
        said["officer"] = str(load.officer.pk) if load.officer else NOBODY
    return reverse("mapui:unit") + (f"?{urlencode(said)}" if said else "")
