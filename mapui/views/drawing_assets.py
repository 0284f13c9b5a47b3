"""Drawing on the map: a road, a canal, a cover that somebody manages."""

from __future__ import annotations

import json
from datetime import date
from http import HTTPStatus
from math import isfinite
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.gis.geos import Polygon
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gis_data.drawing import draw_asset, shape_said
from gis_data.errors import DrawnMeanwhile, MapError
from gis_data.journal import sign
from gis_data.models import Asset, MapChange
from incidents.permissions import Actor

from .city_map import first_view, map_words
from .doors import for_staff
from .drawing import DrawnForm, rounded

#: So many things in view are drawn along at most.
SHOWN = 1_000


class AssetForm(DrawnForm):
    """What an asset is, from which day it stands so, and its shape as GeoJSON."""

    kind = forms.SlugField(
        label=gettext_lazy("Kind of asset"),
        max_length=16,
        widget=forms.TextInput(attrs={"class": "control", "list": "asset-kinds"}),
    )
    code = forms.CharField(
        label=gettext_lazy("Number of the asset"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "control", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "control", "autocomplete": "off"}),
    )
    asset_class = forms.CharField(
        label=gettext_lazy("Class"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"class": "control", "list": "asset-classes"}),
    )
    on = forms.DateField(
        label=gettext_lazy("Stands so from"),
        widget=forms.DateInput(
            format="%Y-%m-%d", attrs={"class": "control", "type": "date"}
        ),
    )
    was = forms.IntegerField(widget=forms.HiddenInput, required=False)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Draw an asset, a new one or one that stands, as it is from a day on."""
    _refuse_strangers(actor)
    today = localdate()
    kind, code = request.GET.get("kind", ""), request.GET.get("code", "").strip()
    standing = _standing(kind, code, on=today) if code else None
    if request.method == "POST":
        form = AssetForm(request.POST)
        answer = _kept(request, actor, form) if form.is_valid() else None
        if answer is not None:
            return answer
    else:
        form = AssetForm(initial=_begun(standing, kind=kind, code=code, on=today))
    told: dict[str, Any] = {
        "form": form,
        "standing": standing,
        "asked": {"kind": kind, "code": code},
        "unknown": bool(code) and standing is None and request.method != "POST",
        "changed": form.status == HTTPStatus.CONFLICT,
        "kinds": Asset.objects.order_by("kind")
        .values_list("kind", flat=True)
        .distinct(),
        "classes": Asset.objects.exclude(asset_class="")
        .order_by("asset_class")
        .values_list("asset_class", flat=True)
        .distinct(),
        "nearby": reverse("mapui:drawing-nearby"),
        "view": first_view(),
        "map_words": map_words(),
    }
    status = form.status if request.method == "POST" else HTTPStatus.OK
    return render(request, "mapui/staff/drawing_asset.html", told, status=status)


@for_staff
@require_safe
def nearby(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Tell the assets in view, to draw along their lines."""
    _refuse_strangers(actor)
    box = _box(request.GET.get("bbox", ""))
    there = Asset.objects.filter(validity__contains=localdate(), shape__bboverlaps=box)
    return JsonResponse(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": each.pk,
                    "properties": {"name": each.name or each.code},
                    "geometry": json.loads(each.shape.json),
                }
                for each in there.order_by("pk")[:SHOWN]
            ],
        },
        content_type="application/geo+json",
    )


def _box(said: str) -> Polygon:
    """Read what is in view, as west, south, east and north in degrees."""
    try:
        west, south, east, north = map(float, said.split(","))
    except ValueError as error:
        raise Http404 from error
    if not all(map(isfinite, (west, south, east, north))):
        raise Http404
    box = Polygon.from_bbox((west, south, east, north))
    box.srid = 4326
    return box


def _refuse_strangers(actor: Actor) -> None:
    if not actor.keeps_map:
        raise Http404


def _standing(kind: str, code: str, *, on: date) -> Asset | None:
    there = Asset.objects.filter(code=code, validity__contains=on)
    return (there.filter(kind=kind) if kind else there).order_by("kind").first()


def _said(field: str) -> list[str]:
    """Return the words that assets use for this so far."""
    said = Asset.objects.exclude(**{field: ""}).order_by(field)
    return list(said.values_list(field, flat=True).distinct())


def _begun(standing: Asset | None, *, kind: str, code: str, on: date) -> dict[str, Any]:
    """Return what the form begins with: the asset as it stands, or what was asked."""
    if standing is None:
        return {"kind": kind, "code": code, "on": on}
    return {
        "kind": standing.kind,
        "code": standing.code,
        "name": standing.name,
        "asset_class": standing.asset_class,
        "on": on,
        "was": standing.pk,
        "shape": rounded(standing.shape.json),
    }


def _kept(request: HttpRequest, actor: Actor, form: AssetForm) -> HttpResponse | None:
    """Keep what was drawn and who drew it, as one; nothing where it was refused."""
    said = form.cleaned_data
    try:
        with transaction.atomic():
            asset = draw_asset(
                kind=said["kind"],
                code=said["code"],
                name=said["name"],
                asset_class=said["asset_class"],
                shape=shape_said(said["shape"]),
                on=said["on"],
                was=said["was"],
            )
            sign(
                MapChange.Code.ASSET_DRAWN,
                by=actor.user,
                at=timezone.now(),
                kind=asset.kind,
                asset=asset.code,
                on=asset.validity.lower.isoformat(),
            )
    except DrawnMeanwhile as refused:
        form.add_error(None, ValidationError(str(refused), code=refused.code))
        return None
    except MapError as refused:
        form.add_error("shape", str(refused))
        return None
    messages.success(
        request, _("%(asset)s is on the map.") % {"asset": asset.name or asset.code}
    )
    query = urlencode({"kind": asset.kind, "code": asset.code})
    return redirect(f"{reverse('mapui:drawing-asset')}?{query}")
