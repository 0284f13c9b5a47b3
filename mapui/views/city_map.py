"""What every map of the city is drawn from: its style, its names, its first view."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import PointOnSurface
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from gis_data.models import Boundary
from incidents.models import StatusGroup
from mapui.style import pin_style_document, style_document

from .choices import WARD

#: How long names may lag behind a newly published map.
NAMES_HOLD = 10 * 60
#: Half the width and height of the first view, in degrees about the centre.
AROUND = (0.11, 0.09)


@require_safe
@cache_control(public=True, max_age=3600)
def style(request: HttpRequest) -> JsonResponse:
    """Draw the public map."""
    return JsonResponse(style_document(**_addresses(request)))


@require_safe
@cache_control(public=True, max_age=3600)
def pin_style(request: HttpRequest) -> JsonResponse:
    """Draw the map on which a place is chosen or shown."""
    return JsonResponse(pin_style_document(**_addresses(request)))


@require_safe
@gzip_page
@cache_control(public=True, max_age=NAMES_HOLD)
def ward_names(request: HttpRequest) -> JsonResponse:
    """Put each ward's name at a point inside it, once for the whole map."""
    today = localdate()
    key = f"ward-names-{today}"
    return JsonResponse(cache.get_or_set(key, lambda: _names(today), NAMES_HOLD))


def first_view() -> str:
    """Return west, south, east and north of what a map shows at first."""
    (lon, lat), (wide, high) = settings.CITY.centre, AROUND
    box = (lon - wide, lat - high, lon + wide, lat + high)
    return ",".join(f"{each:.3f}" for each in box)


def map_words() -> dict[str, str]:
    """Return what the map's own buttons are called in the reader's language."""
    return {
        "Map.Title": _("Map"),
        "NavigationControl.ZoomIn": _("Zoom in"),
        "NavigationControl.ZoomOut": _("Zoom out"),
        "GeolocateControl.FindMyLocation": _("Near me"),
        "GeolocateControl.LocationNotAvailable": _("Your device does not say where"),
        "near.me": _("Near me"),
        "fan.here": _("{n} reports at one place"),
        **{f"group.{each.value}": str(each.label) for each in StatusGroup},
        "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl and scroll to zoom"),
        "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ and scroll to zoom"),
        "CooperativeGesturesHandler.MobileHelpText": _("Use two fingers to move"),
        "ScaleControl.Meters": "m",
        "ScaleControl.Kilometers": "km",
        "Marker.Title": _("The reported place"),
        "near.refused": _(
            "Your browser was told not to say where you are. Allow it in the "
            "browser's settings for this site, or search for your ward."
        ),
        "near.unknown": _(
            "Your device does not know where it is just now. Try again in the open, "
            "or search for your ward."
        ),
        "near.outside": _("You are outside the city, so the map stays where it is."),
        "again": _("Try again"),
        "tiles.failed": _("Part of the map did not come. Check the network."),
    }


def _names(today: date) -> dict[str, Any]:
    drawn = (
        Boundary.objects.known()
        .in_force(on=today)
        .filter(place__kind__code=WARD)
        .annotate(middle=PointOnSurface("shape"))
        .values_list("place__code", "place__name", "middle")
    )
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": code, "name": name},
                "geometry": {
                    "type": "Point",
                    "coordinates": [round(middle.x, 5), round(middle.y, 5)],
                },
            }
            for code, name, middle in drawn
        ],
    }


def _addresses(request: HttpRequest) -> dict[str, str]:
    """Return full addresses: the map's worker knows no page to start from."""
    return {
        "tiles": request.build_absolute_uri("/tiles"),
        "labels": request.build_absolute_uri(reverse("mapui:ward-names")),
    }
