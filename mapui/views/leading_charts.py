"""Charts of a period, worked out where they are written: shapes, and the same in words.

Each is drawn by the page as plain SVG beside a table or list that says the same; here
is how long each bar is, in a hundred parts of its own height or width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from incidents.leading.figures import AGES, Figures, Share, Times, age_key
from incidents.leading.outlines import Outline, Sheet
from incidents.leading.periods import Period
from incidents.leading.reading import Part, Reading
from incidents.leading.words import (
    NOTHING,
    TO,
    age_label,
    interval,
    labels,
    percent,
    worked,
)

ListOf = Callable[[str], str]
#: A ward of fewer cases handled is drawn as too few to say.
SAID_FROM = 10
#: The steps of the map, each up to a share; what is above the last is the best.
STEPS = (0.5, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """One of the sums at the top: its number, its list, and the period before."""

    key: str
    label: str
    value: str
    way: str
    note: str
    before: str  #: The same of the period before, as far into it.
    tone: str = ""
    is_few: bool = False  #: Whether too few stand behind it to say it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One period in the row of periods: two bars, and the share on time."""

    label: str
    code: str
    is_chosen: bool
    figures: Figures | None
    received: str  #: How high its bar is.
    handled: str
    on_time: str
    reach: tuple[str, str] | None  #: The interval about it: its lower end, its height.
    share: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar with its words: how many, or how long."""

    label: str
    value: str
    length: str
    way: str = ""
    other: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A ward on the map, in one of the steps."""

    path: str
    step: int  #: From 1; 0 where there are too few to say.
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The map of wards with what its colours say."""

    near: tuple[Area, ...]
    far: tuple[Area, ...]
    view: str
    far_view: str
    legend: tuple[tuple[int, str], ...]
    said_from: int = SAID_FROM

    @property
    def says_something(self) -> bool:
        """Whether of any ward enough were handled to tell a share."""
        return any(each.step for each in (*self.near, *self.far))


def sums(found: Reading, list_of: ListOf) -> list[Sum]:
    """Return the sums one reads first."""
    total, before = found.total, found.before
    named = labels()
    is_running = found.window.at < found.period.until
    compared = (
        _("as far into the one before: %(n)s") if is_running else _("before: %(n)s")
    )

    def counted(key: str, tone: str = "") -> Sum:
        return Sum(
            key=key,
            label=named[key],
            value=_thousands(total[key]),
            way=list_of(key),
            note=compared % {"n": _thousands(before[key])},
            before=_thousands(before[key]),
            tone=tone if total[key] else "",
        )

    satisfied = total.satisfied
    return [
        counted("received"),
        counted("handled"),
        counted("in_hand"),
        counted("late", "late"),
        Sum(
            key="on_time",
            label=_("On time"),
            value=percent(total.on_time.value),
            way=list_of("on_time"),
            note=compared % {"n": percent(before.on_time.value)},
            before=percent(before.on_time.value),
        ),
        Sum(
            key="satisfied",
            label=_("Satisfied"),
            value=percent(satisfied.value if satisfied else None),
            way=list_of("rated"),
            note=interval(satisfied)
            or _("%(n)s ratings: too few to say") % {"n": total["rated"]},
            before=percent(before.satisfied.value if before.satisfied else None),
            is_few=satisfied is None,
        ),
    ]


def series(found: Reading) -> list[Column]:
    """Return the last periods side by side, on one scale."""
    most = max(
        (
            figures[key]
            for _period, figures in found.series
            if figures
            for key in ("received", "handled")
        ),
        default=0,
    )
    return [_column(period, each, found, most) for period, each in found.series]


def times(total: Figures, *, is_brief: bool = False) -> list[Bar]:
    """Return the three times: nine in ten as the bar, the middle one as its mark."""
    named = {
        "taken": _("Until the unit took it"),
        "answered": _("Until the first answer"),
        "ended": _("Until the result"),
    }
    told = {key: total.times.get(key, Times()) for key in named}
    longest = max((each.p90 or 0 for each in told.values()), default=0) or 1
    return [
        Bar(
            label=label,
            value=worked(told[key].median, is_brief=is_brief),
            other=worked(told[key].p90, is_brief=is_brief),
            length=_part(told[key].p90, longest),
            mark=_part(told[key].median, longest) if told[key].n else "",
        )
        for key, label in named.items()
    ]


def ages(total: Figures, list_of: ListOf) -> list[Bar]:
    """Return what was in hand by its age."""
    most = max(count for _days, count in total.ages) or 1
    return [
        Bar(
            label=age_label(turn),
            value=_thousands(total[age_key(turn)]),
            length=_part(total[age_key(turn)], most),
            way=list_of(age_key(turn)),
        )
        for turn in range(len(AGES))
    ]


def quality(total: Figures, list_of: ListOf) -> list[Bar]:
    """Return what says how well cases were handled, each as a share of its whole."""
    named = labels()
    shares: Iterable[tuple[str, Share | None]] = (
        ("received_again", None),
        ("reopened", total.reopened),
        ("unproven", total.unproven),
        ("left", total.left),
        ("rerouted", Share(part=total["rerouted"], whole=total["handled"])),
        ("paused", Share(part=total["paused"], whole=total["handled"])),
        ("returned", None),
        ("refused", None),
        ("withdrawn", None),
        ("joined", None),
        ("placeless", None),
    )
    return [
        Bar(
            label=named[key],
            value=_thousands(total[key]),
            length=_part(share.value, 1) if share else "",
            other=_told(share) if share else "",
            way=list_of(key),
        )
        for key, share in shares
    ]


def choropleth(sheet: Sheet, parts: Sequence[Part]) -> Drawn:
    """Lay the share on time over the wards; where few were handled, none is told."""
    by = {each.pk: each.figures for each in parts if each.pk is not None}
    names = {each.pk: each.label for each in parts}

    def area(each: Outline) -> Area:
        share = by.get(each.place, Figures()).on_time
        told = _("too few to say")
        if share.whole >= SAID_FROM:
            told = f"{percent(share.value)} ({share.part}/{share.whole})"
        name = names.get(each.place) or each.name
        return Area(path=each.path, step=_step(share), title=f"{name}: {told}")

    bounds = [percent(each) for each in STEPS]
    legend = [
        (0, _("too few to say")),
        (1, _("under %(share)s") % {"share": bounds[0]}),
    ]
    legend += [
        (turn + 2, f"{low.removesuffix(' %')}{TO}{high}")
        for turn, (low, high) in enumerate(pairwise(bounds))
    ]
    last = pgettext("share", "%(share)s and more") % {"share": bounds[-1]}
    legend.append((len(STEPS) + 1, last))
    return Drawn(
        near=tuple(area(each) for each in sheet.near),
        far=tuple(area(each) for each in sheet.far),
        view=sheet.view,
        far_view=sheet.far_view,
        legend=tuple(legend),
    )


def _step(share: Share) -> int:
    if share.whole < SAID_FROM or share.value is None:
        return 0
    value = share.value
    return 1 + sum(value >= bound for bound in STEPS)


def _column(
    period: Period, figures: Figures | None, found: Reading, most: int
) -> Column:
    share = figures.on_time if figures else None
    return Column(
        label=f"{period.month}/{period.year % 100:02}",
        code=period.code,
        is_chosen=period == found.period,
        figures=figures,
        received=_part(figures["received"] if figures else 0, most),
        handled=_part(figures["handled"] if figures else 0, most),
        on_time=_part(share.value if share else None, 1),
        reach=_reach(share),
        share=percent(share.value) if share else NOTHING,
    )


def _part(of: float | None, whole: float) -> str:
    """Say how much something is of a whole, in hundredths, as SVG reads numbers."""
    return f"{100 * (of or 0) / whole:.1f}" if whole else "0"


def _reach(share: Share | None) -> tuple[str, str] | None:
    if share is None or share.interval is None:
        return None
    low, high = share.interval
    return _part(low, 1), _part(high - low, 1)


def _told(share: Share) -> str:
    if share.value is None:
        return ""
    return f"{percent(share.value)} ({interval(share)})"


def _thousands(count: int) -> str:
    return str(number_format(count, 0, use_l10n=True, force_grouping=True))
