"""Roles: given for some days, changed, ended, held by who stands in for another."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.utils import IntegrityError
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext as _

from accounts.models import WAITED_FOR, User

from .errors import (
    HandOverFirst,
    HeldAlready,
    LastAdministrator,
    Missing,
    NotAllowed,
    OwnRole,
)
from .models import Duty, Membership, Organisation, Report, RoleChange
from .permissions import WORKED, Actor

Role, Code = Membership.Role, RoleChange.Code
HELD_ONCE = "membership_is_held_once_a_day"
#: Roles in which somebody may stand in for who holds them.
DEPUTISED = frozenset({Role.LEADER, Role.FOCAL_POINT, Role.SHIFT_LEAD})
STANDS_IN_AT_MOST = timedelta(days=90)


@transaction.atomic
def change_role(
    membership: Membership, *, role: str, by: Actor, at: datetime
) -> Membership:
    """Give somebody another role in place of one, from that day on."""
    held = hold_still(membership, by=by)
    if held.deputy_for_id:
        raise NotAllowed(_("Who stands in for somebody has that role and no other."))
    allow(by, role, held.organisation)
    if role == held.role:
        raise HeldAlready
    on, until = localdate(at), held.validity.upper
    if until is not None and until <= on:
        raise NotAllowed(_("The role ends earlier already."))
    if role not in WORKED and _leaves_cases(held, on=on):
        raise HandOverFirst
    keep_an_administrator(held, on=on)
    was = held.role
    end(held, on=on)
    new = hold(held.user, held.organisation, role, DateRange(on, until), held)
    log(
        held.user,
        Code.CHANGED,
        by=by,
        at=at,
        organisation=held.organisation,
        role=role,
        was=was,
    )
    return new


@transaction.atomic
def end_membership(
    membership: Membership, *, on: date | None, by: Actor, at: datetime
) -> Membership:
    """Let a role end: `on` is the first day it is held no longer.

    With their last role goes the account, at once where that day has come.
    """
    held, today = hold_still(membership, by=by), localdate(at)
    if on is None or on < today:
        raise Missing(_("Choose today or a day to come."), field="on")
    if held.validity.upper is not None and held.validity.upper <= on:
        raise Missing(_("The role ends earlier already."), field="on")
    keep_an_administrator(held, on=on)
    if on == today and _leaves_cases(held, on=on):
        raise HandOverFirst
    if _leaves_duties(held, on=on, at=at):
        said = _("This person is still on duty after that. Hand the work over first.")
        raise HandOverFirst(said)
    end(held, on=on)
    log(
        held.user,
        Code.ENDED,
        by=by,
        at=at,
        organisation=held.organisation,
        role=held.role,
        on=on.isoformat(),
    )
    switch_off_without_role(held.user, by=by, at=at)
    return held


@transaction.atomic
def name_deputy(
    membership: Membership,
    *,
    deputy: User | None,
    since: date | None,
    until: date | None,
    by: Actor,
    at: datetime,
) -> Membership:
    """Let a colleague stand in for somebody for some days; it ends by itself.

    `until` is the last day. Nobody names themselves, or stands in for a deputy.
    """
    held = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if not by.may_give(held.role, held.organisation_id) or held.validity.isempty:
        raise NotAllowed
    if held.deputy_for_id or held.role not in DEPUTISED:
        raise NotAllowed(_("Nobody stands in for this role."))
    if deputy is None or deputy.pk == held.user_id:
        raise Missing(_("Choose a colleague who stands in."), field="deputy")
    if deputy.pk == by.user.pk:
        raise OwnRole
    days = _days_of_deputy(held, since=since, until=until, at=at)
    if not colleagues_of(held, on=days.lower).filter(pk=deputy.pk).exists():
        said = _("Choose somebody who works for the organisation by then.")
        raise Missing(said, field="deputy")
    named = hold(deputy, held.organisation, held.role, days, held, held.user)
    log(
        deputy,
        Code.DEPUTISED,
        by=by,
        at=at,
        organisation=held.organisation,
        role=held.role,
        since=days.lower.isoformat(),
        until=(days.upper - timedelta(days=1)).isoformat(),
    )
    return named


def colleagues_of(membership: Membership, *, on: date) -> QuerySet[User]:
    """Return who else works for the organisation of a role, on a day."""
    there = Membership.objects.in_force(on=on).filter(
        organisation=membership.organisation_id, user=OuterRef("pk")
    )
    people = User.objects.filter(Exists(there), is_active=True)
    return people.exclude(pk=membership.user_id).order_by("first_name", "username")


def switch_off_without_role(user: User, *, by: Actor, at: datetime) -> bool:
    """Switch an account off where no role is left, today or later; tell whether.

    Who runs the site is let in by other means, and stays.
    """
    if not user.is_active or user.is_staff or user.is_superuser:
        return False
    to_come = DateRange(localdate(at), None)
    if Membership.objects.filter(user=user, validity__overlap=to_come).exists():
        return False
    user.is_active = False
    user.save(update_fields=["is_active"])
    log(user, Code.SWITCHED_OFF, by=by, at=at)
    return True


def allow(by: Actor, role: str, organisation: Organisation) -> None:
    """Refuse a role that somebody may not give there."""
    if organisation.pk not in by.gives:
        raise NotAllowed(_("You do not manage the people of this organisation."))
    if not role:
        raise Missing(_("Choose the role."), field="role")
    if not by.may_give(role, organisation.pk):
        raise NotAllowed(_("You may not give this role there."))


def hold_still(membership: Membership, *, by: Actor) -> Membership:
    """Hold a role's row, and those of all who could manage the people in its place.

    The person is held first, as in a hand-over, and the rows in one order, so that two
    who end each other's role take turns.
    """
    User.objects.select_for_update(no_key=True).get(pk=membership.user_id)
    rows = Q(pk=membership.pk)
    if membership.role == Role.ADMINISTRATOR:
        rows |= _administrators(membership)
    found = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user", "organisation")
        .filter(rows)
        .order_by("pk")
    )
    held = next(each for each in found if each.pk == membership.pk)
    if not by.may_give(held.role, held.organisation_id) or held.validity.isempty:
        raise NotAllowed
    if held.user_id == by.user.pk:
        raise OwnRole
    return held


def keep_an_administrator(held: Membership, *, on: date) -> None:
    """Refuse to end the role of the last who could manage the people."""
    if held.role != Role.ADMINISTRATOR or held.deputy_for_id:
        return
    others = Membership.objects.filter(_administrators(held), validity__contains=on)
    able = User.objects.filter(is_active=True).exclude(WAITED_FOR)
    if not others.filter(user__in=able.exclude(pk=held.user_id)).exists():
        raise LastAdministrator


def hold(
    user: User,
    organisation: Organisation,
    role: str,
    days: DateRange,
    like: Membership | None = None,
    deputy_for: User | None = None,
) -> Membership:
    """Write down that somebody holds a role, for the same place as another did."""
    try:
        with transaction.atomic():
            return Membership.objects.create(
                user=user,
                organisation=organisation,
                role=role,
                place=like.place if like else None,
                deputy_for=deputy_for,
                validity=days,
            )
    except IntegrityError as error:
        if HELD_ONCE not in str(error):
            raise
        raise HeldAlready from None


def end(held: Membership, *, on: date) -> None:
    """End a role on a day; with it end those who stand in for its holder."""
    deputies = Membership.objects.filter(
        deputy_for=held.user, organisation=held.organisation_id, role=held.role
    ).filter(validity__overlap=DateRange(on, None))
    for each in [held, *deputies]:
        first = each.validity.lower
        begins_later = first is not None and first >= on
        each.validity = DateRange(empty=True) if begins_later else DateRange(first, on)
        each.save(update_fields=["validity"])


def log(
    user: User,
    code: RoleChange.Code,
    *,
    by: Actor,
    at: datetime,
    organisation: Organisation | None = None,
    role: str = "",
    **arguments: object,
) -> None:
    """Write down what was done to what a person may do."""
    RoleChange.objects.create(
        user=user,
        code=code,
        by=by.user,
        at=at,
        organisation=organisation,
        role=role,
        arguments=arguments,
    )


def _administrators(held: Membership) -> Q:
    """Keep the administrators of an organisation, and of all above it."""
    above = RawSQL(ABOVE, (held.organisation_id,))  # noqa: S611
    return Q(organisation__in=above, role=Role.ADMINISTRATOR, deputy_for=None)


def _days_of_deputy(
    held: Membership, *, since: date | None, until: date | None, at: datetime
) -> DateRange:
    """Read for which days somebody stands in: some to come, and within the role's."""
    if since is None or since < localdate(at):
        raise Missing(_("Choose today or a day to come."), field="since")
    if held.validity.lower is not None and since < held.validity.lower:
        raise Missing(_("The role itself begins after that day."), field="since")
    if until is None or until < since:
        raise Missing(_("The last day comes after the first."), field="until")
    if until - since >= STANDS_IN_AT_MOST:
        most = STANDS_IN_AT_MOST.days
        said = _("Somebody may stand in for %(days)s days at most.") % {"days": most}
        raise Missing(said, field="until")
    ends = until + timedelta(days=1)
    if held.validity.upper is not None and held.validity.upper < ends:
        raise Missing(_("The role itself ends before that day."), field="until")
    return DateRange(since, ends)


def _leaves_cases(held: Membership, *, on: date) -> bool:
    """Tell whether open cases of the organisation would be with nobody who works."""
    if held.role not in WORKED:
        return False
    works = Membership.objects.in_force(on=on).filter(user=held.user, role__in=WORKED)
    if works.exclude(pk=held.pk).exists():
        return False
    return Report.objects.open().filter(assignee=held.user).exists()


def _leaves_duties(held: Membership, *, on: date, at: datetime) -> bool:
    """Tell whether the roster would still show who does not work there any more."""
    stays = Membership.objects.in_force(on=on).exclude(pk=held.pk)
    if stays.filter(user=held.user, organisation=held.organisation_id).exists():
        return False
    after = DateTimeTZRange(max(at, make_aware(datetime.combine(on, time.min))), None)
    duties = Duty.objects.filter(user=held.user, organisation=held.organisation_id)
    return duties.filter(during__overlap=after).exists()


ABOVE = """
WITH RECURSIVE above AS (
    SELECT id, parent_id FROM incidents_organisation WHERE id = %s
    UNION
    SELECT o.id, o.parent_id FROM incidents_organisation o
    JOIN above ON o.id = above.parent_id
)
SELECT id FROM above
"""
