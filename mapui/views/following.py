"""Others met the same problem: they say so, hear of the end, and may leave again."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from gis_data.models.place import tidy
from incidents.api.throttles import Reports
from incidents.errors import FollowsTooMany, NotFollowable
from incidents.following import follow, may_follow, unfollow
from incidents.models import Following, Report
from incidents.privacy import Reporter

from .limits import is_allowed, wait_a_minute

#: Set only when somebody says they met the same problem, so that it counts once.
COOKIE = "follows"
GIVEN = re.compile(r"[A-Za-z0-9_-]{22}")
COOKIE_HOLDS = 2 * 365 * 24 * 60 * 60
METHODS = ["GET", "HEAD", "POST"]


@never_cache
@require_http_methods(METHODS)
def follow_case(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take note that somebody met the same problem, and of an e-mail if they wish."""
    shown = _report(public_id)
    if request.method != "POST":
        return _show(request, shown)
    if not is_allowed(request, Reports):
        said = _("Too many at once from your network. Wait a minute.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        return wait_a_minute(_show(request, shown, mistake=said, status=status))
    email = tidy(request.POST.get("email", ""))
    if email and not is_email(email):
        said = _("Write the e-mail like this: name@example.com")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _show(request, shown, mistake=said, email=email, status=status)
    client_id = _client_id(request) or secrets.token_urlsafe(16)
    try:
        follow(
            shown,
            client_id=client_id,
            at=timezone.now(),
            language=get_language() or settings.LANGUAGE_CODE,
            reporter=Reporter(name="", email=email) if email else None,
        )
    except NotFollowable as error:
        return _show(request, shown, mistake=str(error), status=error.status)
    except FollowsTooMany as error:
        said, status = str(error), error.status
        return _show(request, shown, mistake=said, email=email, status=status)
    request.COOKIES[COOKIE] = client_id
    if request.headers.get("HX-Request") == "true":
        answer = _show(request, _report(public_id))
    else:
        answer = redirect("mapui:follow", public_id=public_id)
    answer.set_cookie(
        COOKIE,
        client_id,
        max_age=COOKIE_HOLDS,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


@never_cache
@require_http_methods(METHODS)
def followed(request: HttpRequest, token: str) -> HttpResponse:
    """Show a follower what they follow, by the link that only they have, and end it."""
    held = Following.objects.select_related(
        "contact",
        "report__category",
        "report__place",
        "report__current_place",
        "report__master__category",
        "report__master__place",
        "report__master__current_place",
    )
    following = get_object_or_404(held, token=token)
    if request.method == "POST":
        if not is_allowed(request, Reports):
            again = redirect("mapui:followed", token=token)
            return wait_a_minute(again)
        unfollow(token, at=timezone.now())
        return redirect("mapui:followed", token=token)
    report = following.report.master or following.report
    is_shown = Report.objects.public().filter(pk=report.pk).exists()
    context = {
        "following": following,
        "report": report,
        "is_shown": is_shown,
        "is_told": is_told(following),
        "can_follow": is_shown and may_follow(report),
    }
    return render(request, "mapui/followed.html", context)


def following_of(request: HttpRequest, report: Report) -> dict[str, object]:
    """Return what a page needs to offer following: asks nothing of a new browser."""
    client_id = _client_id(request)
    mine = None
    if client_id:
        held = Following.objects.select_related("contact")
        mine = held.filter(report=report, client_id=client_id, ended_at=None).first()
    return {
        "mine": mine,
        "is_told": mine is not None and is_told(mine),
        "can_follow": may_follow(report),
    }


def is_told(following: Following) -> bool:
    """Tell whether an address is kept that hears of the end."""
    contact = getattr(following, "contact", None)
    return contact is not None and bool(contact.email_index)


def is_email(typed: str) -> bool:
    """Tell whether what was typed can be an e-mail."""
    try:
        validate_email(typed)
    except ValidationError:
        return False
    return True


def _client_id(request: HttpRequest) -> str:
    """Return what this browser has been known by since it first followed a case."""
    said = request.COOKIES.get(COOKIE, "")
    return said if GIVEN.fullmatch(said) else ""


def _report(public_id: str) -> Report:
    shown = Report.objects.public().with_what_is_shown()
    return get_object_or_404(shown, public_id=public_id)


def _show(
    request: HttpRequest,
    report: Report,
    *,
    mistake: str = "",
    email: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    context = {"report": report, "mistake": mistake, "typed_email": email}
    context |= following_of(request, report)
    is_fragment = request.headers.get("HX-Request") == "true"
    page = "mapui/_follow.html" if is_fragment else "mapui/follow.html"
    return render(request, page, context, status=status)
