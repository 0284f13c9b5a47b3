"""What is done about one person: a role given, changed, ended, deputised, left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from incidents import roles
from incidents.errors import IncidentError
from incidents.leaving import HandedOver, hand_over, look_over, successors
from incidents.models import Membership
from incidents.people import (
    grant,
    invite_again,
    memberships_under,
    organisations_under,
    reset_factors,
)
from incidents.permissions import Actor

from .doors import for_staff
from .people import find_person, holding, managers_only
from .people_forms import (
    Asked,
    DeputyForm,
    EndForm,
    HandOverForm,
    PlacedRoleForm,
    RoleForm,
)

asks = require_http_methods(["GET", "HEAD", "POST"])


@for_staff
@require_POST
def send_again(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Send somebody's invitation once more."""
    user = find_person(actor, number)
    try:
        invite_again(user, by=actor, at=timezone.now())
    except IncidentError as error:
        messages.error(request, str(error))
    else:
        said = _("A new invitation to %(email)s is on its way. The old link is dead.")
        messages.success(request, said % {"email": user.email})
    return redirect("mapui:person", number=number)


@for_staff
@require_POST
def reset(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Take off the second factor of somebody who lost it."""
    user = find_person(actor, number)
    try:
        reset_factors(user, by=actor, at=timezone.now())
    except IncidentError as error:
        messages.error(request, str(error))
    else:
        said = _("It is taken off. They sign in by password, and set up a new one.")
        messages.success(request, said)
    return redirect("mapui:person", number=number)


@for_staff
@asks
def add_role(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Give somebody one role more."""
    user = find_person(actor, number)
    if user.pk == actor.user.pk:
        raise PermissionDenied
    form = PlacedRoleForm(
        _sent(request),
        roles=frozenset().union(*actor.gives.values()),
        organisations=organisations_under(actor),
    )

    def give() -> str:
        was_shut = not user.is_active
        grant(user, **form.cleaned_data, by=actor, at=timezone.now())
        if was_shut:
            return _(
                "The role is given. A letter invites them to choose a password anew."
            )
        return _("The role is given.")

    return _step(
        request,
        "people_role.html",
        form,
        give,
        number,
        {"person": user, "is_new": True},
    )


@for_staff
@asks
def change(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Give somebody another role in place of one."""
    held = _find_role(actor, number)
    _only_if(holding(held, actor).is_changed and not held.deputy_for_id)
    form = RoleForm(
        _sent(request),
        roles=actor.gives[held.organisation_id],
        initial={"role": held.role},
    )

    def do() -> str:
        roles.change_role(
            held, role=form.cleaned_data["role"], by=actor, at=timezone.now()
        )
        return _("The role is changed.")

    context = {"person": held.user, "held": held}
    return _step(request, "people_role.html", form, do, held.user_id, context)


@for_staff
@asks
def end(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """End somebody's role, now or at the end of a day."""
    held = _find_role(actor, number)
    _only_if(holding(held, actor).is_changed)
    form = EndForm(_sent(request))

    def do() -> str:
        on = form.on(localdate())
        roles.end_membership(held, on=on, by=actor, at=timezone.now())
        return _("The role has its end.")

    context = {
        "person": held.user,
        "held": held,
        "belongings": look_over(held.user, by=actor, at=timezone.now()),
    }
    return _step(request, "people_end.html", form, do, held.user_id, context)


@for_staff
@asks
def deputise(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Name who stands in for somebody for some days."""
    held = _find_role(actor, number)
    _only_if(holding(held, actor).is_deputised)
    today = localdate()
    people = roles.colleagues_of(held, on=today).exclude(pk=actor.user.pk)
    form = DeputyForm(
        _sent(request),
        people=people,
        initial={"since": today, "until": today + timedelta(days=6)},
    )

    def do() -> str:
        named = roles.name_deputy(
            held, **form.cleaned_data, by=actor, at=timezone.now()
        )
        said = _("%(who)s stands in; it ends by itself.")
        return said % {"who": named.user.label}

    context = {"person": held.user, "held": held, "has_people": people.exists()}
    return _step(request, "people_deputy.html", form, do, held.user_id, context)


@for_staff
@asks
def leave(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show what moves when somebody leaves; then hand all of it over."""
    user = find_person(actor, number)
    now = timezone.now()
    belongings = look_over(user, by=actor, at=now)
    _only_if(user.pk != actor.user.pk)
    if not belongings.ended:
        messages.warning(request, _("Nothing of this person is left to hand over."))
        return redirect("mapui:person", number=number)
    people = successors(user, by=actor, at=now)
    form = HandOverForm(_sent(request), people=people)

    def do() -> str:
        return _moved(
            hand_over(user, to=form.cleaned_data["to"], by=actor, at=timezone.now())
        )

    context = {"person": user, "belongings": belongings, "has_people": people.exists()}
    return _step(request, "people_leave.html", form, do, number, context)


def _step(
    request: HttpRequest,
    template: str,
    form: Asked,
    do: Callable[[], str],
    number: int,
    context: dict[str, Any],
) -> HttpResponse:
    """Ask, do what was asked for, or say why not; then lead back to the person."""
    if form.is_bound and form.is_valid():
        try:
            said = do()
        except IncidentError as error:
            form.refuse(error)
            return _asked(request, template, form, context, status=error.status)
        messages.success(request, said)
        return redirect("mapui:person", number=number)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return _asked(request, template, form, context, status=status)


def _asked(
    request: HttpRequest,
    template: str,
    form: Asked,
    context: dict[str, Any],
    *,
    status: int,
) -> HttpResponse:
    said = context | {"form": form}
    return render(request, f"mapui/staff/{template}", said, status=status)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _find_role(actor: Actor, number: int) -> Membership:
    managers_only(actor)
    return get_object_or_404(memberships_under(actor), pk=number)


def _only_if(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def _moved(done: HandedOver) -> str:
    """Say in one breath what was moved, and where to."""
    said = []
    if done.to is not None:
        cases = ngettext("%(n)s case", "%(n)s cases", done.reports)
        given = _("%(cases)s given to %(who)s.")
        counted = cases % {"n": done.reports}
        said.append(given % {"cases": counted, "who": done.to.label})
    if done.unassigned:
        back = ngettext(
            "%(n)s case went back to the unit.",
            "%(n)s cases went back to the unit.",
            done.unassigned,
        )
        said.append(back % {"n": done.unassigned})
    if done.empty_duties:
        empty = ngettext(
            "%(n)s duty has nobody now: look at the roster.",
            "%(n)s duties have nobody now: look at the roster.",
            done.empty_duties,
        )
        said.append(empty % {"n": done.empty_duties})
    said.append(
        _("The account is switched off.")
        if done.is_switched_off
        else _("The roles have ended.")
    )
    return " ".join(said)
