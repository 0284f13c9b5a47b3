"""What units asked to reach a reporter for, answered at the desk."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incidents.contacting import (
    deny_contact,
    grant_contact,
    requests_waiting,
    rule_of_city,
)
from incidents.errors import IncidentError
from incidents.models import ContactRequest, Report
from incidents.permissions import Actor, visible_to

from .doors import for_staff
from .listing import listed


@for_staff
@require_safe
def requests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List what units asked for and nobody has answered, the longest first."""
    if not actor.is_desk:
        return redirect("mapui:workbench")
    page = listed(requests_waiting(), page=request.GET.get("page"))
    context = {"page": page, "hours": rule_of_city().hours, "actor": actor}
    return render(request, "mapui/staff/contact_requests.html", context)


@for_staff
@require_POST
def answer(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Grant or refuse one request, in the sight of who asked."""
    if not actor.is_desk:
        raise PermissionDenied
    seen = Report.objects.filter(visible_to(actor))
    asked = get_object_or_404(
        ContactRequest.objects.select_related("report"),
        pk=number,
        report__in=seen.values("pk"),
    )
    now, said = timezone.now(), request.POST.get("text", "")
    try:
        if request.POST.get("answer") == ContactRequest.Answer.GRANTED:
            grant_contact(asked, by=actor, at=now)
            messages.success(request, _("Granted. Each opening is written down."))
        else:
            deny_contact(asked, by=actor, at=now, text=said)
            messages.success(request, _("Not granted. The unit reads the reason."))
    except IncidentError as error:
        messages.error(request, str(error))
    if request.POST.get("back") == "list":
        return redirect("mapui:contact-requests")
    return redirect("mapui:staff-case", public_id=asked.report.public_id)
