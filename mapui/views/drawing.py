"""Drawing on the map: the places of a draft."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.drawing import (
    Redrawn,
    begin_drawing,
    erase,
    neighbours,
    redraw,
    shape_said,
)
from gis_data.errors import DrawnMeanwhile, MapError
from gis_data.geometry import area_m2
from gis_data.journal import sign
from gis_data.models import Boundary, Edition, MapChange, PlaceKind
from incidents.permissions import Actor
from mapui.forms import Summed

from .city_map import first_view, map_words
from .doors import for_staff

#: So many digits behind the point: a centimetre of ground.
DIGITS = 7


class DrawnForm(Summed):
    """What was drawn, as GeoJSON."""

    whole = "id_shape"

    shape = forms.CharField(
        label=gettext_lazy("Corners, as GeoJSON"),
        required=False,
        widget=forms.Textarea(
            attrs={"class": "control drawing-words", "rows": 6, "spellcheck": "false"}
        ),
    )

    @property
    def status(self) -> HTTPStatus:
        """How a refusal is answered: somebody was faster, or something is wrong."""
        if self.has_error("__all__", DrawnMeanwhile.code):
            return HTTPStatus.CONFLICT
        return HTTPStatus.UNPROCESSABLE_ENTITY


class AreaForm(DrawnForm):
    """A place's code and name, and its area."""

    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"class": "control", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "control", "autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class BeginForm(Summed):
    """What is to be drawn anew, from which day on, and by what law."""

    kind = forms.ModelChoiceField(
        label=gettext_lazy("What is drawn"),
        queryset=PlaceKind.objects.order_by("-rank", "code"),
        to_field_name="code",
        widget=forms.Select(attrs={"class": "control"}),
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day in force"),
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control", "type": "date"}
        ),
    )
    note = forms.CharField(
        label=gettext_lazy("By what law, or why"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "control"}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A place of the draft as the list beside the map tells it."""

    code: str
    name: str
    address: str
    is_chosen: bool


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Begin a draft with what is in force, to be changed by hand."""
    if not actor.keeps_map:
        raise Http404
    form = BeginForm(
        request.POST if request.method == "POST" else None,
        initial={"kind": request.GET.get("kind", "")},
    )
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
        return render(
            request, "mapui/staff/drawing_start.html", {"form": form}, status=status
        )
    said = form.cleaned_data
    with transaction.atomic():
        edition = begin_drawing(
            said["kind"], on=said["starts_on"], by=actor.user, note=said["note"]
        )
        sign(
            MapChange.Code.DRAFT_KEPT,
            by=actor.user,
            at=timezone.now(),
            edition=edition,
            kind=edition.kind.code,
            on=edition.starts_on.isoformat(),
        )
    return redirect("mapui:drawing", edition.pk)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Draw one place of a draft: choose it, move its corners, save."""
    edition = _draft(actor, number)
    chosen = _chosen(edition, request.GET.get("place", ""))
    is_new = chosen is None
    if request.method == "POST":
        form = AreaForm(request.POST)
        if form.is_valid():
            answer = _kept(request, actor, edition, chosen, form)
            if answer is not None:
                return answer
        status = form.status
    else:
        form = AreaForm(initial=_begun(edition, chosen))
        status = HTTPStatus.OK
    if not is_new:
        for name in ("code", "name"):
            form.fields[name].widget.attrs["readonly"] = True
    edition.refresh_from_db(fields=["version"])
    told = {
        "edition": edition,
        "chosen": chosen,
        "is_new": is_new,
        "places": _places(edition, chosen),
        "form": form,
        "version": edition.version,
        "area": area_m2(chosen.shape) / 1e6 if chosen else None,
        "shapes": reverse("mapui:drawing-shapes", args=[edition.pk])
        + _query(chosen.place.code if chosen else ""),
        "changed": status == HTTPStatus.CONFLICT,
        "view": first_view(),
        "map_words": map_words(),
    }
    return render(request, "mapui/staff/drawing.html", told, status=status)


@for_staff
@require_safe
def shapes(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Tell the places round the one that is drawn, to draw along their lines."""
    edition = _draft(actor, number)
    beside = neighbours(edition, code=request.GET.get("place", ""))
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": each.place.code,
                    "properties": {"name": each.place.label},
                    "geometry": json.loads(each.shape.json),
                }
                for each in beside
            ],
        },
        content_type="application/geo+json",
    )


def _draft(actor: Actor, number: int) -> Edition:
    """Find a draft, for who keeps the map; for anyone else there is none."""
    if not actor.keeps_map:
        raise Http404
    drafts = Edition.objects.select_related("kind").filter(published_at__isnull=True)
    return get_object_or_404(drafts, pk=number)


def _drawn(edition: Edition) -> QuerySet[Boundary]:
    drafts = Boundary.objects.filter(edition=edition, recorded__isempty=True)
    return drafts.select_related("place").order_by("place__name", "place__code")


def _chosen(edition: Edition, code: str) -> Boundary | None:
    return _drawn(edition).defer(None).filter(place__code=code).first()


def _places(edition: Edition, chosen: Boundary | None) -> list[Listed]:
    return [
        Listed(
            code=each.place.code,
            name=each.place.label,
            address=reverse("mapui:drawing", args=[edition.pk])
            + _query(each.place.code),
            is_chosen=chosen is not None and each.pk == chosen.pk,
        )
        for each in _drawn(edition)
    ]


def _begun(edition: Edition, chosen: Boundary | None) -> dict[str, Any]:
    """Return what the form begins with: the place as it is drawn now, or nothing."""
    if chosen is None:
        return {"version": edition.version}
    return {
        "version": edition.version,
        "code": chosen.place.code,
        "name": chosen.place.label,
        "shape": rounded(chosen.shape.json),
    }


def _kept(
    request: HttpRequest,
    actor: Actor,
    edition: Edition,
    chosen: Boundary | None,
    form: AreaForm,
) -> HttpResponse | None:
    """Keep what was drawn, or leave the place out; nothing where it was refused."""
    said = form.cleaned_data
    code = chosen.place.code if chosen else said["code"]
    if chosen is None and _chosen(edition, code):
        form.add_error("code", _("The draft has a place of this code already."))
        return None
    leaves_out = chosen is not None and "erase" in request.POST
    version = said["version"] or 0
    here = reverse("mapui:drawing", args=[edition.pk])
    try:
        with transaction.atomic():
            if leaves_out:
                erase(edition, code=code, version=version)
            else:
                name = chosen.place.name if chosen else said["name"]
                shape = shape_said(said["shape"])
                drawn = redraw(
                    edition, code=code, name=name, shape=shape, version=version
                )
            sign(
                MapChange.Code.DRAFT_DRAWN,
                by=actor.user,
                at=timezone.now(),
                edition=edition,
                kind=edition.kind.code,
                place=code,
                left_out=leaves_out,
            )
    except DrawnMeanwhile as refused:
        form.add_error(None, ValidationError(str(refused), code=refused.code))
        return None
    except MapError as refused:
        form.add_error("shape", str(refused))
        return None
    if chosen is not None and leaves_out:
        left = _("%(place)s is left out of this draft.")
        messages.success(request, left % {"place": chosen.place.label})
        return redirect(here)
    _tell(request, drawn)
    return redirect(here + _query(code))


def _tell(request: HttpRequest, drawn: Redrawn) -> None:
    place = drawn.boundary.place.label
    messages.success(request, _("%(place)s is saved in the draft.") % {"place": place})
    for each in drawn.overlaps[:3]:
        said = _("It overlaps %(place)s by %(area)s m².")
        area = number_format(each.area_m2, 0, force_grouping=True)
        about = {"place": each.name, "area": area}
        messages.warning(request, said % about)


def _query(code: str) -> str:
    return f"?{urlencode({'place': code})}" if code else ""


def rounded(geojson: str) -> str:
    """Return a geometry with no digit finer than a hand can mean."""
    read = json.loads(geojson, parse_float=lambda said: round(float(said), DIGITS))
    return json.dumps(read, separators=(",", ":"))
