"""Worked: a unit takes a case, checks, pauses and tells how it goes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import User

from .errors import Missing, NotAllowed, NotNow
from .history import Happening, last_event, record
from .models import Clock, Event, Report
from .notifications import tell
from .permissions import Actor, officers_of
from .privacy import Reporter, open_contact
from .workflow import take

#: A unit that is late commits to a day no later than this.
COMMITS_WITHIN = timedelta(days=30)


@transaction.atomic
def acknowledge(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Say that the unit has the case."""
    return _take("acknowledge", report, by=by, at=at, version=version)


@transaction.atomic
def verify(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Say that somebody is checking on site."""
    return _take("verify", report, by=by, at=at, version=version)


@transaction.atomic
def start(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Say that work has begun."""
    return _take("start", report, by=by, at=at, version=version)


@transaction.atomic
def note_progress(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    text: str,
    inside: bool = False,
    version: int | None = None,
) -> Report:
    """Tell how it goes: the reporter in the timeline, or `inside` to staff alone."""
    step = "note_inside" if inside else "note"
    return take(step, report, by=by, at=at, version=version, text=text).report


@transaction.atomic
def pause(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    until: date | None,
    text: str,
    version: int | None = None,
) -> Report:
    """Stop for a reason until a day to come."""
    if until is not None and until <= localdate(at):
        raise Missing(_("Give a day to come."), field="paused_until")
    said = {"until": f"{until:%d/%m/%Y}"} if until else {}
    taken = take(
        "pause",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        paused_until=until,
        arguments=said,
    )
    return taken.report


@transaction.atomic
def resume(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Take the work up again."""
    taken = take("resume", report, by=by, at=at, version=version, paused_until=None)
    return taken.report


@transaction.atomic
def write_to_reporter(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Write to who reported, without learning who that is; the reporter is told."""
    taken = take("write", report, by=by, at=at, version=version, text=text)
    tell(taken.event, at=at)
    return taken.report


@transaction.atomic
def commit_to(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    until: date | None,
    text: str,
    version: int | None = None,
) -> Report:
    """Say why a case is late and by which day it will be done; the reporter is told.

    The due date does not move, so the case stays late.
    """
    today = localdate(at)
    if until is not None and not today < until <= today + COMMITS_WITHIN:
        said = _("Give a day to come, within %(days)s days.")
        raise Missing(said % {"days": COMMITS_WITHIN.days}, field="committed_on")
    taken = take(
        "commit",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        committed_on=until,
        arguments={"until": f"{until:%d/%m/%Y}"} if until else {},
    )
    running = Clock.objects.filter(report=taken.report, stopped_at__isnull=True)
    if not running.filter(due_at__lt=at).exists():
        raise NotNow(_("The case is not late. Report the progress instead."))
    tell(taken.event, at=at)
    return taken.report


@transaction.atomic
def assign(
    report: Report,
    *,
    to: User | None,
    by: Actor,
    at: datetime,
    version: int | None = None,
) -> Report:
    """Give a case to one officer of its unit, or of a part of it on that day.

    The history keeps the number of the account, which is nobody's name.
    """
    said = {"officer": str(to.pk)} if to else {}
    if to is not None:  # Who leaves at this moment takes turns with it.
        User.objects.select_for_update(no_key=True).get(pk=to.pk)
    taken = take(
        "assign", report, by=by, at=at, version=version, assignee=to, arguments=said
    )
    officers = officers_of(taken.report, on=localdate(at))
    if to is None or not officers.filter(pk=to.pk).exists():
        wanted = _("Choose somebody who works for the unit that has the case.")
        raise Missing(wanted, field="assignee")
    return taken.report


@transaction.atomic
def open_reporter(report: Report, *, by: Actor, at: datetime, why: str) -> Reporter:
    """Show who reported to someone who must reach them, and write down that it was.

    The reason stands in the log of readings; the history says only that it was opened.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if not by.may_open_contact(held) or not hasattr(held, "contact"):
        raise NotAllowed
    if not why.strip():
        raise Missing(_("Say why you need to reach the reporter."), field="why")
    opened = Happening(
        code=Event.Code.CONTACT_OPENED, visibility=Event.Visibility.STAFF
    )
    record(held, [opened], at=at, by=by.user, after=last_event(held))
    return open_contact(held.contact, by=by.user.get_username(), why=why.strip(), at=at)


def _take(
    name: str, report: Report, *, by: Actor, at: datetime, version: int | None
) -> Report:
    return take(name, report, by=by, at=at, version=version).report
