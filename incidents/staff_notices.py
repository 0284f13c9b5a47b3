"""Told to staff: who of a unit hears of a case by itself, and what the letter says."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from accounts.models import User

from .duty import on_duty
from .heard import HEARD, Telling
from .letters import Letter, written
from .models import (
    Candidate,
    Category,
    Clock,
    Contract,
    Event,
    Incident,
    Membership,
    Organisation,
    OutgoingQuerySet,
    Report,
    StaffNotice,
    Target,
    Transfer,
)
from .models.insertion import insert
from .notifications import JobAsked, Mailing, Ready, ask_again, attempt, defer, drop
from .permissions import officers_of

Role = Membership.Role
#: Where a unit has nobody to tell, those above it hear, so many steps up at most.
STEPS_UP = 4
#: A hand-over that was cut off and begun again is over by then.
A_REFORM = timedelta(days=1)


def staff_jobs(event: Event) -> list[JobAsked]:
    """Return the job that tells staff of `event`, if they hear of it.

    The caller defers it with its other jobs, in the transaction of the event; who
    hears is found by the worker, so that intake pays nothing for it.
    """
    if event.code not in HEARD:
        return []
    return [("incidents.tell_staff", {"event_id": event.pk})]


@transaction.atomic
def tell_staff(event_id: int, *, at: datetime) -> None:
    """Owe one letter about an event to each who hears of it, and ask for its sending.

    Run again it owes nothing anew: who was asked for first stays the list.
    """
    events = Event.objects.select_for_update(of=("self",))
    event = events.select_related("report__category", "report__organisation").get(
        pk=event_id
    )
    if event.staff_notices.exists():
        return
    owed = [
        StaffNotice(event=event, user=user, asked_at=at, next_try_at=at)
        for user in who_hears(event, at=at)
    ]
    if owed:
        insert(*owed)
        task, argument = LETTERS.job
        defer((task, {argument: one.pk}) for one in owed)


def who_hears(event: Event, *, at: datetime) -> list[User]:
    """Return who of the staff is told of an event: never the one whose doing it is.

    Of an urgent case those hear who are on duty now; where nobody is, all who answer
    for the unit do.
    """
    telling, report = HEARD[event.code], event.report
    urgent = report.category.urgency == Category.Urgency.URGENT
    if telling.only_urgent and not urgent:
        return []
    if event.code == Event.Code.ASSIGNED and _is_stale(event):
        return []
    if event.code == Event.Code.DIRECTIVE_ANSWER:
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


def send(notice_id: int, *, at: datetime) -> None:
    """Send one letter that is owed, if it still is. Only the worker may call it."""
    attempt(LETTERS, notice_id, at=at)


def ask_for_forgotten(*, at: datetime) -> int:
    """Ask anew for the letters that are due and in no queue; return how many."""
    return ask_again(LETTERS, at=at)


def compose(notice: StaffNotice) -> Letter:
    """Write what happened to whom it concerns, in their language.

    The letter names the category, the ward and the date; nothing a reporter said or is.
    """
    event, report = notice.event, notice.event.report
    telling = HEARD[event.code]
    with override(notice.user.language):
        if event.code == Event.Code.HANDED_OVER:
            return _taken_over(event, telling)
        if event.code == Event.Code.GROUPED and report.incident is not None:
            return _put_together(event, report.incident, telling)
        category, place = report.category, report.lies_in
        ward = place.label if place else ""
        what = f"{category.label}, {ward}" if ward else category.label
        is_urgent = category.urgency == Category.Urgency.URGENT
        subject, urgent = str(telling.subject) % {"what": what}, _("URGENT")
        facts = [(_("Category"), category.label), (_("Place"), ward or _("No place"))]
        facts += _dates(event)
        return written(
            "case",
            subject=f"[{urgent}] {subject}" if is_urgent else subject,
            what=subject,
            why=str(telling.why),
            is_urgent=is_urgent,
            facts=facts,
            unit=_answering(event),
            press=_("Open the case"),
            link=case_address(report),
        )


def _taken_over(event: Event, telling: Telling) -> Letter:
    """Write how many cases a unit took over, from whom, and where they are listed."""
    unit = event.report.organisation_id
    taken = (
        Transfer.objects.filter(organisation=unit, sender__isnull=False, by=None)
        .filter(at__gte=event.at - A_REFORM, decision__isnull=False)
        .order_by("sender__name")
        .values_list("sender__name")
        .annotate(n=Count("report", distinct=True))
    )
    counts = dict(taken)
    count = sum(counts.values())
    cases = ngettext("%(count)s case", "%(count)s cases", count) % {"count": count}
    subject = str(telling.subject) % {"what": cases}
    return written(
        "case",
        subject=subject,
        what=subject,
        why=str(telling.why),
        is_urgent=False,
        facts=[(name, str(n)) for name, n in counts.items()],
        unit=_answering(event),
        press=_("Open the list"),
        link=settings.SITE_URL + reverse("mapui:unit") + "?show=new",
    )


def _put_together(event: Event, incident: Incident, telling: Telling) -> Letter:
    """Write which incident it is, how many reports are in it, and where it is."""
    count = incident.reports.count()
    reports = ngettext("%(count)s report", "%(count)s reports", count)
    facts = [
        (_("Incident"), incident.label),
        (_("Reports"), reports % {"count": count}),
    ]
    subject = str(telling.subject) % {"what": incident.label}
    return written(
        "case",
        subject=subject,
        what=subject,
        why=str(telling.why),
        is_urgent=False,
        facts=facts,
        unit=_answering(event),
        press=_("Open the incident"),
        link=case_address(incident.head),
    )


def case_address(report: Report) -> str:
    """Where staff find a case: behind the sign-in, by an id that is no lookup code."""
    return settings.SITE_URL + reverse("mapui:staff-case", args=[report.public_id])


def _is_stale(event: Event) -> bool:
    """Tell whether who was given the case by an event has it no more."""
    given_to = str(event.arguments.get("officer", ""))
    return given_to != str(event.report.assignee_id or "")


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
        if urgent and not telling.above:
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
    if event.code in {Event.Code.RETURNED, Event.Code.ARBITER_ASKED}:
        desk = Organisation.objects.filter(type=Organisation.Type.OPERATOR)
        return list(desk.in_being(on=localdate(event.at)).values_list("pk", flat=True))
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


def _answering(event: Event) -> str:
    """Name whose cases the reader answers for, in their language."""
    unit = event.report.organisation
    at_desk = event.code in {Event.Code.RETURNED, Event.Code.ARBITER_ASKED}
    if at_desk or (unit is None and not event.arguments):
        names = settings.CITY.service_name
        return names.get(get_language() or "", names[settings.LANGUAGE_CODE])
    return event.organisation_name or (unit.label if unit else "")


def _dates(event: Event) -> list[tuple[str, str]]:
    """Tell the date an event is about; else that of who has the case.

    An internal target is called one, and is no deadline.
    """
    said = event.arguments
    if "due" in said:
        step = Target(said["target"]).label if "target" in said else ""
        name = _("Internal target: %(step)s") % {"step": step} if step else _("Due")
        return [(name, str(said["due"]))]
    if event.code == Event.Code.DIRECTED and "until" in said:
        return [(_("Answer by"), str(said["until"]))]
    clock = _clock(event.report)
    if clock is None:
        return []
    return [(_("Due"), date_format(localtime(clock.due_at), "H:i, d/m/Y"))]


def _clock(report: Report) -> Clock | None:
    """Return the clock that runs for who has the case, else the citizen's."""
    running = report.clocks.filter(stopped_at=None)
    unit = running.filter(party=Clock.Party.UNIT).first()
    return unit or running.filter(party=Clock.Party.CITIZEN).first()


def _rows() -> OutgoingQuerySet[StaffNotice]:
    return StaffNotice.objects.select_related(
        "user",
        "event__report__category",
        "event__report__place",
        "event__report__current_place",
        "event__report__organisation",
        "event__report__incident__head",
    )


def _write(notice: StaffNotice, _at: datetime) -> Ready | None:
    """Write the letter, unless who was to read it has left or has no address."""
    user = notice.user
    if not (user.is_active and user.email):
        drop(notice)
        return None
    return Ready(to=user.email, letter=compose(notice))


LETTERS = Mailing(
    name="Staff notice",
    rows=_rows,
    write=_write,
    ends_at=lambda notice: notice.asked_at + timedelta(days=settings.CITY.notice_days),
    job=("incidents.send_staff_notice", "notice_id"),
)
