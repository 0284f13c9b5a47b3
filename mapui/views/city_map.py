"""What every map of the city is drawn from: its style, its names, its first view."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.gis.db.models.functions import PointOnSurface
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.utils.timezone import localdate
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from gis_data.api.fields import Reads
from gis_data.geocoding import Named, find_places
from gis_data.models import Boundary
from gis_data.models.place import tidy
from mapui.style import pin_style_document, style_document

from .choices import WARD
from .limits import is_allowed, wait_a_minute

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


@require_safe
@gzip_page
@vary_on_headers("Accept-Language", "Cookie")
def places(request: HttpRequest) -> HttpResponse:
    """Find wards of today and districts of before, by what people call them."""
    if not is_allowed(request, Reads):
        said = _("Too many at once from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        refusal = wait_a_minute(JsonResponse({"said": said}, status=status))
        add_never_cache_headers(refusal)
        return refusal
    typed = tidy(request.GET.get("q", ""))[:100]
    words = settings.CITY.place_words
    found = find_places(typed, on=localdate(), words=words)
    count = len(found.places)
    if not count:
        said = _("No ward or district of this name. Try fewer letters.")
    elif found.is_loose:
        said = _("Not found as you wrote it; it may be one of these.")
    else:
        said = ngettext("%(count)s place", "%(count)s places", count) % {"count": count}
    answer = JsonResponse(
        {"said": said, "places": [_told(each) for each in found.places]}
    )
    patch_cache_control(answer, public=True, max_age=NAMES_HOLD)
    return answer


def _told(place: Named) -> dict[str, Any]:
    """Write a place found as the search box shows it."""
    english = place.name_en and get_language() == "en"
    name = place.name_en if english else place.name
    once = _("formerly %(names)s") % {"names": ", ".join(place.formerly)}
    return {
        "code": place.code,
        "name": name if place.is_now else _("%(name)s (former)") % {"name": name},
        "detail": once if place.formerly else "",
        "is_now": place.is_now,
        "box": place.box,
    }


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
