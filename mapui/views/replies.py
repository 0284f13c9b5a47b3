"""The words a unit writes often, kept by its own people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from incidents.errors import IncidentError
from incidents.models import Organisation, ReplyTemplate
from incidents.permissions import Actor
from incidents.replies import keep_words, kept_by, retire_words
from mapui.forms import Summed

from .asking import LONG, Words
from .doors import for_staff


class WordsForm(Summed):
    """What the words are for, what they are called, and what they say."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("For"),
        choices=ReplyTemplate.Purpose.choices,
        required=False,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    name = Words(
        label=gettext_lazy("What they are called"),
        help_text=gettext_lazy("Short: it is picked from a list on a phone."),
        most=80,
    )
    text = Words(
        label=gettext_lazy("What they say"),
        help_text=gettext_lazy("Who picks them reads them over and may change them."),
        rows=5,
        most=LONG,
    )


@for_staff
@require_safe
def replies(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the words of one's own organisations, and those that everybody has."""
    own = _own(actor)
    shown = ReplyTemplate.objects.filter(organisation__in=own)
    common = ReplyTemplate.objects.filter(organisation=None, is_active=True)
    context = {
        "own": shown.select_related("organisation").order_by(
            "-is_active", "organisation__name", "purpose", "name"
        ),
        "common": common.order_by("purpose", "name"),
        "organisations": own,
    }
    return render(request, "mapui/staff/replies.html", context)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def reply(
    request: HttpRequest, actor: Actor, number: int | None = None
) -> HttpResponse:
    """Add words, or change ones there are."""
    own = _own(actor)
    held = get_object_or_404(_mine(own), pk=number) if number else None
    if not own.exists():
        raise Http404
    begins: dict[str, Any] = {"purpose": ReplyTemplate.Purpose.RESULT}
    if held is not None:
        begins = {name: getattr(held, name) for name in WordsForm.base_fields}
    form = WordsForm(request.POST or None, initial=begins, auto_id="words-%s")
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        whose = held.organisation if held else _chosen(request, own)
        if whose is None:
            raise Http404
        if form.is_valid():
            try:
                keep_words(
                    organisation=whose,
                    by=actor.user,
                    on=localdate(),
                    changing=held,
                    **form.cleaned_data,
                )
            except IncidentError as error:
                status = HTTPStatus(error.status)
                there = error.field if error.field in form.fields else None
                form.add_error(there, str(error))
            else:
                messages.success(request, _("Kept. They are offered from now on."))
                return redirect("mapui:replies")
    context = {"form": form, "held": held, "organisations": own}
    return render(request, "mapui/staff/reply.html", context, status=status)


@for_staff
@require_POST
def retire(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Offer words no more."""
    held = get_object_or_404(_mine(_own(actor)), pk=number)
    retire_words(held, by=actor.user, on=localdate())
    messages.success(
        request, _("They are offered no more. Keep them anew to bring them back.")
    )
    return redirect("mapui:replies")


def _own(actor: Actor) -> QuerySet[Organisation]:
    return kept_by(actor.user, on=localdate())


def _mine(own: QuerySet[Organisation]) -> QuerySet[ReplyTemplate]:
    return ReplyTemplate.objects.filter(organisation__in=own)


def _chosen(request: HttpRequest, own: QuerySet[Organisation]) -> Organisation | None:
    """Return whose the words are to be; where there is one, it is that one."""
    code = request.POST.get("organisation", "")
    return own.filter(code=code).first() if code else own.first()
