"""Who may do what to which case: the one place that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User

from .models import Candidate, Membership, Organisation, Report, Transfer
from .models.status import AT_DESK

Role, Type = Membership.Role, Organisation.Type
#: Who keeps the roster of a unit: who answers for its cases, or for its people.
KEEPERS = frozenset(
    {Role.FOCAL_POINT, Role.LEADER, Role.SHIFT_LEAD, Role.ADMINISTRATOR}
)
#: Who works on cases.
WORKED = frozenset({Role.FOCAL_POINT, Role.FIELD_OFFICER, Role.LEADER})
#: Who takes what comes in, where the portal is run.
AT_THE_DESK = frozenset({Role.OPERATOR, Role.SHIFT_LEAD})
#: Who reads every case of the city.
WATCHING = frozenset({Role.CITY_LEADER, Role.AUDITOR})
#: From where one reaches the whole city; who works there is chosen there alone.
SEATS = frozenset({Type.OPERATOR, Type.CITY})


class Side(StrEnum):
    """On whose behalf a step is taken."""

    DESK = "desk"  #: An operator or shift lead of the portal.
    UNIT = "unit"  #: Somebody of the unit that holds the case, or of one above it.
    PART = "part"  #: Somebody of the part or contractor the unit shares the case with.
    APPROVER = "approver"  #: The unit's leader, or who stands in for them that day.
    ARBITER = "arbiter"  #: A shift lead, where units pass a case around.
    LEADER = "leader"  #: Who leads the unit that holds the case, or one above it.
    ABOVE = "above"  #: Who leads one above it, or the city; a verb finds them there.
    CANDIDATE = "candidate"  #: Somebody of a unit that was asked whether it is its own.
    REPORTER = "reporter"  #: Who holds the lookup code.
    SYSTEM = "system"  #: What happens by itself.


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person with what they may reach that day."""

    user: User
    is_desk: bool = False
    sees_all: bool = False
    units: frozenset[int] = frozenset()  #: Own organisations and all below them.
    #: Own organisations and all these are parts of: they may be given a case there.
    serves: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()  #: The ones whose results they approve.
    #: Of some units, only what lies in these places.
    confined: Mapping[int, frozenset[int]] = field(default_factory=dict)
    #: The ones whose roster they keep, and all below them.
    rosters: frozenset[int] = frozenset()
    #: Of the organisations whose people they manage, the roles they may give there.
    gives: Mapping[int, frozenset[str]] = field(default_factory=dict)
    keeps_map: bool = False  #: Draws boundaries, assets and rules for the city.
    leads_shift: bool = False  #: Sees to who takes what at the desk, and how well.
    audits: bool = False  #: Reads everything, and how personal data were used.
    #: The roles somebody holds, each with the day it began.
    roles: Mapping[str, date] = field(default_factory=dict)

    def sides(self, report: Report) -> frozenset[Side]:
        """Return every side this person may take on this case."""
        sides = set()
        if self.is_desk:
            sides.add(Side.DESK)
        if self.leads_shift:
            sides.add(Side.ARBITER)
        unit, part = report.organisation_id, report.subunit_id
        if self._reaches(unit, report):
            sides.add(Side.UNIT)
            if unit in self.leads:
                sides |= {Side.APPROVER, Side.LEADER}
        if part is not None and self._reaches(part, report):
            sides.add(Side.PART)
        if unit in self.serves and report.assignee_id == self.user.pk:
            sides.add(Side.PART if part in self.serves else Side.UNIT)
        return frozenset(sides)

    def _reaches(self, unit: int | None, report: Report) -> bool:
        """Tell whether this case of that organisation is this person's to work on."""
        places = self.confined.get(unit or 0)
        is_here = places is None or report.current_place_id in places
        return unit in self.units and is_here

    def may_ask_for_contact(self, report: Report) -> bool:
        """Tell whether this person may ask the desk who reported, on a unit's behalf.

        Not where the reporter hid the name from it: then nobody grants it either.
        """
        return Side.UNIT in self.sides(report) and not report.hides_name

    @property
    def opens_contacts(self) -> bool:
        """Whether this person may learn who reported, for a reason they give."""
        return self.is_desk

    @property
    def reads_quarantine(self) -> bool:
        """Whether denunciations and complaints that were refused are for their eyes."""
        return self.leads_shift or self.audits

    @property
    def administers(self) -> bool:
        """Whether this person is an administrator of the portal or of the city."""
        return self.keeps_map

    @property
    def reads_access_log(self) -> bool:
        """Whether this person may look how personal data were used."""
        return self.audits or self.administers

    @property
    def asks_for_exports(self) -> bool:
        """Whether this person may ask for a list of cases with who reported them."""
        return self.leads_shift or self.audits

    @property
    def sees_every_transfer(self) -> bool:
        """Whether this person may look how cases went from hand to hand everywhere."""
        return self.leads_shift or self.sees_all or self.keeps_map

    @property
    def answers_for(self) -> frozenset[int]:
        """The organisations that this person leads, or manages the people of."""
        return self.leads | self.gives.keys()

    def may_give(self, role: str, organisation: int) -> bool:
        """Tell whether this person decides who holds that role there."""
        return role in self.gives.get(organisation, frozenset())

    @property
    def reads_city_figures(self) -> bool:
        """Whether this person reads the figures of the whole city, and of each unit."""
        return self.is_desk or self.sees_all

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
        cursor.execute(REACH, {"user": user.pk, "on": on, "worked": list(WORKED)})
        rows = [Reach(*row) for row in cursor.fetchall()]
    places: dict[int, set[int | None]] = {}
    for row in rows:
        if row.role in WORKED:
            places.setdefault(row.unit, set()).add(row.place)
    return Actor(
        user=user,
        is_desk=any(
            row.held_at == Type.OPERATOR and row.role in AT_THE_DESK for row in rows
        ),
        sees_all=any(row.role in WATCHING for row in rows),
        audits=any(row.role == Role.AUDITOR for row in rows),
        roles=_since(rows),
        units=frozenset(places),
        serves=frozenset(row.unit for row in rows if row.role == ""),
        leads=frozenset(row.unit for row in rows if row.role == Role.LEADER),
        rosters=frozenset(row.unit for row in rows if row.role in KEEPERS),
        gives=_given(rows),
        keeps_map=any(
            row.role == Role.ADMINISTRATOR and row.held_at in SEATS and row.is_own
            for row in rows
        ),
        leads_shift=any(
            row.held_at == Type.OPERATOR and row.role == Role.SHIFT_LEAD for row in rows
        ),
        confined={
            unit: frozenset(place for place in held if place is not None)
            for unit, held in places.items()
            if None not in held
        },
    )


class Reach(NamedTuple):
    """One organisation that a role reaches: where it is held, or a part of that.

    Without a role it is one that somebody works for, or what that is a part of.
    """

    unit: int
    role: str
    held_at: str  #: What kind of organisation the role is held at.
    place: int | None
    kind: str  #: What kind of organisation this one is.
    is_own: bool  #: Held in one's own right, and reached through no contract.
    since: date | None  #: The day on which the role began.


def _since(rows: Iterable[Reach]) -> dict[str, date]:
    """Tell since when somebody holds each of their roles, by the earliest of a kind."""
    begun: dict[str, date] = {}
    for row in rows:
        if row.role and row.since is not None:
            begun[row.role] = min(row.since, begun.get(row.role, row.since))
    return begun


def _given(rows: Iterable[Reach]) -> dict[int, frozenset[str]]:
    """Tell which roles somebody may give, and where: never more than they manage.

    A leader chooses who works on cases; only an administrator makes administrators.
    Who reaches the whole city is chosen by the administrators of the city and of the
    portal. Who stands in for somebody, or works for one place, chooses nobody; and an
    owner does not choose its contractors' people.
    """
    given: dict[int, frozenset[str]] = {}
    for row in rows:
        roles: frozenset[str] = frozenset()
        if not row.is_own or row.place is not None:
            continue
        if row.role == Role.LEADER and row.kind not in SEATS:
            roles = WORKED
        elif row.role == Role.ADMINISTRATOR and row.kind not in SEATS:
            roles = WORKED | {Role.ADMINISTRATOR}
        elif row.role == Role.ADMINISTRATOR and row.held_at in SEATS:
            desk = AT_THE_DESK if row.kind == Type.OPERATOR else frozenset()
            roles = WORKED | {Role.ADMINISTRATOR} | WATCHING | desk
        if roles:
            given[row.unit] = given.get(row.unit, frozenset()) | roles
    return given


def visible_to(actor: Actor) -> Q:
    """Keep the reports that a person may see: for list, detail, map, media alike.

    Also for tiles, exports, search and figures: nothing that staff read goes round it.
    """
    if actor.reads_quarantine:
        return Q()
    return Q(is_quarantined=False) & _in_reach(actor)


def _in_reach(actor: Actor) -> Q:
    """Keep what a person's roles reach, denunciations or not."""
    if actor.is_desk or actor.sees_all:
        return Q()
    whole = actor.units - actor.confined.keys()
    sent_on = Transfer.objects.filter(sender__in=whole)
    seen = Q(organisation__in=whole) | Q(pk__in=sent_on.values("report"))
    seen |= Q(subunit__in=whole)
    for unit, places in actor.confined.items():
        held = Q(organisation=unit) | Q(subunit=unit)
        seen |= held & Q(current_place__in=places)
    asked = Candidate.objects.filter(
        organisation__in=whole, answer="", report__status__in=AT_DESK
    )
    seen |= Q(pk__in=asked.values("report"))
    if actor.serves:
        seen |= Q(organisation__in=actor.serves, assignee=actor.user)
    return seen


def officers_of(report: Report, *, on: date) -> QuerySet[User]:
    """Return who may be given this case: who works for its unit itself.

    One that is shared with a part goes to who works for that, or for what is below it,
    and to nobody else: what a part works on was found true first, and is shared.
    """
    if report.subunit_id is not None:
        return working_for(report.subunit_id, on=on)
    return _officers(Q(organisation=report.organisation_id or 0), on=on)


def approvers_of(organisation: int | None, *, on: date) -> QuerySet[User]:
    """Return who approves a unit's results that day: who leads it, or what it is in.

    A deputy holds the leader's role for the days they stand in, and approves on these.
    """
    above = RawSQL(WHOLES, (organisation, on, on))  # noqa: S611
    return _officers(Q(organisation__in=above), on=on, roles=frozenset({Role.LEADER}))


def second_people(*, on: date) -> QuerySet[User]:
    """Return who may let personal data out that another asked for: who reads the log.

    See `Actor.reads_access_log`; who stands in for an administrator does not.
    """
    own = Q(deputy_for=None, organisation__type__in=SEATS)
    where = Q(role=Role.AUDITOR) | own & Q(role=Role.ADMINISTRATOR)
    return _officers(where, on=on, roles=frozenset({Role.AUDITOR, Role.ADMINISTRATOR}))


def parts_of(organisation: int | None, *, on: date) -> QuerySet[Organisation]:
    """Return with whom a unit may share a case: below it that day, or by contract."""
    parts = RawSQL(PARTS, (organisation, on, on))  # noqa: S611
    found = Organisation.objects.in_being(on=on).filter(pk__in=parts)
    return found.exclude(pk=organisation or 0).order_by("name", "pk")


def working_for(organisation: int | None, *, on: date) -> QuerySet[User]:
    """Return who works on the cases of an organisation: its people, and its parts'.

    Contracts in force that day count as parentage, as everywhere.
    """
    parts = RawSQL(PARTS, (organisation, on, on))  # noqa: S611
    return _officers(Q(organisation__in=parts), on=on)


def colleagues_of(actor: Actor, *, on: date) -> QuerySet[User]:
    """Return everyone who works on what this person's units have in hand."""
    return _officers(Q(organisation__in=actor.units), on=on)


def _officers(where: Q, *, on: date, roles: frozenset[str] = WORKED) -> QuerySet[User]:
    held = Membership.objects.in_force(on=on).filter(where, role__in=roles)
    works = Exists(held.filter(user=OuterRef("pk")))
    people = User.objects.filter(works, is_active=True)
    return people.order_by("first_name", "last_name", "username")


REACH = """
WITH RECURSIVE held AS (
    SELECT m.organisation_id AS id, m.role, o.type AS held_at, m.place_id,
        o.type AS kind, m.deputy_for_id IS NULL AS is_own,
        COALESCE(lower(m.validity), date '1900-01-01') AS since
    FROM incidents_membership m JOIN incidents_organisation o
        ON o.id = m.organisation_id
    WHERE m.user_id = %(user)s AND m.validity @> %(on)s::date
), below AS (
    SELECT id, role, held_at, place_id, kind, is_own, since FROM held
    UNION
    SELECT child.id, below.role, below.held_at, below.place_id,
        child.type, below.is_own AND child.is_part, below.since
    FROM below JOIN (
        SELECT id, type, parent_id AS above, true AS is_part
        FROM incidents_organisation WHERE validity @> %(on)s::date
        UNION ALL
        SELECT o.id, o.type, c.owner_id, false
        FROM incidents_contract c JOIN incidents_organisation o
            ON o.id = c.contractor_id
        WHERE c.validity @> %(on)s::date
    ) child ON child.above = below.id
), above AS (
    SELECT id FROM held WHERE role = ANY(%(worked)s)
    UNION
    SELECT whole.id FROM above JOIN (
        SELECT parent_id AS id, id AS part FROM incidents_organisation
        WHERE parent_id IS NOT NULL AND validity @> %(on)s::date
        UNION ALL
        SELECT owner_id, contractor_id FROM incidents_contract
        WHERE validity @> %(on)s::date
    ) whole ON whole.part = above.id
)
SELECT id, role, held_at, place_id, kind, is_own, since FROM below
UNION ALL SELECT id, '', '', NULL, '', false, NULL FROM above
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
WHOLES = """
WITH RECURSIVE wholes AS (
    SELECT %s::bigint AS id
    UNION
    SELECT whole.id FROM wholes JOIN (
        SELECT parent_id AS id, id AS part FROM incidents_organisation
        WHERE parent_id IS NOT NULL AND validity @> %s::date
        UNION ALL
        SELECT owner_id, contractor_id FROM incidents_contract
        WHERE validity @> %s::date
    ) whole ON whole.part = wholes.id
)
SELECT id FROM wholes
"""
