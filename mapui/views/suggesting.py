"""A category suggested from a text: beside forms, and how often it is right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gis_data.api.fields import Reads
from incidents.models import Category, SuggestionModel
from incidents.permissions import Actor
from incidents.suggesting import propose
from mapui.templatetags.dates import day_format

from .doors import find_case, for_staff
from .limits import is_allowed, wait_a_minute

TEXT_AT_MOST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A share as the page shows it: in percent, with the interval it lies in."""

    share: float | None
    low: float
    high: float

    @classmethod
    def of(cls, score: dict[str, Any], name: str) -> Shown:
        """Read one of the two shares of a score."""
        low, high = score[f"{name}_interval"]
        share = 100 * score[name] / score["of"] if score["of"] else None
        return cls(share=share, low=100 * low, high=100 * high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of figures: of what, on how many texts, and both shares."""

    label: str
    of: int
    first: Shown
    three: Shown

    @classmethod
    def read(cls, label: str, score: dict[str, Any]) -> Row:
        """Read a line from a score as it was kept."""
        first, three = Shown.of(score, "first"), Shown.of(score, "three")
        return cls(label=label, of=score["of"], first=first, three=three)


@never_cache
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest categories for what is being typed; nothing of it is written down.

    It comes by POST, so that nobody on the way keeps the address it would stand in.
    """
    if not is_allowed(request, Reads):
        return wait_a_minute(HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS))
    text = request.POST.get("description", "")[:TEXT_AT_MOST]
    return _answer(request, text)


@for_staff
@require_safe
def suggest_for_case(
    request: HttpRequest, actor: Actor, public_id: str
) -> HttpResponse:
    """Suggest categories for a case, from what its reporter wrote."""
    return _answer(request, find_case(actor, public_id).description)


@for_staff
@require_safe
def accuracy(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show how often suggestions are right on texts held out, and what they learnt."""
    if not may_see_accuracy(actor):
        raise Http404
    newest = SuggestionModel.objects.defer("arrays").order_by("-pk").first()
    context: dict[str, Any] = {"model": newest}
    if newest is not None:
        context |= _figures(newest)
    return render(request, "mapui/staff/suggestions.html", context)


def may_see_accuracy(actor: Actor) -> bool:
    """Tell whether the suggestions are this person's affair."""
    return actor.leads_shift or actor.keeps_map


def _answer(request: HttpRequest, text: str) -> HttpResponse:
    found = propose(text, on=localdate())
    if not found:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "mapui/_suggested.html", {"proposals": found})


def _figures(model: SuggestionModel) -> dict[str, Any]:
    written = model.figures["written"]
    named = Category.objects.filter(code__in=written["marked"]["branches"])
    names = {each.code: each.label for each in named}
    return {
        "written": written,
        "rows": _rows(written),
        "branches": [
            Row.read(names.get(code, code), score)
            for code, score in written["marked"]["branches"].items()
        ],
        "spans": [_span(span) for span in model.figures["corrections"]],
        "comes_true": [
            {"of": each["of"], "said": 100 * each["said"], "right": 100 * each["right"]}
            for each in written["comes_true"]
        ],
    }


def _span(figures: dict[str, Any]) -> dict[str, Any]:
    """Say of which days' corrections some figures are."""
    first, last = (
        date_format(date.fromisoformat(figures[end]), day_format())
        for end in ("from", "to")
    )
    return {"first": first, "last": last, "rows": _rows(figures)}


def _rows(figures: dict[str, Any]) -> list[Row]:
    """Say both levels, of texts as they are written and without diacritics."""
    labels = {
        ("branch", "marked"): _("Field, with diacritics"),
        ("branch", "unmarked"): _("Field, without diacritics"),
        ("leaf", "marked"): _("Category, with diacritics"),
        ("leaf", "unmarked"): _("Category, without diacritics"),
    }
    return [
        Row.read(label, figures[way][level]) for (level, way), label in labels.items()
    ]
