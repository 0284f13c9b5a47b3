"""The door to where staff work: each is led to their own place."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.entering import owes_second_factor, second_factor_due
from incidents.permissions import actor_of

from .doors import ask_for_second_factor
from .workplaces import LOOKED_BACK_ON, Bar, workplaces

#: Where nobody starts the day who has another place to work.
BESIDES = frozenset(
    {
        "call-backs",
        "call-page",
        "contact-requests",
        "disputes",
        "exports",
        "incidents-at-work",
        "leading",
        "people",
        "shift",
        "statistics",
        "transfers",
        "workshop",
    }
    | {"directives", "calendar"}
)


@never_cache
@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    """Lead people to their place; let them choose among several; explain where none.

    Who works on cases and sees to people too is led to the cases: they come every day;
    and so is who takes calls, which ring by themselves.
    """
    actor = actor_of(request.user, on=localdate())
    if actor is None:
        return redirect_to_login(request.get_full_path())
    if owes_second_factor(request, actor):
        return ask_for_second_factor(request)
    places = workplaces(actor)
    due = second_factor_due(request, actor)
    besides = BESIDES | LOOKED_BACK_ON
    daily = [place for place in places if place.page not in besides] or places
    if len(daily) == 1 and due is None:
        return redirect(daily[0].address)
    request.workplaces = Bar(places)  # type: ignore[attr-defined]
    return render(
        request, "mapui/staff/workbench.html", {"places": places, "factor_due": due}
    )
