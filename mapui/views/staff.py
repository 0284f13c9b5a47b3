"""Who may open the pages of staff, and that nobody keeps a copy of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate

from incidents.permissions import Actor, actor_of

P = ParamSpec("P")


def for_staff(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a page to whoever holds a role today, and tell it who that is."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        actor = actor_of(request.user, on=localdate())
        if actor is None or not actor.is_staff:
            raise PermissionDenied
        answer = view(request, actor, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        return answer

    return opened
