"""Rehearsals: asked for, watched, and read as a sentence, a matrix and a map."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.formats import number_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from gis_data.errors import MapError
from gis_data.models import Edition
from incidents.decisions import Reason
from incidents.errors import BrokenCityFile, IncidentError
from incidents.models import Rehearsal
from incidents.permissions import Actor
from incidents.rehearsals import RULES_AT_MOST, Question, as_csv, ask, ask_again

from .city_map import first_view, map_words
from .doors import for_map_keepers
from .people_forms import Asked

#: So many rows and columns of the matrix are shown; the rest is in the file.
GIVERS, TAKERS = 12, 8
LISTED, LOADS = 20, 15
A_MONTH = timedelta(days=30)
#: A worker that has said nothing for so long is not at work.
SILENT_FOR = timedelta(minutes=15)
#: A letter takes three bytes at most in any language of the city.
BYTES_AT_MOST = 3 * RULES_AT_MOST
PARTS = frozenset({"moved", "loads", "idle", "holes"})


class DraftChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A draft of the map, by its kind and first day."""

    def label_from_instance(self, obj: Any) -> str:
        said = _("%(kind)s from %(on)s") % {
            "kind": obj.kind.label,
            "on": f"{obj.starts_on:%d/%m/%Y}",
        }
        return f"{said} ({obj.note or obj.source})"


class RehearseForm(Asked):
    """Which drafts, and over which reports."""

    edition = DraftChoice(
        label=gettext_lazy("Draft map"),
        queryset=Edition.objects.none(),
        required=False,
        empty_label=gettext_lazy("None: the map in force"),
        widget=forms.Select(attrs={"class": "control"}),
        error_messages={"invalid_choice": gettext_lazy("This draft is no more.")},
    )
    file = forms.FileField(
        label=gettext_lazy("Draft rules, as a file"),
        help_text=gettext_lazy("The table of rules, edited and saved as CSV (UTF-8)."),
        required=False,
    )
    rules = forms.CharField(
        label=gettext_lazy("or pasted here"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "control shop-table", "rows": 6, "spellcheck": "false"}
        ),
    )
    months = forms.TypedChoiceField(
        label=gettext_lazy("Over the reports of"),
        coerce=int,
        choices=[
            (1, gettext_lazy("the last month")),
            (3, gettext_lazy("the last 3 months")),
            (6, gettext_lazy("the last 6 months")),
            (12, gettext_lazy("the last 12 months")),
            (36, gettext_lazy("the last 3 years")),
        ],
        initial=3,
        widget=forms.Select(attrs={"class": "control control-short"}),
    )
    on = forms.DateField(
        label=gettext_lazy("As if all came on"),
        help_text=gettext_lazy(
            "A draft that counts from a day to come is weighed as on that day. Empty: "
            "each report by the rules of its own day."
        ),
        required=False,
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control control-short", "type": "date"}
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["edition"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Edition.objects.filter(
                published_at__isnull=True
            ).select_related("kind")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        sent = said.get("file")
        if sent and sent.size > BYTES_AT_MOST:
            self.add_error("file", _("The file is larger than any table of rules."))
        elif sent:
            try:
                said["rules"] = sent.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not text in UTF-8."))
        said["rules"] = said.get("rules", "").strip()
        if said["rules"]:
            # What was in the file is kept in the field, so that nothing is lost.
            self.data = MultiValueDict({**self.data, "rules": [said["rules"]]})
        return said

    def question(self) -> Question:
        """Return what is to be rehearsed."""
        said = self.cleaned_data
        return Question(
            since=localdate() - said["months"] * A_MONTH,
            edition=said["edition"],
            rules=said["rules"],
            on=said["on"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Who would give how much to whom: the busiest rows and columns."""

    takers: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...], int, int], ...]
    is_whole: bool


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def rehearse(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ask for a rehearsal of drafts."""
    if request.method == "POST":
        form = RehearseForm(request.POST, request.FILES)
    else:
        form = RehearseForm(initial=_begun(request))
    status = HTTPStatus.OK
    if form.is_bound and form.is_valid():
        try:
            asked = ask(form.question(), by=actor, at=timezone.now())
        except BrokenCityFile as broken:
            form.add_error("rules", broken.told)
        except (MapError, IncidentError) as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("mapui:workshop-rehearsal", number=asked.pk)
    if form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(
        request, "mapui/staff/workshop_rehearse.html", {"form": form}, status=status
    )


@for_map_keepers
@require_safe
def rehearsal(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show how far a rehearsal is, or what came out of it."""
    asked = _find(number)
    is_running = asked.finished_at is None and not asked.failure
    if request.headers.get("hx-request"):
        answer = render(request, "mapui/staff/_workshop_running.html", {"asked": asked})
        if not is_running:
            answer["HX-Refresh"] = "true"
        return answer
    told = asked.told
    context: dict[str, Any] = {"asked": asked, "is_running": is_running}
    if is_running:
        context["is_silent"] = timezone.now() - asked.asked_at > SILENT_FOR
    if told:
        names = told["names"] | told.get("open", {}).get("names", {})
        context |= {
            "told": told,
            "headline": headline(asked),
            "matrix": _matrix(told["moved"], names),
            "loads": [
                (names.get(unit, unit) or _("nobody"), before, after, after - before)
                for unit, before, after in told["loads"][:LOADS]
            ],
            "idle": told["idle"][:LISTED],
            "idle_more": max(len(told["idle"]) - LISTED, 0),
            "contradictions": [
                _with_category(each, told) for each in told["contradictions"][:LISTED]
            ],
            "holes": [_with_category(each, told) for each in told["holes"][:LISTED]],
            "marks": _marks(told),
            "open": _open(told, names),
            "map_words": map_words(),
            "view": first_view(),
        }
    return render(request, "mapui/staff/workshop_rehearsal.html", context)


@for_map_keepers
@require_safe
def rehearsal_part(
    request: HttpRequest, actor: Actor, number: int, part: str
) -> HttpResponse:
    """Give one part of what came out as a file for a spreadsheet."""
    asked = _find(number)
    if part not in PARTS or not asked.told:
        raise Http404
    answer = HttpResponse(
        as_csv(asked.told, part), content_type="text/csv; charset=utf-8"
    )
    name = f"rehearsal-{number}-{part}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@for_map_keepers
@require_POST
def rehearse_again(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Rehearse the same once more, with the draft as it is now."""
    try:
        asked = ask_again(_find(number), by=actor, at=timezone.now())
    except BrokenCityFile as broken:
        messages.error(request, broken.told)
        return redirect("mapui:workshop-rehearsal", number=number)
    except (MapError, IncidentError) as refused:
        messages.error(request, str(refused))
        return redirect("mapui:workshop-rehearsal", number=number)
    return redirect("mapui:workshop-rehearsal", number=asked.pk)


def headline(asked: Rehearsal) -> str:
    """Say in one sentence what came out."""
    told = asked.told or {}
    count, moved = told.get("count", 0), told.get("moved_total", 0)
    if not count:
        return _("No report came in that time, so there was nothing to weigh.")
    if not moved:
        said = ngettext(
            "The one report weighed would go to the same unit as before.",
            "All %(count)s reports weighed would go to the same unit as before.",
            count,
        )
        return said % {"count": _grouped(count)}
    said = ngettext(
        "Of %(count)s reports, %(moved)s would go to another unit.",
        "Of %(count)s reports, %(moved)s would go to another unit.",
        moved,
    )
    return said % {"count": _grouped(count), "moved": _grouped(moved)}


def _find(number: int) -> Rehearsal:
    asked = Rehearsal.objects.select_related("edition__kind", "asked_by")
    return get_object_or_404(asked, pk=number)


def _begun(request: HttpRequest) -> dict[str, Any]:
    """Begin with the draft that the reader comes from, weighed as on its first day."""
    number = request.GET.get("draft", "")
    if not (number.isdecimal() and len(number) < 12):
        return {}
    draft = Edition.objects.filter(pk=int(number), published_at__isnull=True).first()
    if draft is None:
        return {}
    return {"edition": draft.pk, "on": max(draft.starts_on, localdate())}


def _matrix(moved: list[list[Any]], names: dict[str, str]) -> Matrix | None:
    """Lay the moves out: who gives down the side, who takes along the top."""
    if not moved:
        return None
    given: dict[str, int] = {}
    taken: dict[str, int] = {}
    cells: dict[tuple[str, str], int] = {}
    for giver, taker, count in moved:
        given[giver] = given.get(giver, 0) + count
        taken[taker] = taken.get(taker, 0) + count
        cells[giver, taker] = count
    givers = sorted(given, key=lambda unit: (-given[unit], unit))
    takers = sorted(taken, key=lambda unit: (-taken[unit], unit))
    shown = takers[:TAKERS]

    def name(unit: str) -> str:
        return names.get(unit, unit) if unit else _("nobody")

    return Matrix(
        takers=tuple(name(unit) for unit in shown),
        rows=tuple(
            (
                name(unit),
                tuple(cells.get((unit, to), 0) for to in shown),
                given[unit] - sum(cells.get((unit, to), 0) for to in shown),
                given[unit],
            )
            for unit in givers[:GIVERS]
        ),
        is_whole=len(givers) <= GIVERS and len(takers) <= TAKERS,
    )


def _open(told: dict[str, Any], names: dict[str, str]) -> dict[str, Any] | None:
    """Return what would become of the cases that are open now."""
    then = told.get("open")
    if not then:
        return None
    return {
        "count": then["count"],
        "moved": sum(n for *_way, n in then["moved"]),
        "redirected": sum(n for *_way, n in then["redirected"]),
        "ways": [
            (names.get(giver, giver), names.get(taker, taker) or _("the desk"), n)
            for giver, taker, n in then["moved"][:LISTED]
        ],
        "others": [
            (names.get(giver, giver), names.get(taker, taker) or _("the desk"), n)
            for giver, taker, n in then["redirected"][:LISTED]
        ],
    }


def _with_category(each: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    first = each["points"][0] if each["points"] else None
    said = {
        "name": told["categories"].get(each["category"], each["category"]),
        "at": f"{first[0]},{first[1]}" if first else "",
        "called": [told["names"].get(unit, unit) for unit in each.get("units", ())],
    }
    if "reason" in each:
        said["why"] = Reason(each["reason"]).label
    return each | said


def _marks(told: dict[str, Any]) -> list[dict[str, str]]:
    """Return where nobody answers, or several do, for the map to mark."""
    return [
        {
            "at": f"{lon},{lat}",
            "what": what,
            "label": f"{label}: {told['categories'].get(each['category'], '')}",
        }
        for what, label in (
            ("holes", _("Nobody answers")),
            ("contradictions", _("Several answer")),
        )
        for each in told[what][:LISTED]
        for lon, lat in each["points"]
    ]


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)
