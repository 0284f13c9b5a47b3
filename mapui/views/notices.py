"""How notices fare, and their words, for the administrators of portal and city."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from incidents import rewording
from incidents.delivery_report import read_faring, read_waiting
from incidents.errors import IncidentError
from incidents.models import Event, Notice, NoticeText
from incidents.notifications import city_texts
from incidents.notifications.checking import LENGTHS, faults_of, known_to, read_longest
from incidents.notifications.wording import Texts
from incidents.permissions import Actor
from incidents.rewording import field_of
from mapui.forms import Summed

from .asking import Words
from .doors import for_staff

#: What the city's texts are called that are not of one event alone.
NAMES = {
    "received_expected": gettext_lazy("Report received, a unit is expected"),
    "followed_resolved": gettext_lazy("To who follows: it has been handled"),
    "followed_asked": gettext_lazy("To who follows: is it really done?"),
    "followed_checked": gettext_lazy("To who follows: it was checked"),
    "followed_ended": gettext_lazy("To who follows: it has ended"),
    "followed_end_changed": gettext_lazy("To who follows: another end is expected"),
}
#: How tall a part of a text stands on the page.
ROWS = {"subject": 0, "body": 9, "sms": 3}
PARTS = {
    "subject": gettext_lazy("Subject"),
    "body": gettext_lazy("Letter"),
    "sms": gettext_lazy("SMS"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One notice in the list, with who wrote it anew, if somebody did."""

    name: str
    label: str
    edited: NoticeText | None


class TextForm(Summed):
    """The words of one notice in every language, and why they change."""

    def __init__(self, *args: Any, texts: Texts, **options: Any) -> None:
        super().__init__(*args, **options)
        for language in settings.CITY.languages:
            for part, label in PARTS.items():
                field = Words(
                    label=f"{label} ({_named(language)})",
                    rows=ROWS[part],
                    most=LENGTHS[part],
                    initial=texts.get(language, {}).get(part, "").strip(),
                    strip=False,
                )
                field.widget.attrs["lang"] = language
                self.fields[field_of(part, language)] = field
        self.fields["why"] = Words(
            label=gettext_lazy("Why it changes"),
            help_text=gettext_lazy("Kept with your name and the day."),
            most=rewording.WHY_AT_MOST,
        )

    @property
    def texts(self) -> Texts:
        """What was written, by language and part."""
        return {
            language: {
                part: self.cleaned_data.get(field_of(part, language), "").strip()
                for part in PARTS
            }
            for language in settings.CITY.languages
        }


@for_staff
@require_safe
def notices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show how each channel fares, and which words are whose."""
    if not actor.administers:
        raise Http404
    now = timezone.now()
    latest = NoticeText.objects.select_related("by").order_by("name", "-pk")
    edited = {each.name: each for each in latest.distinct("name")}
    context = {
        "faring": read_faring(at=now),
        "waiting": read_waiting(),
        "states": list(Notice.State),
        "rows": [
            Row(name=name, label=_label(name), edited=edited.get(name))
            for name in city_texts()
        ],
        "has_sms": settings.SMS.is_on,
        "now": now,
    }
    return render(request, "mapui/staff/notices.html", context)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def notice_text(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    """Write a notice anew: look at it, keep it, or go back to the city's words."""
    if not actor.administers or name not in city_texts():
        raise Http404
    latest = NoticeText.objects.filter(name=name).select_related("by").last()
    texts: Texts = (latest and latest.texts) or city_texts()[name]
    form = TextForm(request.POST or None, texts=texts, auto_id="text-%s")
    now, status, does = timezone.now(), HTTPStatus.OK, request.POST.get("do", "")
    if request.method == "POST":
        try:
            done = _do(request, actor, name, form)
        except IncidentError as error:
            there = error.field if error.field in form.fields else None
            form.add_error(there, str(error))
            done = False
        if done:
            return redirect("mapui:notices")
        if form.errors:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    looked_at = form.texts if form.is_bound and form.is_valid() else texts
    context = {
        "form": form,
        "name": name,
        "label": _label(name),
        "latest": latest,
        "is_edited": bool(latest and latest.texts),
        "gaps": sorted(known_to(name)),
        "shown": rewording.show(name, looked_at, at=now),
        "is_preview": does == "preview" and not form.errors,
    }
    return render(request, "mapui/staff/notice_text.html", context, status=status)


def _do(request: HttpRequest, actor: Actor, name: str, form: TextForm) -> bool:
    """Do what was asked for; tell whether it is done, and nothing is left to mend."""
    now, does = timezone.now(), request.POST.get("do", "")
    if not form.is_valid():
        return False
    why = form.cleaned_data["why"]
    if does == "take_back":
        rewording.take_back(name, by=actor, at=now, why=why)
        messages.success(request, _("The city's own words are sent again from now on."))
        return True
    for fault in faults_of(name, form.texts, longest=read_longest()):
        form.add_error(field_of(fault.part, fault.language), fault.said)
    if does != "keep" or form.errors:
        return False
    rewording.reword(name, form.texts, by=actor, at=now, why=why)
    messages.success(request, _("Kept. These words are sent from now on."))
    return True


def _label(name: str) -> str:
    if name in NAMES:
        return str(NAMES[name])
    if name not in Event.Code.values:
        return name.replace("_", " ")
    return str(Event.Code(name).label) % {"organisation": "…", "until": "…"}


def _named(language: str) -> str:
    return str(get_language_info(language)["name_local"])
