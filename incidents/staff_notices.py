"""Told to staff: what a letter to those who must act says, owed with what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from .heard import HEARD, Telling
from .hearers import TOLD_TO_DESK, who_hears
from .letters import Letter, laid_out, written
from .models import (
    CaseExport,
    Category,
    Clock,
    Event,
    Incident,
    OutgoingQuerySet,
    Report,
    StaffNotice,
    Target,
    Transfer,
)
from .models.insertion import insert
from .notifications import JobAsked, Mailing, Ready, ask_again, attempt, defer, drop
from .permissions import second_people

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
    _owe(owed)


def tell_of_export(export: CaseExport, *, at: datetime) -> None:
    """Owe a letter to each who may let an export out: never to who asked for it.

    Call it in the transaction in which it is asked for.
    """
    people = second_people(on=localdate(at)).exclude(pk=export.asked_by_id)
    _owe(
        [
            StaffNotice(export=export, user=user, asked_at=at, next_try_at=at)
            for user in people.exclude(email="")
        ]
    )


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
    with override(notice.user.language):
        if notice.event is None:
            return _export_waits()
        event, report = notice.event, notice.event.report
        telling = HEARD[event.code]
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


def _export_waits() -> Letter:
    """Write that an export waits; what it is for is told to who signs in."""
    subject = _("To decide: an export with contacts")
    body = _(
        "Somebody asks for a list of cases with who reported them. It leaves only if a "
        "second person agrees: look at what it is for, and approve or refuse it. "
        "Nobody answers for you; after a week it has to be asked for anew."
    )
    link, press = settings.SITE_URL + reverse("mapui:exports"), _("Open the exports")
    page = laid_out(subject, body, link=link, press=press)
    return Letter(subject=subject, body=f"{body}\n\n{press}: {link}\n", page=page)


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


def _answering(event: Event) -> str:
    """Name whose cases the reader answers for, in their language."""
    unit = event.report.organisation
    at_desk = event.code in TOLD_TO_DESK
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


def _owe(owed: Sequence[StaffNotice]) -> None:
    if owed:
        insert(*owed)
        task, argument = LETTERS.job
        defer((task, {argument: one.pk}) for one in owed)


def _rows() -> OutgoingQuerySet[StaffNotice]:
    return StaffNotice.objects.select_related(
        "user",
        "export",
        "event__report__category",
        "event__report__place",
        "event__report__current_place",
        "event__report__organisation",
        "event__report__incident__head",
    )


def _write(notice: StaffNotice, _at: datetime) -> Ready | None:
    """Write the letter, unless nobody is there to read it or nothing waits any more."""
    user, export = notice.user, notice.export
    is_settled = export is not None and export.answer
    if is_settled or not (user.is_active and user.email):
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
