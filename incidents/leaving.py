"""Leaving: what somebody has in hand goes to a colleague, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import WAITED_FOR, User

from .errors import Missing, NotAllowed, OwnRole
from .history import Happening, record_all
from .models import CallDraft, Duty, Event, Membership, Report, ReportQuerySet
from .models.role_change import RoleChange
from .permissions import WORKED, Actor, working_for
from .roles import end, hold_still, keep_an_administrator, log, switch_off_without_role


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What somebody has in hand, as far as a manager may give it to others."""

    reports: int
    duties: int
    claims: int
    drafts: int
    deputies: int  #: Who stands in for them, and ends with them.
    ended: tuple[Membership, ...]  #: The roles that end.
    kept: tuple[Membership, ...]  #: The roles that others see to, and that stay.

    @property
    def leaves(self) -> bool:
        """Whether no role is left afterwards, so that the account is switched off."""
        return not self.kept


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What was moved, and where to."""

    to: User | None
    reports: int  #: Given to the colleague.
    unassigned: int  #: Given back to the unit: the colleague does not work for it.
    duties: int  #: Duties the colleague took.
    empty_duties: int  #: Duties that nobody has now.
    is_switched_off: bool


def look_over(user: User, *, by: Actor, at: datetime) -> Belongings:
    """Tell what would move if this person left now; nothing is changed."""
    ended, kept = _roles(user, by=by, at=at)
    leaves = not kept
    return Belongings(
        reports=_cases(user, by=by, leaves=leaves).count(),
        duties=_duties(user, by=by, leaves=leaves, at=at).count(),
        claims=Report.objects.filter(claimed_by=user).count() if leaves else 0,
        drafts=CallDraft.objects.filter(user=user).count() if leaves else 0,
        deputies=_deputies(user, ended, at=at),
        ended=ended,
        kept=kept,
    )


def successors(user: User, *, by: Actor, at: datetime) -> QuerySet[User]:
    """Return the colleagues who may take over: who works where the person did."""
    ended, _kept = _roles(user, by=by, at=at)
    there = Membership.objects.in_force(on=localdate(at)).filter(
        organisation__in={each.organisation_id for each in ended},
        role__in=WORKED,
        user=OuterRef("pk"),
    )
    people = User.objects.filter(Exists(there), is_active=True).exclude(WAITED_FOR)
    return people.exclude(pk=user.pk).order_by("first_name", "username")


@transaction.atomic
def hand_over(user: User, *, to: User | None, by: Actor, at: datetime) -> HandedOver:
    """End somebody's work: cases and duties to a colleague, roles ended, account shut.

    What the colleague may not take goes back to the unit, for its focal point to give
    out. All happens, or nothing; done twice, the second finds nothing left to do.
    """
    both = {user.pk} if to is None else {user.pk, to.pk}
    people = User.objects.select_for_update(no_key=True).filter(pk__in=both)
    leaver = {each.pk: each for each in people.order_by("pk")}[user.pk]
    if leaver.pk == by.user.pk:
        raise OwnRole
    ended, kept = _roles(leaver, by=by, at=at)
    if not ended:
        raise NotAllowed(_("This person has no role that you could end."))
    if to is not None and not successors(leaver, by=by, at=at).contains(to):
        said = _("Choose a colleague who works for the same organisation.")
        raise Missing(said, field="to")
    leaves = not kept
    cases = list(
        _cases(leaver, by=by, leaves=leaves)
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    given = _give(cases, to=to, by=by, at=at)
    duties = list(_duties(leaver, by=by, leaves=leaves, at=at).select_for_update())
    taken = _hand_duties(duties, to=to, at=at)
    for membership in ended:
        held = hold_still(membership, by=by)
        keep_an_administrator(held, on=localdate(at))
        end(held, on=localdate(at))
    if leaves:
        Report.objects.filter(claimed_by=leaver).update(
            claimed_by=None, claimed_at=None
        )
        CallDraft.objects.filter(user=leaver).delete()
    log(
        leaver,
        RoleChange.Code.HANDED_OVER,
        by=by,
        at=at,
        organisation=ended[0].organisation,
        to=to.pk if to else None,
        reports=len(cases),
        duties=len(duties),
        roles=len(ended),
    )
    return HandedOver(
        to=to,
        reports=given,
        unassigned=len(cases) - given,
        duties=taken,
        empty_duties=len(duties) - taken,
        is_switched_off=switch_off_without_role(leaver, by=by, at=at),
    )


def _roles(
    user: User, *, by: Actor, at: datetime
) -> tuple[tuple[Membership, ...], tuple[Membership, ...]]:
    """Return the roles of today and to come that a manager may end, and the others."""
    to_come = DateRange(localdate(at), None)
    held = (
        Membership.objects.filter(user=user, validity__overlap=to_come)
        .select_related("organisation", "deputy_for")
        .order_by("pk")
    )
    every = [(each, by.may_give(each.role, each.organisation_id)) for each in held]
    ended = tuple(each for each, may in every if may)
    return ended, tuple(each for each, may in every if not may)


def _cases(user: User, *, by: Actor, leaves: bool) -> ReportQuerySet:
    """Keep the open cases a person has; of who leaves whole, wherever they are."""
    cases = Report.objects.open().filter(assignee=user)
    return cases if leaves else cases.filter(organisation__in=list(by.gives))


def _duties(
    user: User, *, by: Actor, leaves: bool, at: datetime
) -> QuerySet[Duty, Duty]:
    to_come = DateTimeTZRange(at, None)
    duties = Duty.objects.filter(user=user, during__overlap=to_come).order_by("pk")
    return duties if leaves else duties.filter(organisation__in=list(by.gives))


def _deputies(user: User, ended: Iterable[Membership], *, at: datetime) -> int:
    held = {(each.organisation_id, each.role) for each in ended}
    to_come = DateRange(localdate(at), None)
    standing = Membership.objects.filter(deputy_for=user, validity__overlap=to_come)
    found = standing.values_list("organisation", "role")
    return sum(each in held for each in found)


def _give(cases: list[Report], *, to: User | None, by: Actor, at: datetime) -> int:
    """Give cases to a colleague, or back to their unit, and write it into each history.

    Returns how many the colleague has. The histories are read and written in one
    statement each, however many cases there are.
    """
    units = _works_for(to, {each.organisation_id for each in cases}, at=at)
    mine = {each.pk for each in cases if each.organisation_id in units}
    given, left = (
        Happening(
            code=Event.Code.ASSIGNED,
            arguments={"officer": officer},
            visibility=Event.Visibility.STAFF,
        )
        for officer in (str(to.pk) if to else "", "")
    )
    told = ((case, [given if case.pk in mine else left]) for case in cases)
    record_all(told, at=at, by=by.user)
    changed = {"version": F("version") + 1, "updated_at": at}
    every = Report.objects.filter(pk__in=[each.pk for each in cases])
    every.filter(pk__in=mine).update(assignee=to, **changed)
    every.exclude(pk__in=mine).update(assignee=None, **changed)
    return len(mine)


def _hand_duties(duties: list[Duty], *, to: User | None, at: datetime) -> int:
    """Give what is left of duties to a colleague who is not on duty then anyway.

    Returns how many were taken; the others end now, or never begin.
    """
    # On a roster stand an organisation's own people, not those of its parts.
    works = list(Membership.objects.filter(user=to)) if to is not None else []
    busy = [
        (each.organisation_id, each.during)
        for each in Duty.objects.filter(
            user=to, during__overlap=DateTimeTZRange(at, None)
        )
    ]
    begun, dropped, taken = [], [], []
    for duty in duties:
        begins, ends = duty.during.lower, duty.during.upper
        is_begun = begins is None or begins < at
        rest = DateTimeTZRange(at if is_begun else begins, ends)
        is_free = not any(
            unit == duty.organisation_id and _overlap(rest, other)
            for unit, other in busy
        )
        on = localdate(rest.lower)
        works_there = any(
            each.organisation_id == duty.organisation_id and on in each.validity
            for each in works
        )
        if to is not None and is_free and works_there:
            taken.append(
                Duty(organisation_id=duty.organisation_id, user=to, during=rest)
            )
        if is_begun:
            duty.during = DateTimeTZRange(begins, at)
            begun.append(duty)
        else:
            dropped.append(duty.pk)
    Duty.objects.filter(pk__in=dropped).delete()
    Duty.objects.bulk_update(begun, ["during"])
    Duty.objects.bulk_create(taken)
    return len(taken)


def _overlap(one: DateTimeTZRange, other: DateTimeTZRange) -> bool:
    starts_before = one.lower is None or other.upper is None or one.lower < other.upper
    ends_after = one.upper is None or other.lower is None or other.lower < one.upper
    return starts_before and ends_after


def _works_for(
    person: User | None, units: Iterable[int | None], *, at: datetime
) -> frozenset[int | None]:
    """Return those of these organisations whose cases a person may be given."""
    if person is None:
        return frozenset()
    on = localdate(at)
    return frozenset(
        unit for unit in units if working_for(unit, on=on).filter(pk=person.pk).exists()
    )
