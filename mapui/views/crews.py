"""A case's crews: links that are made, taken back, and what came by them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from incidents import crews
from incidents.errors import IncidentError
from incidents.models import Attachment, CrewLink, Report, StagedFile
from incidents.permissions import Actor, Side

from .asking import LONG, Asked, Words
from .case import blame, read_number
from .doors import find_case, for_staff


class LinkForm(Asked):
    """For which crew, what it is to do, for how long, and which photos it sees."""

    crew = Words(
        label=gettext_lazy("Crew"),
        help_text=gettext_lazy("As colleagues call it. History keeps a number only."),
        most=80,
    )
    job = Words(
        label=gettext_lazy("What is to be done"),
        help_text=gettext_lazy(
            "The crew reads these words, never the reporter's. Name nobody."
        ),
        rows=3,
        most=LONG,
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("The link holds for"), coerce=int, required=True
    )
    photos = forms.ModelMultipleChoiceField(
        Attachment.objects.none(),
        label=gettext_lazy("Photos from the reporter that the crew may see"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        hours = self.fields["hours"]
        hours.choices = [(each, lasting_said(each)) for each in lasting()]  # type: ignore[attr-defined]
        hours.widget.attrs["class"] = "control"
        sent = Attachment.objects.filter(
            report=self.report,
            result=None,
            kind=Attachment.Kind.PHOTO,
            state=Attachment.State.READY,
        )
        self.fields["photos"].queryset = sent.order_by("pk")  # type: ignore[attr-defined]


def lasting() -> list[int]:
    """Return for how many hours a link may hold in this city."""
    return settings.CITY.crew_link_hours


def lasting_said(hours: int) -> str:
    """Say for how long a link holds."""
    if hours % 24:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, actor: Actor, public_id: str) -> HttpResponse:
    """Show the links of a case and make one; its secret is shown this once."""
    report = _find(actor, public_id)
    if request.method != "POST":
        form = LinkForm(report=report, auto_id="crew-%s", initial=_offered(report))
        return _show(request, actor, report, form)
    form = LinkForm(request.POST, report=report, auto_id="crew-%s")
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    token = ""
    if form.is_valid():
        said = form.cleaned_data
        try:
            _link, token = crews.make_link(report, by=actor, at=timezone.now(), **said)
        except IncidentError as error:
            status = error.status
            blame(form, error)
        else:
            form = LinkForm(report=report, auto_id="crew-%s", initial=_offered(report))
            status = HTTPStatus.OK
    return _show(request, actor, report, form, token=token, status=status)


@for_staff
@require_POST
def act(
    request: HttpRequest, actor: Actor, public_id: str, number: int, action: str
) -> HttpResponse:
    """Take a link back, or confirm or set aside what came by it."""
    report, now = _find(actor, public_id), timezone.now()
    try:
        if action == "thu-hoi":
            crews.revoke_link(report, number, by=actor, at=now)
            said = _("Taken back: the link opens nothing any more.")
        elif action == "bo":
            crews.set_aside(report, number, by=actor, at=now)
            said = _("Set aside. Make a new link if the crew is to go again.")
        elif action == "xac-nhan":
            crews.confirm_result(
                report,
                number,
                by=actor,
                at=now,
                photo_because=request.POST.get("photo_because", "")[:300],
                version=read_number(request, "version"),
            )
            said = _("Filed as your unit's result.")
        else:
            raise Http404
    except IncidentError as error:
        form = LinkForm(report=report, auto_id="crew-%s", initial=_offered(report))
        needs = number if error.field == "photo_because" else None
        messages.error(request, str(error))
        return _show(
            request,
            actor,
            _find(actor, public_id),
            form,
            needs=needs,
            status=error.status,
        )
    messages.success(request, said)
    if action == "xac-nhan":
        return redirect("mapui:staff-case", public_id=public_id)
    return redirect("mapui:crews", public_id=public_id)


@for_staff
@require_safe
def photo(
    request: HttpRequest, actor: Actor, public_id: str, file_id: str
) -> HttpResponse:
    """Show what a crew sent, before anybody made it the unit's result."""
    report = _find(actor, public_id)
    sent = StagedFile.objects.filter(crew_result__link__report=report)
    file = sent.filter(public_id=file_id).first()
    if file is None:
        raise Http404
    return as_it_came(file)


def as_it_came(file: StagedFile) -> HttpResponse:
    """Return a file as its sender sent it, of the kind that its content says."""
    try:
        answer = FileResponse(file.original.open("rb"), content_type=file.media_type)
    except FileNotFoundError as error:
        raise Http404 from error
    own_style = "style-src 'unsafe-inline'"
    answer["Content-Security-Policy"] = f"default-src 'none'; {own_style}; sandbox"
    return cast("HttpResponse", answer)


def _find(actor: Actor, public_id: str) -> Report:
    """Find a case of one's own unit; to others there is nothing here."""
    report = find_case(actor, public_id)
    if not actor.sides(report) & {Side.UNIT, Side.PART}:
        raise Http404
    return report


def _offered(report: Report) -> dict[str, Any]:
    hours = lasting()
    return {"job": report.public_title, "hours": hours[min(1, len(hours) - 1)]}


def _show(
    request: HttpRequest,
    actor: Actor,
    report: Report,
    form: Asked,
    *,
    token: str = "",
    needs: int | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    now = timezone.now()
    made = CrewLink.objects.filter(report=report).select_related("made_by", "result")
    known = list(made.prefetch_related("result__files").order_by("-number"))
    address = settings.SITE_URL + reverse("mapui:crew-job", args=[token or "x"])
    context: dict[str, Any] = {
        "report": report,
        "form": form,
        "links": [(each, _state(each, now)) for each in known],
        "waiting": [
            each
            for each in known
            if hasattr(each, "result") and each.result.settled_at is None
        ],
        "may_make": crews.may_send_crews(report, actor),
        "address": address if token else "",
        "needs": needs,
        "now": now,
    }
    return render(request, "mapui/staff/crews.html", context, status=status)


def _state(link: CrewLink, now: Any) -> str:
    if hasattr(link, "result"):
        if link.result.is_confirmed:
            return _("Reported, confirmed")
        return (
            _("Set aside") if link.result.settled_at else _("Reported, not confirmed")
        )
    if link.revoked_at:
        return _("Taken back")
    return pgettext("a link", "Open") if link.is_alive(at=now) else _("Expired")
