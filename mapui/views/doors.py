"""Who is let in where staff work, and which cases they find there."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper, wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from incidents.entering import owes_second_factor
from incidents.models import Report
from incidents.permissions import Actor, actor_of, visible_to
from mapui.templatetags.outbox import outbox_of

from .workplaces import Bar, workplaces

P = ParamSpec("P")


def for_staff(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Let staff in, with what they may reach that day; nobody keeps what they saw.

    Strangers sign in first; who has no role yet is told what to do.
    """

    @wraps(view)
    def guarded(
        request: HttpRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        actor = actor_of(request.user, on=localdate())
        if actor is None:
            is_read = request.method in {"GET", "HEAD"}
            back = request.get_full_path() if is_read else reverse("mapui:workbench")
            return redirect_to_login(back)
        if not (actor.is_staff or actor.gives or actor.keeps_map):
            return redirect("mapui:workbench")
        if owes_second_factor(request, actor):
            return ask_for_second_factor(request)
        here = request.resolver_match.url_name if request.resolver_match else None
        bar = Bar(workplaces(actor, here=here or ""))
        request.workplaces = bar  # type: ignore[attr-defined]
        answer = view(request, actor, *args, **kwargs)
        add_never_cache_headers(answer)
        answer["X-Who"] = outbox_of(actor.user)
        return answer

    return guarded


def ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    """Lead to where a second factor is set up, or shown."""
    messages.warning(request, _("Your role asks for a second factor. Set it up first."))
    return redirect("mfa_index")


def for_map_keepers(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
) -> Callable[..., HttpResponseBase]:
    """Let in who keeps the city's map; to other staff there is nothing here."""

    def guarded(
        request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if not actor.keeps_map:
            raise Http404
        return view(request, actor, *args, **kwargs)

    return update_wrapper(for_staff(guarded), view)


def find_case(actor: Actor, public_id: str) -> Report:
    """Find a case among those this person may see; any other is not there."""
    cases = Report.objects.select_related(
        "category__branch",
        "place",
        "current_place",
        "declared_ward",
        "organisation",
        "subunit",
        "claimed_by",
        "assignee",
        "refusal_reason",
        "contact",
        "master__category",
        "incident__head",
        "headed",
    )
    found = cases.filter(visible_to(actor), public_id=public_id).with_seen().first()
    if found is None:
        raise Http404
    return found
