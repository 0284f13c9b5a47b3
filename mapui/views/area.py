"""A ward followed: who wishes to says so, says yes from their mailbox, and may stop."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gis_data.models import Place
from gis_data.models.place import tidy
from incidents.api.throttles import Reports
from incidents.areas import AT_MOST, UNANSWERED, follow_area, say_yes, stop
from incidents.errors import FollowsTooMany
from incidents.models import AreaFollowing, Category

from .choices import branches, ward
from .following import METHODS, is_email
from .limits import is_allowed, wait_a_minute


@never_cache
@require_http_methods(METHODS)
def follow(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for an e-mail, and for which branch of what happens in a ward."""
    place = ward(code, on=localdate())
    if place is None:
        raise Http404
    if request.method != "POST":
        return _show(request, place)
    if not is_allowed(request, Reports):
        said = _("Too many at once from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        return wait_a_minute(_show(request, place, mistake=said, status=status))
    email, chosen = tidy(request.POST.get("email", "")), _branch(request)
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY
    if not is_email(email):
        said = _("Write the e-mail like this: name@example.com")
        return _show(request, place, mistake=said, status=wrong)
    used = Category.objects.in_force(on=localdate())
    category = used.filter(code=chosen).first() if chosen else None
    if chosen and category is None:
        said = _("Choose one of the list.")
        return _show(request, place, mistake=said, of="category", status=wrong)
    # An e-mail that is asked enough reads the same: else this told what it follows.
    with suppress(FollowsTooMany):
        follow_area(
            place,
            category,
            email=email,
            language=get_language() or settings.LANGUAGE_CODE,
            at=timezone.now(),
        )
    return redirect(f"{reverse('mapui:area-follow', args=[code])}?sent=1")


@never_cache
@require_http_methods(METHODS)
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """Let the owner of an e-mail say yes, see what they follow, and end it."""
    held = AreaFollowing.objects.select_related("place", "category")
    following = get_object_or_404(held, token=token)
    context, page = {"following": following}, "mapui/area_followed.html"
    if request.method != "POST":
        return render(request, page, context)
    if not is_allowed(request, Reports):
        said = _("Too many at once from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        told = render(request, page, context | {"mistake": said}, status=status)
        return wait_a_minute(told)
    act = say_yes if request.POST.get("do") == "yes" else stop
    act(token, at=timezone.now())
    return redirect("mapui:area-followed", token=token)


def _branch(request: HttpRequest) -> str:
    """Return which branch is asked for, also where the map showed a leaf of it."""
    asked = request.POST if request.method == "POST" else request.GET
    return tidy(asked.get("category", "")).partition(".")[0][:64]


def _show(
    request: HttpRequest,
    place: Place,
    *,
    mistake: str = "",
    of: str = "email",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {
        "place": place,
        "branches": branches(on=localdate()),
        "chosen": _branch(request),
        "email": request.POST.get("email", ""),
        "is_sent": "sent" in request.GET and not mistake,
        "mistake": mistake,
        "of": of,
        "most": AT_MOST,
        "unanswered": UNANSWERED,
    }
    return render(request, "mapui/area_follow.html", context, status=status)
