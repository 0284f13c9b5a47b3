"""What corrections teach: rules to think about, in the workshop of the map."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from incidents.errors import IncidentError
from incidents.permissions import Actor
from incidents.suggestions import AT_LEAST, dismiss, suggestions

from .doors import for_map_keepers

PARTS = ("category", "place", "corrects", "organisation", "reason")


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def suggested(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what was corrected again and again; put aside what teaches no rule."""
    mistake, status = "", HTTPStatus.OK
    now = timezone.now()
    if request.method == "POST":
        said = {name: request.POST.get(name, "")[:300] for name in PARTS}
        try:
            dismiss(by=actor, at=now, **said)
        except IncidentError as error:
            mistake, status = str(error), HTTPStatus(error.status)
        else:
            messages.success(request, _("Put aside. New corrections count anew."))
            return redirect("mapui:workshop-suggestions")
    context = {
        "rows": suggestions(at=now),
        "mistake": mistake,
        "at_least": AT_LEAST,
    }
    return render(
        request, "mapui/staff/workshop_suggestions.html", context, status=status
    )
