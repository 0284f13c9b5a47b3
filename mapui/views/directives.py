"""What leaders ask of units: the lists of who gave it and of who is to answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.directives import asked_of, given_by
from incidents.permissions import Actor

from .doors import for_staff
from .listing import listed

GIVEN, ASKED = "given", "asked"


@for_staff
@require_safe
def directives(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List what was asked of one's units, or what one has asked oneself."""
    gives = actor.sees_all or bool(actor.leads)
    default = ASKED if actor.units and not actor.sees_all else GIVEN
    show = request.GET.get("of", default)
    show = show if show in {GIVEN, ASKED} else default
    found = given_by(actor) if show == GIVEN else asked_of(actor)
    page = listed(found, page=request.GET.get("page"))
    context = {
        "show": show,
        "gives": gives,
        "page": page,
        "rows": page.rows,
        "now": timezone.now(),
    }
    return render(request, "mapui/staff/directives.html", context)
