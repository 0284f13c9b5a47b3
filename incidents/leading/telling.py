"""Told: a week in a few sentences, and the same as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from incidents.letters import named

from .figures import Figures
from .weeks import Brief, Standing, Week
from .words import definitions, labels, percent, worked


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of the week, and of the week before."""

    key: str
    label: str
    value: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A brief as it is read: whose, in words, as a table, and what stands out."""

    brief: Brief
    name: str
    sentences: tuple[str, ...]
    lines: tuple[Line, ...]
    standing: tuple[tuple[str, tuple[Standing, ...]], ...]


def tell(brief: Brief) -> Told:
    """Say a brief in the language that is active."""
    units, categories = pgettext("figures", "Units"), pgettext("figures", "Categories")
    others = categories if brief.unit else units
    standing = ((pgettext("figures", "Wards"), brief.wards), (others, brief.others))
    return Told(
        brief=brief,
        name=brief.unit.label if brief.unit else _("The whole city"),
        sentences=tuple(_sentences(brief)),
        lines=tuple(_lines(brief)),
        standing=tuple(each for each in standing if each[1]),
    )


def title_of(week: Week) -> str:
    """Name a week by its first and last day."""
    return _("The week from %(monday)s to %(sunday)s") % {
        "monday": date_format(week.monday, "d/m"),
        "sunday": date_format(week.sunday, "d/m/Y"),
    }


def sheet(told: Sequence[Told], *, at: datetime) -> str:
    """Lay the briefs of one week out for printing, with how each figure is counted."""
    week = told[0].brief.week
    said = named(title_of(week)) | {
        "told": told,
        "week": week,
        "at": at,
        "definitions": definitions(),
        "link": page_address(),
    }
    return render_to_string("incidents/weekly_brief.html", said)


def file_name(week: Week) -> str:
    """Name the file of a week, the same for everybody."""
    return f"{week.monday:%Y-%m-%d}.pdf"


def page_address() -> str:
    """Return where the last week is read on the site."""
    return settings.SITE_URL + reverse("mapui:weekly")


def _sentences(brief: Brief) -> list[str]:
    now, before = brief.total, brief.before
    said = [
        _(
            "%(received)s cases were received (the week before: %(received_before)s) "
            "and %(handled)s were handled (%(handled_before)s)."
        )
        % _beside(now, before, "received", "handled")
    ]
    if now["dated"]:
        shares = {
            "share": percent(now.on_time.value),
            "before": percent(before.on_time.value),
        }
        on_time = _("%(share)s of those were handled on time.")
        if before["dated"]:
            on_time = _(
                "%(share)s of those were handled on time; the week before %(before)s."
            )
        said.append(on_time % shares)
    said.append(_backlog(brief))
    if now["received_again"] or before["received_again"]:
        said.append(
            _(
                "%(received_again)s came back after the result; the week before "
                "%(received_again_before)s."
            )
            % _beside(now, before, "received_again")
        )
    if brief.wards or brief.others:
        places = [*brief.wards[:2], *brief.others[:1]]
        named_as = ", ".join(f"{one.name} ({one.figures['late']})" for one in places)
        said.append(_("Most is overdue at: %(places)s.") % {"places": named_as})
    return said


def _backlog(brief: Brief) -> str:
    """Say what is in hand when the week ends, and how late of it is how much."""
    said = _beside(brief.total, brief.before, "in_hand", "late")
    if not brief.total["late"]:
        return (
            _(
                "When the week ended %(in_hand)s were in hand and none was overdue; a "
                "week earlier %(late_before)s were."
            )
            % said
        )
    days = ngettext("%(n)s day", "%(n)s days", brief.longest) % {"n": brief.longest}
    return _(
        "When the week ended %(late)s of %(in_hand)s in hand were overdue, the longest "
        "by %(days)s; a week earlier %(late_before)s were."
    ) % (said | {"days": days})


def _lines(brief: Brief) -> list[Line]:
    """Return the sums of the dashboard, counted for the week."""
    now, before, called = brief.total, brief.before, labels()
    counted = ("received", "handled", "in_hand", "late", "received_again")
    lines = [
        Line(
            key=key,
            label=called[key],
            value=_thousands(now[key]),
            before=_thousands(before[key]),
        )
        for key in counted
    ]
    shares = {
        "on_time": _("On time"),
        "satisfied": _("Satisfied"),
        "unproven": _("Without a photo"),
    }
    lines += [
        Line(
            key=key,
            label=label,
            value=_share_of(now, key),
            before=_share_of(before, key),
        )
        for key, label in shares.items()
    ]
    lines.append(
        Line(
            key="ended",
            label=_("Half handled within"),
            value=_middle(now),
            before=_middle(before),
        )
    )
    return lines


def _share_of(figures: Figures, key: str) -> str:
    share = getattr(figures, key)
    return percent(share.value if share else None)


def _middle(figures: Figures) -> str:
    took = figures.times.get("ended")
    return worked(took.median if took else None)


def _beside(now: Figures, before: Figures, *keys: str) -> dict[str, str]:
    said = {key: _thousands(now[key]) for key in keys}
    return said | {f"{key}_before": _thousands(before[key]) for key in keys}


def _thousands(counted: int) -> str:
    return str(number_format(counted, 0, use_l10n=True, force_grouping=True))
