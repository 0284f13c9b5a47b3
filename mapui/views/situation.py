"""One sentence on a case: who has it, what comes next, how much time is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from incidents.api.cases import Line, Looked
from incidents.deadlines import Skipped, days_skipped, read_calendar
from incidents.models import Event, Status
from incidents.models.status import ENDED
from mapui.templatetags.dates import day_format

S = Status
#: Who has a case and what comes next, for every state it can be in.
SAID = {
    S.RECEIVED: gettext_lazy(
        "The operators have it; next they decide which unit it goes to."
    ),
    S.INFO_REQUESTED: gettext_lazy(
        "We wait for more information from you; what we need is below."
    ),
    S.ACCEPTED: gettext_lazy("The operators have accepted it; next it goes to a unit."),
    S.RETURNED: gettext_lazy(
        "The operators have it back; next they choose another unit."
    ),
    S.TRANSFERRED: gettext_lazy("%(unit)s has it; next it confirms and checks."),
    S.ACKNOWLEDGED: gettext_lazy("%(unit)s has confirmed; next it begins the work."),
    S.VERIFYING: gettext_lazy("%(unit)s is checking on site; next it begins the work."),
    S.IN_PROGRESS: gettext_lazy("%(unit)s is at work; next it tells the result."),
    S.PAUSED: gettext_lazy("%(unit)s has paused the work until %(until)s."),
    S.AWAITING: gettext_lazy(
        "%(unit)s has reported a result; next an operator checks it."
    ),
    S.REOPENED: gettext_lazy("%(unit)s has it again, because it was found not done."),
    S.RESOLVED: gettext_lazy("%(unit)s has dealt with it; the result is below."),
    S.CLOSED: gettext_lazy("%(unit)s has dealt with it, and the case is closed."),
    S.ANSWERED: gettext_lazy("It has been answered; the answer is below."),
    S.THANKED: gettext_lazy("Thank you; your words were passed on."),
    S.EMERGENCY: gettext_lazy("This needs the emergency numbers; please call them."),
    S.REFUSED: gettext_lazy("It was not accepted; the reason is below."),
    S.DUPLICATE: gettext_lazy(
        "It is handled together with a report of the same thing."
    ),
    S.WITHDRAWN: gettext_lazy("It was withdrawn by its reporter."),
}

#: What the reporter does next, where nothing else is asked of them.
NEXT = {
    S.INFO_REQUESTED: gettext_lazy(
        "Answer what is asked; the deadline stands still until you do."
    ),
    S.RESOLVED: gettext_lazy(
        "Look at the result. Done well? Rate it. Not really done? Report it again."
    ),
    S.CLOSED: gettext_lazy("You need do nothing more."),
    S.ANSWERED: gettext_lazy("Is something still unclear? You may ask anew."),
    S.THANKED: gettext_lazy("You need do nothing more."),
    S.EMERGENCY: gettext_lazy("If somebody is still in danger, call now."),
    S.REFUSED: gettext_lazy(
        "If the reason can be mended, send a new report with what was missing."
    ),
}
WAIT = gettext_lazy("You need do nothing now; look here again whenever you like.")
#: What of the timeline is told above it, and is not repeated there.
TOLD_ABOVE = {
    S.INFO_REQUESTED: Event.Code.INFO_REQUESTED,
    S.ANSWERED: Event.Code.ANSWERED,
    S.REFUSED: Event.Code.REFUSED,
}

#: Written out, as the law writes them.
DAYS_OFF = {
    5: pgettext_lazy("within a sentence", "Saturday"),
    6: pgettext_lazy("within a sentence", "Sunday"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a reporter needs to know at a glance."""

    who: str
    when: str
    next: str  #: What the reporter may do now.
    is_late: bool
    has_ended: bool  #: Nothing is expected any more.
    commitment: str = ""  #: By when a unit that is late promises to be done.
    told: Line | None = None  #: What staff wrote that matters most now.


def situation_of(case: Looked, *, at: datetime) -> Situation:
    """Say who has the case and what comes next, and the time that is left."""
    report = case.worked
    unit = report.organisation or case.decision.organisation
    until = report.paused_until
    said = {
        "unit": unit.label if unit else "",
        "until": date_format(until, day_format()) if until else "",
    }
    who = str(SAID[Status(report.status)]) % said
    if case.report.master is not None:
        who = f"{SAID[S.DUPLICATE]} {who}"
    return Situation(
        who=who,
        when=_when(case, at=at),
        next=_next(case),
        is_late=_is_late(case),
        has_ended=report.status in ENDED,
        commitment=_commitment(case),
        told=_told(case),
    )


def timeline_of(case: Looked, told: Line | None) -> list[Line]:
    """Return what has happened, newest first, without the words told above it."""
    lines = reversed(case.timeline)
    return [replace(each, text=None) if each is told else each for each in lines]


def _is_late(case: Looked) -> bool:
    return case.overdue and case.worked.status not in ENDED


def _next(case: Looked) -> str:
    """Say what the reporter may do now; there is always something to know."""
    now = case.openings
    if case.awaits_reply:
        return _("There is a message for you; you can answer it.")
    if now.remind:
        return _("It is late: you can remind the unit now.")
    if now.remind_from:
        said = _("You have reminded the unit; you can again from %(day)s.")
        return said % {"day": date_format(now.remind_from, day_format())}
    status = Status(case.worked.status)
    if case.report.master is not None and status not in ENDED:
        return str(WAIT)
    if status == S.RESOLVED and not now.rate:
        return _("Not really done? Report it again.")
    return str(NEXT.get(status, WAIT))


def _commitment(case: Looked) -> str:
    """Tell the day a late unit has committed to, while the case is open."""
    report = case.worked
    if not report.committed_on or report.status in ENDED:
        return ""
    said = _("The unit commits to be done by %(day)s.")
    return said % {"day": date_format(report.committed_on, day_format())}


def _told(case: Looked) -> Line | None:
    """Return the question, answer, refusal or reason that a reporter looks for."""
    code = TOLD_ABOVE.get(Status(case.worked.status))
    if code is None and _commitment(case):
        code = Event.Code.COMMITTED
    if code is None and case.awaits_reply:
        code = Event.Code.MESSAGE
    found = (line for line in reversed(case.timeline) if line.code == code)
    line = next(found, None)
    return line if line and line.text else None


def _when(case: Looked, *, at: datetime) -> str:
    due_at, left = case.clock.due_at, case.days_left
    if case.worked.status in ENDED or left is None:
        return ""
    due = date_format(localtime(due_at), day_format())
    if left < 0:
        said = _("The answer was due on %(due)s and is late.")
        return said % {"due": due}
    if left == 0:
        return _("The answer is due today, %(due)s.") % {"due": due}
    remains = ngettext(
        "%(days)s working day remains, until %(due)s",
        "%(days)s working days remain, until %(due)s",
        left,
    ) % {"days": left, "due": due}
    skipped = days_skipped(due_at, at=at, calendar=read_calendar())
    if not skipped:
        return f"{remains}."
    without = _("%(remains)s (not counting %(days)s).")
    return without % {"remains": remains, "days": name_days(skipped)}


def name_days(skipped: Iterable[Skipped]) -> str:
    """Name weekend days once, and holidays by their date."""
    weekend = {str(each) for each in WEEKDAYS.values()}
    names: dict[str, None] = {}
    for each in skipped:
        on = date_format(each.on, day_format().removesuffix("/Y").removesuffix(" Y"))
        holiday = _("%(date)s (%(why)s)") % {"date": on, "why": each.why}
        said = _weekday(each) if each.why in weekend else holiday
        names[said] = None
    *most, last = names
    if not most:
        return last
    return str(format_lazy("{} {} {}", ", ".join(most), _("and"), last))


def _weekday(skipped: Skipped) -> str:
    """Name a day of the weekend as it stands within a sentence."""
    return str(DAYS_OFF.get(skipped.on.weekday(), skipped.why))
