"""Where a caller shows the place of a report, by a link that is good once."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.api.filing import ShownPlace
from incidents.errors import IncidentError, SpentLink
from incidents.located import find_link, give_location
from mapui.forms import FilingForm

from .choices import wards
from .city_map import first_view, map_words
from .filing_words import filing_words
from .limits import Proofs, is_allowed, wait_a_minute

NAMES = ("lat", "lon", "accuracy", "place_source", "ward", "address")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def location(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the place, and take it; what the link is of is told to nobody."""
    if not is_allowed(request, Proofs):
        said = _("Too many tries from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        return wait_a_minute(_spent(request, said, status=status))
    now = timezone.now()
    try:
        link = find_link(token, at=now)
        if request.method != "POST":
            return _show(request, FilingForm(), expires_at=link.expires_at)
        form = FilingForm.of(request.POST, had_files=False)
        sent = ShownPlace(data=_sent(request))
        if not sent.is_valid():
            form.refuse_all(sent.errors)
        else:
            give_location(token, sent.to_whereabouts(), at=now)
            return render(request, "mapui/location_shown.html")
    except SpentLink as error:
        return _spent(request, str(error), status=error.status)
    except IncidentError as error:
        form.refuse(error.field or "form", str(error))
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _show(request, form, expires_at=link.expires_at, status=status)


def _sent(request: HttpRequest) -> dict[str, str]:
    """Return what was said of the place; what was left empty was not said."""
    said = {name: request.POST.get(name, "").strip() for name in NAMES}
    return {name: value for name, value in said.items() if value}


def _show(
    request: HttpRequest,
    form: FilingForm,
    *,
    expires_at: object,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "form": form,
        "wards": wards(on=localdate()),
        "view": first_view(),
        "map_words": map_words(),
        "words": filing_words(),
        "expires_at": expires_at,
    }
    return render(request, "mapui/location.html", context, status=status)


def _spent(request: HttpRequest, said: str, *, status: int) -> HttpResponse:
    context = {"said": said}
    return render(request, "mapui/location_spent.html", context, status=status)
