"""The people of an organisation: who they are, inviting one, looking at one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import WAITED_FOR, User
from accounts.second_factor import factors_of
from incidents.errors import IncidentError
from incidents.leaving import look_over
from incidents.models import Membership, RoleChange
from incidents.people import (
    called,
    changes_of,
    invite,
    memberships_under,
    organisations_under,
    people_under,
    with_plain_names,
)
from incidents.permissions import Actor
from incidents.roles import DEPUTISED

from .doors import for_staff
from .listing import listed
from .people_forms import InviteForm

ON_A_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Some of the people: those at work, those who never came in, those who left."""

    name: str
    label: str | Promise
    empty: str | Promise


KINDS = (
    Kind(
        name="",
        label=gettext_lazy("At work"),
        empty=gettext_lazy("Nobody works here yet."),
    ),
    Kind(
        name="invited",
        label=gettext_lazy("Invited, not come in yet"),
        empty=gettext_lazy("Everybody who was invited has come in."),
    ),
    Kind(
        name="left",
        label=gettext_lazy("Have left"),
        empty=gettext_lazy("Nobody has left."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A role as somebody holds it, and what the one who looks may do with it."""

    membership: Membership
    since: date | None
    last_day: date | None
    is_past: bool
    is_to_come: bool
    is_changed: bool  #: Whether the reader may change and end it.
    is_deputised: bool  #: Whether the reader may name who stands in.


def managers_only(actor: Actor) -> None:
    """Turn away who manages nobody's people."""
    if not actor.gives:
        raise PermissionDenied


@for_staff
@require_safe
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the people of the organisations somebody manages, by organisation."""
    managers_only(actor)
    asked = request.GET.get("show", "")
    kind = next((each for each in KINDS if each.name == asked), KINDS[0])
    wanted = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    found = _of_kind(actor, kind, on=localdate())
    if wanted:
        found = with_plain_names(found).filter(called(wanted))
    found = found.order_by(
        "organisation__name", "organisation", "user__first_name", "user", "pk"
    )
    page = listed(found, page=request.GET.get("page"), on_a_page=ON_A_PAGE)
    context = {
        "kinds": KINDS,
        "kind": kind,
        "wanted": wanted,
        "page": page,
        "rows": [holding(each, actor) for each in page.rows],
        "now": timezone.now(),
        "paged": f"{kind.name}&{urlencode({'q': wanted})}" if wanted else kind.name,
    }
    return render(request, "mapui/staff/people.html", context)


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def invite_somebody(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Invite somebody by e-mail, with the role they will have."""
    managers_only(actor)
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        roles=frozenset().union(*actor.gives.values()),
        organisations=organisations_under(actor),
    )
    if form.is_bound and form.is_valid():
        try:
            user = invite(**form.cleaned_data, by=actor, at=timezone.now())
        except IncidentError as error:
            form.refuse(error)
        else:
            said = _("The invitation to %(email)s is on its way.")
            if not user.is_invited:
                said = _("%(email)s has an account already; the role is theirs now.")
            messages.success(request, said % {"email": user.email})
            return redirect("mapui:person", number=user.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(
        request, "mapui/staff/people_invite.html", {"form": form}, status=status
    )


@for_staff
@require_safe
def person(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """Show what somebody does and did, and what may be done about it."""
    user = find_person(actor, number)
    held = memberships_under(actor).filter(user=user).order_by("-validity", "pk")
    rows = [holding(each, actor) for each in held]
    deputies = memberships_under(actor).filter(
        deputy_for=user, validity__overlap=DateRange(localdate(), None)
    )
    may_decide = any(each.is_changed for each in rows if not each.is_past)
    context: dict[str, Any] = {
        "person": user,
        "current": [each for each in rows if not each.is_past],
        "past": [each for each in rows if each.is_past],
        "deputies": [holding(each, actor) for each in deputies],
        "changes": [
            (each, _details(each)) for each in changes_of(user, seen_by=actor)[:50]
        ],
        "may_decide": may_decide,
        "factors": factors_of(user) if may_decide else [],
        "is_me": user.pk == actor.user.pk,
        "belongings": look_over(user, by=actor, at=timezone.now())
        if may_decide
        else None,
        "now": timezone.now(),
    }
    return render(request, "mapui/staff/person.html", context)


def find_person(actor: Actor, number: int) -> User:
    """Find somebody among the people one manages; anybody else is not there."""
    managers_only(actor)
    return get_object_or_404(people_under(actor), pk=number)


def holding(membership: Membership, actor: Actor) -> Holding:
    """Say from when to when a role is held, and what the reader may do with it."""
    today, days = localdate(), membership.validity
    may = actor.may_give(membership.role, membership.organisation_id)
    is_past = days.upper is not None and days.upper <= today
    is_own = membership.user_id == actor.user.pk
    stands_in = membership.deputy_for_id is not None
    return Holding(
        membership=membership,
        since=days.lower,
        last_day=days.upper - timedelta(days=1) if days.upper else None,
        is_past=is_past,
        is_to_come=days.lower is not None and days.lower > today,
        is_changed=may and not is_own and not is_past,
        is_deputised=may
        and not is_past
        and not stands_in
        and membership.role in DEPUTISED,
    )


def _of_kind(actor: Actor, kind: Kind, *, on: date) -> QuerySet[Membership]:
    to_come = DateRange(on, None)
    held = memberships_under(actor)
    current = held.filter(validity__overlap=to_come)
    if kind.name == "left":
        stays = Membership.objects.filter(
            user=OuterRef("user"),
            organisation__in=list(actor.gives),
            validity__overlap=to_come,
        )
        return held.filter(~Exists(stays))
    waited_for = User.objects.filter(WAITED_FOR, pk=OuterRef("user"))
    return current.filter(Exists(waited_for)) if kind.name == "invited" else current


def _details(change: RoleChange) -> str:
    """Say how much was handed over, where that is what was done."""
    if change.code != RoleChange.Code.HANDED_OVER:
        return ""
    reports, duties = (
        int(change.arguments.get(each, 0)) for each in ("reports", "duties")
    )
    cases = ngettext("%(n)s case", "%(n)s cases", reports) % {"n": reports}
    shifts = ngettext("%(n)s duty", "%(n)s duties", duties) % {"n": duties}
    return f"{cases}, {shifts}"
