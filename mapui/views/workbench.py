"""The door to where staff work: each is led to their own place."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.permissions import Actor, actor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A place where somebody works, and what is done there."""

    address: str
    name: str
    about: str
    icon: str


@never_cache
@require_safe
def workbench(request: HttpRequest) -> HttpResponse:
    """Lead people to their place; let them choose among several; explain where none."""
    actor = actor_of(request.user, on=localdate())
    if actor is None:
        return redirect_to_login(request.get_full_path())
    places = workplaces(actor)
    if len(places) == 1:
        return redirect(places[0].address)
    return render(request, "mapui/staff/workbench.html", {"places": places})


def workplaces(actor: Actor) -> list[Workplace]:
    """Return every place that a person's roles of that day open."""
    queue = reverse("mapui:queue")
    places = []
    if actor.is_desk:
        places.append(
            Workplace(
                address=queue,
                name=_("Operators' desk"),
                about=_("Accept, refuse, transfer; approve results."),
                icon="phone",
            )
        )
    if actor.units:
        places.append(
            Workplace(
                address=reverse("mapui:unit"),
                name=_("Unit's list"),
                about=_("What your unit has in hand, by due date."),
                icon="work",
            )
        )
    if actor.sees_all and not actor.is_desk:
        places.append(
            Workplace(
                address=f"{queue}?tab=all",
                name=_("All reports"),
                about=_("Every case of the city, to read."),
                icon="search",
            )
        )
    if actor.user.is_staff:
        places.append(
            Workplace(
                address=reverse("admin:index"),
                name=_("Administration"),
                about=_("People, organisations, responsibilities, calendar."),
                icon="person",
            )
        )
    return places
