"""What the figures of who leads are called, how each is counted, how times are said."""

from __future__ import annotations

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .figures import AGES, Axis, Share, age_key
from .worked_days import working_spans

#: Up to so many minutes a time is said in minutes.
FEW_MINUTES = 90
FEW_HUNDREDTHS = 0.1
NOTHING = TO = "\N{EN DASH}"


def labels() -> dict[str, str]:
    """Return what each figure is called, by its name in addresses."""
    named = {
        "received": pgettext("figures", "Received"),
        "received_again": _("Came back after the result"),
        "joined": _("Received and joined to another"),
        "placeless": _("Received without a ward"),
        "handled": _("Handled"),
        "dated": _("Handled, with a date"),
        "on_time": _("Handled on time"),
        "paused": _("Handled after a pause"),
        "rerouted": _("Handled after more than one unit"),
        "shown": _("Done on site"),
        "unproven": _("Done on site without a photo"),
        "left": _("Ended without doing anything"),
        "refused": pgettext("figures", "Not accepted"),
        "withdrawn": _("Withdrawn by the reporter"),
        "results": _("Results given"),
        "reopened": _("Results given that came back"),
        "rated": _("Rated"),
        "satisfied": _("Satisfied"),
        "in_hand": pgettext("figures", "In hand"),
        "late": pgettext("figures", "Overdue"),
        "returned": _("Given back by the unit"),
    }
    return named | {age_key(turn): age_label(turn) for turn in range(len(AGES))}


def age_label(turn: int) -> str:
    """Say one age of the backlog."""
    if turn + 1 == len(AGES):
        return _("%(days)s days and more") % {"days": AGES[turn]}
    said = {"from": AGES[turn], "to": AGES[turn + 1]}
    return _("%(from)s to under %(to)s days") % said


def axes() -> dict[Axis, str]:
    """Return by what figures are told, as tabs say it."""
    return {
        Axis.WARD: _("Wards of today"),
        Axis.WARD_THEN: _("Wards of the day"),
        Axis.CATEGORY: pgettext("figures", "Categories"),
        Axis.UNIT: pgettext("figures", "Units"),
    }


def nobody(axis: Axis) -> str:
    """Name what belongs to none."""
    return {
        Axis.UNIT: _("Operators' desk"),
        Axis.CATEGORY: "",
    }.get(axis, _("No ward"))


def worked(minutes: float | None, *, is_brief: bool = False) -> str:
    """Say working minutes as a person would: in minutes, hours or working days.

    In brief, where it is said beside that the time is worked, of days alone.
    """
    if minutes is None:
        return NOTHING
    if minutes < FEW_MINUTES:
        return _("%(n)s min") % {"n": round(minutes)}
    day = sum(ends - begins for begins, ends in working_spans())
    if minutes < day:
        return _("%(n)s h") % {"n": number_format(minutes / 60, 1)}
    days = pgettext("in brief", "%(n)s days") if is_brief else _("%(n)s days")
    return days % {"n": number_format(minutes / day, 1)}


def percent(share: float | None) -> str:
    """Say a share in a hundred: of few in a hundred a tenth more, and no finer."""
    return NOTHING if share is None else f"{_hundredths(share)} %"


def interval(share: Share | None) -> str:
    """Say between which shares the true one lies, 95 times in a hundred."""
    if share is None or share.interval is None:
        return ""
    low, high = share.interval
    return f"{_hundredths(low)}{TO}{_hundredths(high)} %"


def _hundredths(share: float) -> str:
    few = 0 < share < FEW_HUNDREDTHS
    return str(number_format(100 * share, 1 if few else 0))


def definitions() -> list[tuple[str, str]]:
    """Say of each figure how it is counted: what the page shows in full."""
    hours = ", ".join(settings.CITY.working_hours)
    return [
        (
            _("Case and handling"),
            _(
                "A case is handled from when it comes until it ends. When its reporter "
                "reopens it, it is handled once more. A figure counts each case once; "
                "only results, reopenings and cases given back are counted as often as "
                "they happened."
            ),
        ),
        (
            pgettext("figures", "Received"),
            _(
                "What was told in the period, each telling by itself: also what was "
                "joined to another report, refused or withdrawn later, and what has no "
                "ward. Denunciations and complaints that were refused are in no "
                "figure, and neither is the case that an incident is worked on by: "
                "what was reported of the incident is."
            ),
        ),
        (
            _("Handled"),
            _(
                "Cases that ended in the period with a published result, or were "
                "answered by the operators, and had not come back when it was over. "
                "What was refused, withdrawn or joined to another report was not "
                "handled: each has its own figure."
            ),
        ),
        (
            _("Came back"),
            _(
                "What came back in the period came back after a result of this period "
                "or of an earlier one. The share is of the results given in this "
                "period: those that had come back when it was over."
            ),
        ),
        (
            _("In hand, overdue"),
            _(
                "Cases that had come and not ended at the end of the period; of the "
                "running one, now. A paused case is in hand. Overdue is what was past "
                "its date then."
            ),
        ),
        (
            _("On time"),
            _(
                "Of the cases handled, those that ended by their unit's date. A pause "
                "and an extension move that date; where no unit's clock ran, the "
                "citizen's date counts."
            ),
        ),
        (
            _("Times"),
            _(
                "Working time of the offices (%(hours)s on working days of the city's "
                "calendar). Half of the cases took no longer than the middle one, nine "
                "in ten no longer than the other figure. To be taken: from the last "
                "transfer until its unit took it. First answer: from receipt or "
                "reopening to the first word to the reporter. Result: to the end, "
                "without the whole days of pauses, as the date leaves them out."
            )
            % {"hours": hours},
        ),
        (
            _("Rerouted and reclassified"),
            _(
                "A case belongs to the unit that has it, or had it when it ended, and "
                "to its present category. What a unit gave back counts as given back "
                "for that unit."
            ),
        ),
        (
            _("Without a photo"),
            _(
                "Of the cases mended or made safe on site, those whose result says why "
                "there is no photo of the work."
            ),
        ),
        (
            _("Ended without doing anything"),
            _("Results that say: not found, not as reported, or another owner's."),
        ),
        (
            _("Satisfied"),
            _(
                "Of the ratings of cases handled in the period, those of %(score)s or "
                "5, by the score for handling. With fewer than %(n)s ratings no share "
                "is told. Behind each share stands the interval in which the true one "
                "lies 95 times in a hundred (Wilson)."
            )
            % {
                "score": settings.CITY.satisfied_from,
                "n": settings.CITY.rated_at_least,
            },
        ),
        (
            _("Closed periods"),
            _(
                "When a period ends, its figures are kept and never change. What "
                "becomes known later stands beside them as a correction with its date. "
                "Lists show cases as they are known today."
            ),
        ),
    ]
