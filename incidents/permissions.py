"""Who may do what to which case: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User

from .models import Membership, Report, Transfer

Role = Membership.Role
#: Who keeps the roster of a unit: who answers for its cases, or for its people.
KEEPERS = frozenset(
    {Role.FOCAL_POINT, Role.LEADER, Role.SHIFT_LEAD, Role.ADMINISTRATOR}
)
#: Who works on cases.
WORKED = frozenset({Role.FOCAL_POINT, Role.FIELD_OFFICER, Role.LEADER})


class Side(StrEnum):
    """On whose behalf a step is taken."""

    DESK = "desk"  #: An operator or shift lead of the portal.
    UNIT = "unit"  #: Somebody of the unit that holds the case, or of one above it.
    APPROVER = "approver"  #: Who may publish a result.
    REPORTER = "reporter"  #: Who holds the lookup code.
    SYSTEM = "system"  #: What happens by itself.


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person with what they may reach that day."""

    user: User
    is_desk: bool = False
    sees_all: bool = False
    units: frozenset[int] = frozenset()  #: Own organisations and all below them.
    leads: frozenset[int] = frozenset()  #: The ones whose results they approve.
    #: Of some units, only what lies in these places.
    confined: Mapping[int, frozenset[int]] = field(default_factory=dict)
    #: The ones whose roster they keep, and all below them.
    rosters: frozenset[int] = frozenset()

    def sides(self, report: Report) -> frozenset[Side]:
        """Return every side this person may take on this case."""
        sides = set()
        if self.is_desk:
            sides |= {Side.DESK, Side.APPROVER}
        unit = report.organisation_id
        places = self.confined.get(unit or 0)
        if places is None or report.place_id in places:
            if unit in self.units:
                sides.add(Side.UNIT)
            if unit in self.leads:
                sides.add(Side.APPROVER)
        if self.units and report.assignee_id == self.user.pk:
            sides.add(Side.UNIT)
        return frozenset(sides)

    def may_open_contact(self, report: Report) -> bool:
        """Tell whether this person may learn who reported, for a reason they give.

        A unit may only where the reporter has not hidden the name from it.
        """
        sides = self.sides(report)
        return Side.DESK in sides or (Side.UNIT in sides and not report.hides_name)

    @property
    def is_staff(self) -> bool:
        return self.is_desk or self.sees_all or bool(self.units)


def actor_of(user: User | AnonymousUser, *, on: date) -> Actor | None:
    """Read in one statement what a person may reach on that day; none for strangers.

    A contract that is in force counts as parentage.
    """
    if not isinstance(user, User) or not user.is_active:
        return None
    with connection.cursor() as cursor:
        cursor.execute(REACH, {"user": user.pk, "on": on})
        rows = cursor.fetchall()
    desk = {Role.OPERATOR, Role.SHIFT_LEAD}
    watch = {Role.CITY_LEADER, Role.AUDITOR}
    places: dict[int, set[int | None]] = {}
    for unit, role, _, place in rows:
        if role in WORKED:
            places.setdefault(unit, set()).add(place)
    return Actor(
        user=user,
        is_desk=any(kind == "operator" and role in desk for _, role, kind, _ in rows),
        sees_all=any(role in watch for _, role, _, _ in rows),
        units=frozenset(places),
        leads=frozenset(unit for unit, role, _, _ in rows if role == Role.LEADER),
        rosters=frozenset(unit for unit, role, _, _ in rows if role in KEEPERS),
        confined={
            unit: frozenset(place for place in held if place is not None)
            for unit, held in places.items()
            if None not in held
        },
    )


def visible_to(actor: Actor) -> Q:
    """Keep the reports that a person may see: for list, detail, map, media alike."""
    if actor.is_desk or actor.sees_all:
        return Q()
    whole = actor.units - actor.confined.keys()
    sent_on = Transfer.objects.filter(sender__in=whole)
    seen = Q(organisation__in=whole) | Q(pk__in=sent_on.values("report"))
    for unit, places in actor.confined.items():
        seen |= Q(organisation=unit, place__in=places)
    if actor.units:
        seen |= Q(assignee=actor.user)
    return seen


def officers_of(report: Report, *, on: date) -> QuerySet[User]:
    """Return who may be given this case: who works for its unit, or a part of it.

    Contracts in force that day count as parentage, as everywhere.
    """
    parts = RawSQL(PARTS, (report.organisation_id, on, on))  # noqa: S611
    return _officers(Q(organisation__in=parts), on=on)


def colleagues_of(actor: Actor, *, on: date) -> QuerySet[User]:
    """Return everyone who works on what this person's units have in hand."""
    return _officers(Q(organisation__in=actor.units), on=on)


def _officers(where: Q, *, on: date) -> QuerySet[User]:
    held = Membership.objects.in_force(on=on).filter(where, role__in=WORKED)
    works = Exists(held.filter(user=OuterRef("pk")))
    people = User.objects.filter(works, is_active=True)
    return people.order_by("first_name", "last_name", "username")


REACH = """
WITH RECURSIVE held AS (
    SELECT m.organisation_id AS id, m.role, o.type, m.place_id
    FROM incidents_membership m JOIN incidents_organisation o
        ON o.id = m.organisation_id
    WHERE m.user_id = %(user)s AND m.validity @> %(on)s::date
), below AS (
    SELECT id, role, type, place_id FROM held
    UNION
    SELECT child.id, below.role, below.type, below.place_id
    FROM below JOIN (
        SELECT id, parent_id AS above FROM incidents_organisation
        WHERE validity @> %(on)s::date
        UNION ALL
        SELECT contractor_id, owner_id FROM incidents_contract
        WHERE validity @> %(on)s::date
    ) child ON child.above = below.id
)
SELECT id, role, type, place_id FROM below
"""
PARTS = """
WITH RECURSIVE parts AS (
    SELECT %s::bigint AS id
    UNION
    SELECT child.id FROM parts JOIN (
        SELECT id, parent_id AS above FROM incidents_organisation
        WHERE validity @> %s::date
        UNION ALL
        SELECT contractor_id, owner_id FROM incidents_contract
        WHERE validity @> %s::date
    ) child ON child.above = parts.id
)
SELECT id FROM parts
"""
