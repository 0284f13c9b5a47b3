"""A publisher's file on its way to the map: sent, read, reported on, kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from gis_data import receiving
from gis_data.errors import MapError
from gis_data.models import Asset, MapFile, PlaceKind
from incidents.permissions import Actor

from .city_map import first_view, map_words
from .doors import for_map_keepers
from .workshop_forms import ReadingForm, SendForm
from .workshop_rehearsals import SILENT_FOR
from .workshop_report import findings, marks

Step, What = MapFile.Step, MapFile.What


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take in a publisher's file."""
    begun = {"what": request.GET.get("what", What.BOUNDARIES)}
    form = (
        SendForm(request.POST, request.FILES)
        if request.method == "POST"
        else SendForm(initial=begun)
    )
    status = HTTPStatus.OK
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            sent = receiving.send(
                said["file"], what=said["what"], by=actor.user, at=timezone.now()
            )
        except MapError as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("mapui:workshop-file", number=sent.pk)
    if form.is_bound:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"form": form, "most_mb": settings.MAP_FILE_BYTES_AT_MOST // 2**20}
    return render(request, "mapui/staff/workshop_send.html", context, status=status)


@for_map_keepers
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show how far a file is, ask how to read it, and show its quality report."""
    sent = _find(number)
    if request.headers.get("hx-request"):
        return _how_far(request, sent)
    form = None if sent.is_worked_on or not sent.layers else _form(request, sent)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form is None:
            return redirect("mapui:workshop-file", number=number)
        if form.is_valid():
            try:
                receiving.check_as(sent, form.reading(), at=timezone.now())
            except MapError as refused:
                form.add_error(None, str(refused))
                status = HTTPStatus(refused.status)
            else:
                return redirect("mapui:workshop-file", number=number)
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    found = sent.report if sent.step in {Step.REPORT, Step.KEPT} else None
    is_areas = sent.what == What.BOUNDARIES
    context: dict[str, Any] = {
        "sent": sent,
        "form": form,
        "layer": _layer(request, sent),
        "report": found,
        "findings": findings(found) if found and is_areas else [],
        "marks": marks(found) if found and is_areas else [],
        "asked": receiving.Asked.of(sent.asked) if found else None,
        "kind": PlaceKind.objects.filter(code=sent.asked.get("kind", "")).first()
        if found
        else None,
        "map_words": map_words(),
        "view": ",".join(map(str, found["box"])) if found else first_view(),
        "is_areas": is_areas,
        "turn": _turn(sent),
        "is_silent": sent.is_worked_on and timezone.now() - sent.since > SILENT_FOR,
    }
    return render(request, "mapui/staff/workshop_file.html", context, status=status)


@for_map_keepers
@require_POST
def keep(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Let a file that was checked become a draft, or the assets of its day."""
    sent = _find(number)
    try:
        receiving.keep(sent, at=timezone.now())
    except MapError as refused:
        messages.error(request, str(refused))
    return redirect("mapui:workshop-file", number=number)


@for_map_keepers
@require_POST
def drop(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Throw a file away."""
    sent = _find(number)
    try:
        receiving.drop(sent, by=actor.user, at=timezone.now())
    except MapError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("“%(name)s” is gone.") % {"name": sent.name})
    return redirect("mapui:workshop")


@for_map_keepers
@require_safe
@gzip_page
def file_map(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Give the shapes of a file that was checked, as its map shows them."""
    drawn = (
        receiving.map_of(_find(number)) or '{"type":"FeatureCollection","features":[]}'
    )
    return HttpResponse(drawn, content_type="application/geo+json")


def _find(number: int) -> MapFile:
    return get_object_or_404(
        MapFile.objects.select_related("sent_by", "edition__kind"), pk=number
    )


def _how_far(request: HttpRequest, sent: MapFile) -> HttpResponse:
    """Answer a page that asks again and again, until there is something to read."""
    answer = render(request, "mapui/staff/_workshop_progress.html", {"sent": sent})
    if not sent.is_worked_on:
        answer["HX-Refresh"] = "true"
    return answer


def _layer(request: HttpRequest, sent: MapFile) -> dict[str, Any] | None:
    """Return the layer that is asked for, or was, or the first."""
    wanted = request.POST.get("layer") or request.GET.get("layer")
    wanted = wanted or sent.asked.get("layer", "")
    named = [each for each in sent.layers if each["name"] == wanted]
    return next(iter(named or sent.layers), None)


def _form(request: HttpRequest, sent: MapFile) -> ReadingForm:
    layer = _layer(request, sent) or {"name": "", "fields": []}
    kinds = PlaceKind.objects.order_by("-rank", "code")
    is_areas = sent.what == What.BOUNDARIES
    known = Asset.objects.values_list("kind", flat=True).distinct().order_by()
    begun = {name: value for name, value in sent.asked.items() if value != ""}
    return ReadingForm(
        request.POST if request.method == "POST" else None,
        sent=sent,
        layer=layer["name"] if len(sent.layers) > 1 else "",
        columns=layer["fields"],
        kinds=sorted(kinds, key=lambda each: each.rank is None) if is_areas else (),
        known=() if is_areas else known,
        initial={"on": localdate(), **begun},
    )


def _turn(sent: MapFile) -> int:
    """Return which of the four steps it is at."""
    turns = {Step.LOOK: 1, Step.ASK: 2, Step.CHECK: 2, Step.REPORT: 3}
    return turns.get(Step(sent.step), 4)
