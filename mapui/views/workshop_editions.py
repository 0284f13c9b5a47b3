"""An edition of the map: what it changes, who would answer, in force or taken back."""

from __future__ import annotations

import json
from collections import Counter
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.gis.db.models.functions import AsGeoJSON, Transform
from django.core.cache import cache
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.comparing import BoundaryChange, Change, compare
from gis_data.errors import DrawnMeanwhile, MapError
from gis_data.models import Boundary, BoundaryDrawing, Edition
from incidents.errors import IncidentError
from incidents.models import Rehearsal
from incidents.permissions import Actor
from incidents.settling import (
    has_handed_over,
    put_in_force,
    take_back,
    throw_away,
)
from mapui.templatetags.dates import day_format

from .city_map import first_view, map_words
from .doors import for_map_keepers
from .people_forms import Asked
from .workshop_rehearsals import headline

#: So many changed places are listed, those that change most first.
LISTED = 60
#: The drawing that a map of the whole city is made of.
ZOOM = 11
DIGITS = 5
#: What an edition changes is measured once and kept so long.
MEASURED_FOR = 60 * 60


class SureForm(Asked):
    """A word that is typed out, so that nobody does it by a slip of the hand."""

    word = forms.CharField(
        label=gettext_lazy("To be sure, type the first day as it stands above"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "class": "control control-short",
                "autocomplete": "off",
                "inputmode": "numeric",
            }
        ),
        error_messages={"required": gettext_lazy("Type the day.")},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, edition: Edition, **options: Any) -> None:
        super().__init__(*args, **options)
        self.edition = edition

    def clean_word(self) -> str:
        typed = str(self.cleaned_data["word"]).strip()
        on = self.edition.starts_on
        if typed not in {
            f"{on:%d/%m/%Y}",
            on.isoformat(),
            f"{on.day}/{on.month}/{on.year}",
        }:
            raise forms.ValidationError(
                _("This is not %(on)s.") % {"on": f"{on:%d/%m/%Y}"}
            )
        return typed


@for_map_keepers
@require_safe
def edition(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show what an edition changes, and what may be done with it."""
    shown = _find(number)
    changes = _changes(shown)
    changed = [each for each in changes if each.what != Change.KEPT]
    changed.sort(key=lambda each: -(each.gained_km2 + each.lost_km2))
    rehearsal = Rehearsal.objects.filter(edition=shown).order_by("-asked_at").first()
    is_draft = shown.published_at is None
    is_stale = is_draft and _is_stale(rehearsal, shown)
    context: dict[str, Any] = {
        "edition": shown,
        "changes": changed[:LISTED],
        "more": max(len(changed) - LISTED, 0),
        "counts": Counter(each.what.value for each in changes),
        "gained": sum(each.gained_km2 for each in changed),
        "total": len(changes),
        "rehearsal": rehearsal,
        "headline": headline(rehearsal) if rehearsal else "",
        "is_stale": is_stale,
        "is_rehearsed": _is_told(rehearsal) and not is_stale,
        "is_draft": is_draft,
        "is_newest": not is_draft and _is_newest(shown),
        "has_handed_over": not is_draft and has_handed_over(shown),
        "history": shown.changes.select_related("by").order_by("-at"),
        "today": localdate(),
        "map_words": map_words(),
        "view": first_view(),
    }
    return render(request, "mapui/staff/workshop_edition.html", context)


@for_map_keepers
@require_safe
@gzip_page
def edition_map(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Draw what an edition changes: new, gone and redrawn places."""
    shown = _find(number)
    changed = {each.code: each for each in _changes(shown) if each.what != Change.KEPT}
    closed = [code for code, each in changed.items() if each.what == Change.CLOSED]
    before = Boundary.objects.known().filter(
        place__kind=shown.kind,
        place__code__in=closed,
        validity__contains=shown.starts_on,
    )
    if shown.published_at:
        before = Boundary.objects.known(at=shown.published_at).filter(
            place__kind=shown.kind,
            place__code__in=closed,
            validity__endswith=shown.starts_on,
        )
    drawn = BoundaryDrawing.objects.filter(
        Q(boundary__edition=shown) | Q(boundary__in=before),
        zoom=ZOOM,
        boundary__place__code__in=changed.keys(),
    )
    if shown.published_at:
        drawn = drawn.filter(
            Q(boundary__recorded__upper_inf=True) | Q(boundary__in=before)
        )
    rows = drawn.annotate(
        shown=AsGeoJSON(Transform("shape", 4326), precision=DIGITS)
    ).values_list("boundary__place__code", "shown")
    features = [_feature(changed[code], shape) for code, shape in rows]
    return JsonResponse(
        {"type": "FeatureCollection", "features": features},
        content_type="application/geo+json",
    )


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Say what putting a draft in force does, and do it once somebody is sure."""
    shown = _find(number)
    if shown.published_at:
        return redirect("mapui:workshop-edition", number=number)
    form = SureForm(
        request.POST or None, edition=shown, initial={"version": shown.version}
    )
    status = HTTPStatus.OK
    if form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_bound and form.is_valid():
        try:
            done = put_in_force(
                shown,
                by=actor,
                at=timezone.now(),
                version=form.cleaned_data["version"] or 0,
            )
        except DrawnMeanwhile as changed:
            return _changed(request, shown, changed)
        except (MapError, IncidentError) as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus(refused.status)
        else:
            said = _("In force from %(on)s: %(opened)s new, %(changed)s redrawn.")
            about = {
                "on": date_format(shown.starts_on, day_format()),
                "opened": len(done.opened),
                "changed": len(done.changed),
            }
            messages.success(request, said % about)
            return redirect("mapui:workshop-edition", number=number)
    rehearsal = Rehearsal.objects.filter(edition=shown).order_by("-asked_at").first()
    context = {
        "edition": shown,
        "form": form,
        "counts": Counter(each.what.value for each in _changes(shown)),
        "rehearsal": rehearsal,
        "is_told": _is_told(rehearsal),
        "is_stale": _is_stale(rehearsal, shown),
        "today": localdate(),
    }
    return render(request, "mapui/staff/workshop_activate.html", context, status=status)


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Say what rolling back does, and do it once somebody is sure."""
    shown = _find(number)
    if shown.published_at is None or shown.withdrawn_at is not None:
        return redirect("mapui:workshop-edition", number=number)
    form = SureForm(request.POST or None, edition=shown)
    status = HTTPStatus.OK
    if form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_bound and form.is_valid():
        try:
            take_back(shown, by=actor, at=timezone.now())
        except (MapError, IncidentError) as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus(refused.status)
        else:
            messages.success(
                request, _("Rolled back: what was in force before it is so again.")
            )
            return redirect("mapui:workshop")
    context = {
        "edition": shown,
        "form": form,
        "has_handed_over": has_handed_over(shown),
        "is_newest": _is_newest(shown),
    }
    return render(
        request, "mapui/staff/workshop_roll_back.html", context, status=status
    )


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def discard(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Ask whether a draft is to go, and throw it away."""
    shown = _find(number)
    if shown.published_at:
        raise Http404
    if request.method == "POST":
        typed = request.POST.get("version", "")
        version = int(typed) if typed.isdecimal() and len(typed) < 9 else 0
        try:
            throw_away(shown, by=actor, at=timezone.now(), version=version)
        except DrawnMeanwhile as changed:
            return _changed(request, shown, changed)
        except (MapError, IncidentError) as refused:
            messages.error(request, str(refused))
            return redirect("mapui:workshop-edition", number=number)
        messages.success(request, _("The draft is gone; nothing else has changed."))
        return redirect("mapui:workshop")
    return render(request, "mapui/staff/workshop_discard.html", {"edition": shown})


def _find(number: int) -> Edition:
    return get_object_or_404(
        Edition.objects.select_related("kind", "made_by"), pk=number
    )


def _changes(shown: Edition) -> tuple[BoundaryChange, ...]:
    """Measure what an edition changes; the same draft is measured once an hour."""
    latest = (
        Edition.objects.published().filter(kind=shown.kind).order_by("published_at")
    )
    last = latest.values_list("pk", flat=True).last()
    key = f"workshop-changes-{shown.pk}-{shown.version}-{shown.published_at}-{last}"
    key = key.replace(" ", "_")
    return cache.get_or_set(key, lambda: compare(shown), MEASURED_FOR) or ()


def _feature(change: BoundaryChange, shape: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {
            "code": change.code,
            "what": change.what.value,
            "label": f"{change.name}: {change.what.label}",
        },
        "geometry": json.loads(shape),
    }


def _is_told(rehearsal: Rehearsal | None) -> bool:
    """Tell whether a rehearsal ended with something to read, not with a failure."""
    return rehearsal is not None and rehearsal.told is not None


def _is_stale(rehearsal: Rehearsal | None, shown: Edition) -> bool:
    """Tell whether a draft was drawn on since it was rehearsed."""
    told = (rehearsal and rehearsal.told) or {}
    return bool(told) and told.get("version") != shown.version


def _is_newest(shown: Edition) -> bool:
    newer = Edition.objects.published().filter(
        kind=shown.kind, starts_on__gt=shown.starts_on
    )
    return shown.withdrawn_at is None and not newer.exists()


def _changed(
    request: HttpRequest, shown: Edition, refused: DrawnMeanwhile
) -> HttpResponse:
    """Say who changed what since the page was opened; nothing was done."""
    latest = shown.changes.select_related("by").order_by("-at").first()
    context = {"edition": _find(shown.pk), "refused": refused, "latest": latest}
    return render(
        request,
        "mapui/staff/workshop_changed.html",
        context,
        status=HTTPStatus.CONFLICT,
    )
