"""Worked: a unit takes a case, checks, pauses and tells how it goes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import User

from . import clocks
from .errors import Missing, NotNow
from .models import Category, Clock, Report, Target
from .notifications import tell
from .permissions import Actor, Side, officers_of
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
    """Stop for a reason until a day to come, on which the work goes on by itself.

    The unit's clock stands still for the days between; the citizen's date stays.
    """
    today, most = localdate(at), settings.CITY.clocks.pause_days
    if until is not None and not today < until <= today + timedelta(days=most):
        wanted = _("Give a day to come, within %(days)s days.")
        raise Missing(wanted % {"days": most}, field="paused_until")
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
    if until is not None:
        clocks.stand_still(taken.event, until=until)
    return taken.report


@transaction.atomic
def make_safe(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Say that nobody is in danger there any more, though the work is not done."""
    timed = Clock.objects.running().filter(report=report, step=Target.SAFE).exists()
    taken = take("make_safe", report, by=by, at=at, version=version, text=text)
    if not timed:
        raise NotNow(_("No danger is noted on this case, or it is over already."))
    return taken.report


@transaction.atomic
def extend(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    working_days: int | None,
    text: str,
    version: int | None = None,
) -> Report:
    """Give the unit more working days for a reason, once; the reporter reads of it.

    Who leads the unit grants it, before the date. The citizen's date stays.
    """
    most = settings.CITY.clocks.extension_days
    if working_days is not None and not 0 < working_days <= most:
        said = _("Give 1 to %(days)s working days.") % {"days": most}
        raise Missing(said, field="working_days")
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    clock = clocks.running_of_unit(held)
    until = clocks.extended(clock, working_days or 0) if clock else None
    taken = take(
        "extend",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        working_days=working_days,
        arguments={"until": f"{localdate(until):%d/%m/%Y}"} if until else {},
    )
    if clock is None:
        raise NotNow
    clocks.extend(taken.event, clock, working_days=working_days or 0, by=by.user)
    return taken.report


@transaction.atomic
def resume(
    report: Report, *, by: Actor | Side, at: datetime, version: int | None = None
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

    The due date does not move, so the case stays late. What is complex may be promised
    for a day as soon as the unit has it.
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
    is_complex = taken.report.category.urgency == Category.Urgency.COMPLEX
    late = Clock.objects.legal().late(at=at).filter(report=taken.report)
    if not (is_complex or late.exists()):
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
    """Give a case to one officer of its unit, or of the part it is shared with.

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


def _take(
    name: str, report: Report, *, by: Actor, at: datetime, version: int | None
) -> Report:
    return take(name, report, by=by, at=at, version=version).report
