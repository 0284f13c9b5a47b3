"""Hearers: who of the staff is written to about an event, by duty, rank and ward."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localdate

from accounts.models import User

from .duty import on_duty
from .heard import HEARD, Telling
from .models import (
    Approval,
    Candidate,
    Category,
    ContactRequest,
    Contract,
    CrewResult,
    Event,
    Membership,
    Organisation,
)
from .permissions import officers_of

Role = Membership.Role
#: Where a unit has nobody to tell, those above it hear, so many steps up at most.
STEPS_UP = 4
#: What those at the operators' desk hear of, whichever unit has the case.
TOLD_TO_DESK = frozenset(
    {Event.Code.RETURNED, Event.Code.ARBITER_ASKED, Event.Code.CONTACT_ASKED}
)


def who_hears(event: Event, *, at: datetime) -> list[User]:
    """Return who of the staff is told of an event: never the one whose doing it is.

    Of an urgent case those hear who are on duty now; where nobody is, all who answer
    for the unit do.
    """
    telling, report = HEARD[event.code], event.report
    urgent = report.category.urgency == Category.Urgency.URGENT
    if telling.only_urgent and not urgent:
        return []
    if (is_over := OVER.get(event.code)) is not None and is_over(event):
        return []
    if "giver" in event.arguments:
        givers = User.objects.filter(is_active=True).exclude(email="")
        return list(givers.filter(pk=event.arguments["giver"]))
    found: dict[int, User] = {}
    if telling.to_assignee and report.assignee_id:
        # Where no letter reaches who has the case, the unit must hear instead.
        officers = officers_of(report, on=localdate(at)).exclude(email="")
        found = officers.in_bulk([report.assignee_id])
    if not (telling.assignee_alone and found):
        for user in _of_the_unit(event, telling, urgent=urgent, at=at):
            found.setdefault(user.pk, user)
    return [user for user in found.values() if user.pk != event.by_id]


def _is_given_on(event: Event) -> bool:
    """Tell whether who was given the case by an event has it no more."""
    given_to = str(event.arguments.get("officer", ""))
    return given_to != str(event.report.assignee_id or "")


def _is_not_the_leader_s(event: Event) -> bool:
    """Tell whether no leader has to approve a result, or one has approved it since."""
    return event.report.approval != Approval.LEADER


def _is_answered(event: Event) -> bool:
    """Tell whether a contact was granted or denied already, also by a rule."""
    asked = ContactRequest.objects.waiting().filter(report=event.report_id)
    return not asked.exists()


def _is_settled(event: Event) -> bool:
    """Tell whether what a crew reported was confirmed or set aside already."""
    done = CrewResult.objects.filter(
        link__report=event.report_id, link__number=event.arguments["number"]
    )
    return not done.filter(settled_at=None).exists()


#: Where what an event asks for may have been done before anybody is written to.
OVER: dict[str, Callable[[Event], bool]] = {
    Event.Code.ASSIGNED: _is_given_on,
    Event.Code.RESULT_PROPOSED: _is_not_the_leader_s,
    Event.Code.CONTACT_ASKED: _is_answered,
    Event.Code.CREW_DONE: _is_settled,
}


def _of_the_unit(
    event: Event, telling: Telling, *, urgent: bool, at: datetime
) -> list[User]:
    """Find the people of the unit concerned, or of the one above it that has some."""
    if not telling.roles:
        return []
    units = _concerned(event)
    on, place = localdate(at), event.report.current_place_id
    people = User.objects.filter(is_active=True).exclude(email="")
    if telling.anywhere:
        held_by = Membership.objects.in_force(on=on).filter(role__in=telling.roles)
        return list(people.filter(pk__in=held_by.values("user")).order_by("pk"))
    if telling.above:
        units = _above(units, on=on)
    for _step in range(STEPS_UP):
        if not units:
            return []
        on_call: list[User] = []
        if (urgent or telling.to_duty) and not (telling.above or telling.rank_alone):
            held = on_duty(frozenset(units), at=at)
            on_call = list(people.filter(pk__in=held.values("user")))
            if on_call and not telling.by_rank:
                return on_call
        roles = telling.roles | ({Role.LEADER} if urgent else set())
        members = Membership.objects.in_force(on=on).filter(
            Q(place=None) | Q(place=place), organisation__in=units, role__in=roles
        )
        found = list(people.filter(pk__in=members.values("user")).order_by("pk"))
        if found or on_call:
            return list(dict.fromkeys(on_call + found))
        units = _above(units, on=on)
    return []


def _concerned(event: Event) -> list[int]:
    """Return the unit an event is about: the one it names, or who has the case now."""
    if event.code == Event.Code.UNITS_ASKED:
        asked = Candidate.objects.filter(report=event.report_id, asked_at=event.at)
        return list(asked.values_list("organisation_id", flat=True))
    if event.code in TOLD_TO_DESK:
        desk = Organisation.objects.filter(type=Organisation.Type.OPERATOR)
        return list(desk.in_being(on=localdate(event.at)).values_list("pk", flat=True))
    if event.code == Event.Code.CREW_DONE and event.report.subunit_id:
        return [event.report.subunit_id]
    named = event.arguments.get("organisation_code")
    if named:
        found = Organisation.objects.filter(code=named)
        return list(found.values_list("pk", flat=True))
    held = event.report.organisation_id
    return [held] if held else []


def _above(units: list[int], *, on: date) -> list[int]:
    """Return who stands above: the parent, and whom a contractor works for."""
    parents = Organisation.objects.filter(children__in=units)
    owners = Contract.objects.filter(contractor__in=units, validity__contains=on)
    return list(
        Organisation.objects.in_being(on=on)
        .filter(Q(pk__in=parents.values("pk")) | Q(pk__in=owners.values("owner")))
        .values_list("pk", flat=True)
    )
