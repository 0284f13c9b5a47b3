"""Worked: a unit takes a case, checks, pauses and tells how it goes."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .errors import Missing, NotAllowed
from .history import Happening, last_event, record
from .models import Event, Report
from .permissions import Actor
from .privacy import Reporter, open_contact
from .workflow import take


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
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Tell how it goes; the reporter reads it in the timeline."""
    return take("note", report, by=by, at=at, version=version, text=text).report


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
