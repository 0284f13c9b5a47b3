"""Cases as files: what one sees at once, who reported them with a second person."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from incidents.case_exports import (
    answer_export,
    ask_for_export,
    cases_between,
    exports_seen_by,
    plain_table,
    take_export,
)
from incidents.errors import IncidentError
from incidents.models import CaseExport, Category, Organisation
from incidents.permissions import Actor

from .asking import DayField, Words
from .carrying import (
    FORM_NAMES,
    carried_off,
    form_or_404,
    refused,
    too_many_at_work,
)
from .doors import for_staff
from .people_forms import Asked

DAYS, SHOWN = 30, 30
FEWER = gettext_lazy(
    "Ask for fewer days, one category or one unit, and take several files."
)


class Which(Asked):
    """Which cases: the days they came, a category, a unit."""

    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("Up to and including"))
    category = forms.ModelChoiceField(
        Category.objects.order_by("code"),
        label=gettext_lazy("Category"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(attrs={"class": "control"}),
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.order_by("name"),
        label=gettext_lazy("Unit"),
        to_field_name="code",
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(attrs={"class": "control"}),
    )

    @classmethod
    def usual(cls) -> dict[str, date]:
        """Return the last month."""
        today = localdate()
        return {"since": today - timedelta(days=DAYS - 1), "until": today}


class WithContacts(Which):
    """The same, and what the contacts are needed for."""

    reason = Words(
        label=gettext_lazy("What are the contacts needed for?"),
        help_text=gettext_lazy(
            "Another person reads it and decides. Your name and this reason are kept."
        ),
        rows=3,
        most=300,
    )


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Offer the list that leaves at once, and one with contacts on request."""
    if not (actor.is_staff or actor.reads_access_log):
        return redirect("mapui:workbench")
    form = WithContacts(request.POST or None, initial=Which.usual(), prefix="ask")
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if not actor.asks_for_exports:
            raise PermissionDenied
        if form.is_valid():
            try:
                ask_for_export(by=actor, at=timezone.now(), **form.cleaned_data)
            except IncidentError as error:
                form.refuse(error)
            else:
                messages.success(
                    request, _("Asked. Another person decides; look here again later.")
                )
                return redirect("mapui:exports")
    return _show(request, actor, form, status=status)


@for_staff
@require_safe
def cases_file(request: HttpRequest, actor: Actor, ending: str) -> HttpResponseBase:
    """Send what a person may see of the cases of some days, without a contact."""
    if not actor.is_staff:
        return redirect("mapui:workbench")
    form_of_file = form_or_404(ending)
    form = Which(request.GET or Which.usual())
    if not form.is_valid() or not _in_order(form.cleaned_data):
        return refused(_("Give two days, the first one first."))
    cases = cases_between(actor, **form.cleaned_data)
    count = cases.unquarantined().count()
    if said := too_many_at_work(count, fewer=FEWER):
        return refused(said)
    table = plain_table(cases)
    return carried_off(request, table, form_of_file, name="cases", count=count)


@for_staff
@require_POST
def answer(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Approve or refuse what another person asked for."""
    export = get_object_or_404(exports_seen_by(actor), pk=number)
    try:
        answer_export(
            export,
            approve=request.POST.get("answer") == CaseExport.Answer.APPROVED,
            by=actor,
            at=timezone.now(),
        )
    except IncidentError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("Your answer is kept, with your name and the time.")
        )
    return redirect("mapui:exports")


@for_staff
@require_POST
def export_file(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Hand the file to who asked for it; each time is written down."""
    export = get_object_or_404(exports_seen_by(actor), pk=number)
    if export.asked_by_id != actor.user.pk:
        raise Http404
    try:
        written = take_export(export, by=actor, at=timezone.now())
    except IncidentError as error:
        messages.error(request, str(error))
        return redirect("mapui:exports")
    return _file(written, f"cases-with-contacts-{export.pk}")


def _in_order(said: dict[str, Any]) -> bool:
    since, until = said["since"], said["until"]
    return bool(since and until and since <= until)


def _file(written: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(written, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _show(
    request: HttpRequest, actor: Actor, form: WithContacts, *, status: int
) -> HttpResponse:
    now = timezone.now()
    context: dict[str, Any] = {
        "actor": actor,
        "form": form,
        "which": Which(initial=Which.usual()),
        "forms": FORM_NAMES,
        "rows": list(exports_seen_by(actor)[:SHOWN]),
        "now": now,
    }
    return render(request, "mapui/staff/exports.html", context, status=status)
