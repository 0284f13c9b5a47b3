"""Weeks: what one brought, for the city or a unit, beside the week before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Min
from django.utils.timezone import get_default_timezone, localdate

from gis_data.models import Place
from incidents.models import Category, Handling, Organisation

from .counting import Counted, Of, count
from .figures import Axis, Figures, Window, conditions

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: So many wards, units or categories stand out.
STAND_OUT = 3
#: By what a week is counted: for the city, and for each unit.
SETS: tuple[tuple[Axis, ...], ...] = (
    (Axis.UNIT,),
    (Axis.WARD,),
    (Axis.WARD, Axis.UNIT),
    (Axis.CATEGORY, Axis.UNIT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days from a Monday's midnight on."""

    monday: date

    @classmethod
    def last(cls, *, at: datetime) -> Week:
        """Return the week that is over, as of a moment."""
        return cls.of(localdate(at)).before

    @classmethod
    def of(cls, on: date) -> Week:
        """Return the week that a day is in."""
        return cls(monday=on - timedelta(days=on.weekday()))

    @property
    def before(self) -> Week:
        """The week before it."""
        return Week(monday=self.monday - WEEK)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + WEEK - DAY

    @property
    def window(self) -> Window:
        """From when until when is counted."""
        return Window(since=_midnight(self.monday), at=_midnight(self.monday + WEEK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A ward, unit or category in which most is overdue."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is told of a week: of the whole city, or of one unit."""

    week: Week
    unit: Organisation | None
    total: Figures
    before: Figures
    longest: int  #: So many days the oldest overdue case is late; 0 where none is.
    wards: tuple[Standing, ...]
    others: tuple[Standing, ...]  #: Units of the city; of a unit, categories.

    def __bool__(self) -> bool:
        """Tell whether anything came, ended or was in hand."""
        return bool(self.total)


def read_briefs(
    week: Week, of: Iterable[Organisation | None]
) -> dict[int | None, Brief]:
    """Read a week for the city (None) and for units, in ten statements for all of them.

    Of one unit alone, no more than what is its own is read.
    """
    asked = list(of)
    alone = asked[0] if len(asked) == 1 else None
    only = alone.pk if alone else None
    now = count(week.window, sets=SETS, unit=only)
    before = count(week.before.window, sets=[(Axis.UNIT,)], unit=only)
    dues = _oldest_dues(week.window, unit=only)
    named = _names(now)
    briefs: dict[int | None, Brief] = {}
    for unit in asked:
        pk = unit.pk if unit else None
        mine: Of = ((Axis.UNIT, pk),) if pk else ()
        due = dues.get(pk) if pk else min(dues.values(), default=None)
        other = Axis.CATEGORY if pk else Axis.UNIT
        briefs[pk] = Brief(
            week=week,
            unit=unit,
            total=now.by.get(mine, Figures()),
            before=before.by.get(mine, Figures()),
            longest=_days_late(due, week),
            wards=_standing(_along(now, Axis.WARD, unit=pk), named[Axis.WARD]),
            others=_standing(_along(now, other, unit=pk), named[other]),
        )
    return briefs


def _along(
    counted: Counted, axis: Axis, *, unit: int | None
) -> dict[int | None, Figures]:
    """Return the figures by ward, unit or category: of the city, or of one unit."""
    if unit is None:
        return counted.along(axis)
    found = {}
    for of, figures in counted.by.items():
        keys = dict(of)
        if len(keys) > 1 and axis in keys and keys[Axis.UNIT] == unit:
            found[keys[axis]] = figures
    return found


def _standing(
    found: Mapping[int | None, Figures], names: Mapping[int, str]
) -> tuple[Standing, ...]:
    """Return those in which most is overdue, the most first."""
    late = [
        Standing(name=names[pk], figures=figures)
        for pk, figures in found.items()
        if pk is not None and pk in names and figures["late"]
    ]
    late.sort(key=lambda each: (-each.figures["late"], each.name))
    return tuple(late[:STAND_OUT])


def _names(counted: Counted) -> dict[Axis, dict[int, str]]:
    """Name what figures are told by, each kind in one statement."""
    known: dict[Axis, set[int]] = {}
    for of in counted.by:
        for axis, pk in of:
            if pk is not None:
                known.setdefault(axis, set()).add(pk)

    def labels(rows: Mapping[int, Organisation | Place | Category]) -> dict[int, str]:
        return {pk: row.label for pk, row in rows.items()}

    return {
        Axis.UNIT: labels(Organisation.objects.in_bulk(known.get(Axis.UNIT, ()))),
        Axis.WARD: labels(Place.objects.in_bulk(known.get(Axis.WARD, ()))),
        Axis.CATEGORY: labels(Category.objects.in_bulk(known.get(Axis.CATEGORY, ()))),
    }


def _oldest_dues(window: Window, *, unit: int | None) -> dict[int | None, datetime]:
    """Read by unit since when its longest overdue case is late."""
    late = Handling.objects.order_by().filter(conditions(window)["late"])
    if unit is not None:
        late = late.filter(organisation=unit)
    rows: Sequence[tuple[int | None, datetime]] = list(
        late.values_list("organisation").annotate(oldest=Min("due_at"))
    )
    return dict(rows)


def _days_late(due: datetime | None, week: Week) -> int:
    """Say by how many days, a day that has begun counted whole."""
    return 0 if due is None else -((due - week.window.at) // DAY)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=get_default_timezone())
