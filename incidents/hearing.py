"""Heard: what a reporter may still say of a case, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .deadlines import Calendar, due, read_calendar
from .errors import NotLate, RemindedAlready
from .history import naming
from .models import Clock, Organisation, Report
from .permissions import Side
from .ratings import Ratable, ratable
from .workflow import open_steps, take


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """What the reporter of a case, once proven, may do with it now."""

    give_information: bool
    reply: bool
    remind: bool
    withdraw: bool
    reopen: bool
    ratable: Ratable | None
    remind_from: date | None  #: From which day one may remind again, if one must wait.

    @property
    def rate(self) -> bool:
        return self.ratable is not None

    @property
    def any(self) -> bool:
        """Whether there is anything at all to do."""
        doable = (self.give_information, self.reply, self.remind, self.withdraw)
        return any(doable) or self.reopen or self.rate


def openings(report: Report, *, is_late: bool, at: datetime) -> Openings:
    """Say what the reporter may do, in no statement but where a rating or date asks.

    Whose report goes along with another may rate the result they share, and find it not
    done.
    """
    steps = open_steps(report, frozenset({Side.REPORTER}))
    shared = report.master and open_steps(report.master, frozenset({Side.REPORTER}))
    remindable = "remind" in steps and is_late
    again_on = None
    if remindable and report.reminded_at:
        again_on = remindable_from(report.reminded_at, calendar=read_calendar())
    waits = again_on is not None and localdate(at) < again_on
    return Openings(
        give_information="give_information" in steps,
        reply="reply" in steps,
        remind=remindable and not waits,
        withdraw="withdraw" in steps,
        reopen="reopen" in (shared or steps),
        ratable=ratable(report, at=at),
        remind_from=again_on if waits else None,
    )


def remindable_from(reminded_at: datetime, *, calendar: Calendar) -> date:
    """Return the day from which a unit may be reminded again."""
    days = settings.CITY.remind_days
    return localdate(due(reminded_at, working_days=days, calendar=calendar).due_at)


@transaction.atomic
def remind(report: Report, *, at: datetime) -> Report:
    """Remind who has an overdue case; once in as many working days as the city says."""
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    steps = open_steps(held, frozenset({Side.REPORTER}))
    if "remind" in steps and held.reminded_at:
        again_on = remindable_from(held.reminded_at, calendar=read_calendar())
        if localdate(at) < again_on:
            said = _("The unit was reminded already; you can again from %(day)s.")
            raise RemindedAlready(said % {"day": date_format(again_on, "d/m/Y")})
    late = Clock.objects.filter(
        report=held,
        party=Clock.Party.CITIZEN,
        stopped_at__isnull=True,
        due_at__lt=at,
    )
    if "remind" in steps and not late.exists():
        raise NotLate
    # Where no unit has the case, it is the operators who are late.
    named = {} if held.organisation_id else naming(_desk())
    taken = take(
        "remind", held, by=Side.REPORTER, at=at, arguments=named, reminded_at=at
    )
    return taken.report


@transaction.atomic
def reply(report: Report, *, at: datetime, text: str) -> Report:
    """Add what the reporter has to say to an open case."""
    return take("reply", report, by=Side.REPORTER, at=at, text=text).report


def _desk() -> Organisation | None:
    return Organisation.objects.filter(type=Organisation.Type.OPERATOR).first()
