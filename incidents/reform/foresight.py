"""Foreseen: who would hand over how much to whom, before anybody does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from gis_data.models import Edition
from incidents.mass_routing import route_many
from incidents.models import Organisation, Report, ReportQuerySet
from incidents.models.status import IN_HAND

from .choosing import READ, Chooser, asked
from .handing import waiting
from .heirs import read_heirs

LOT = 5000
Way = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many open cases a unit has, and would have afterwards."""

    code: str
    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What would become of open cases, by the codes of units; "" is the desk."""

    count: int  #: Open cases in the hands of units.
    moved: Counter[Way]  #: From units that are no more to who carries on.
    #: From units that stay, where map and rules of the day would name another. They
    #: stay with their unit until somebody gives them on.
    redirected: Counter[Way]
    loads: tuple[Load, ...]  #: Of each unit whose number changes, most first.


def plan(*, on: date, draft: Edition | None = None) -> Moves:
    """Tell what a hand-over on that day would move, and change nothing."""
    moved = _handed_over(on=on, draft=draft)
    return _told(moved, Counter())


def moves(draft: Edition | None, *, on: date) -> Moves:
    """Tell what the day would do to all open cases, were this draft in force from it.

    Beside what goes over by law it weighs every other case by the day before and by
    the day itself: where its unit would not be named again, it says who would.
    """
    moved = _handed_over(on=on, draft=draft)
    redirected: Counter[Way] = Counter()
    gone = read_heirs(on=on).gone
    names = dict(Organisation.objects.values_list("pk", "code"))
    staying = Report.objects.filter(status__in=IN_HAND).exclude(organisation__in=gone)
    for cases in _lots(staying.only(*READ).order_by("pk")):
        now = _named(cases, on=on - timedelta(days=1), draft=None)
        then = _named(cases, on=on, draft=draft)
        for case in cases:
            holder = case.organisation_id or 0
            if now[case.pk] == holder != then[case.pk]:
                redirected[names[holder], names.get(then[case.pk], "")] += 1
    return _told(moved, redirected)


def _handed_over(*, on: date, draft: Edition | None) -> Counter[Way]:
    chooser = Chooser(read_heirs(on=on), draft=draft)
    moved: Counter[Way] = Counter()
    for cases in _lots(waiting(on=on).only(*READ).order_by("pk")):
        for each in chooser.choose(cases):
            moved[each.gone.code, each.heir.code if each.heir else ""] += 1
    return moved


def _named(
    cases: Sequence[Report], *, on: date, draft: Edition | None
) -> dict[int, int]:
    """Ask whom map and rules of a day name for each of these cases, 0 for nobody."""
    decided = route_many([asked(each) for each in cases], on=on, draft=draft)
    return {
        number: decision.organisation.id if decision.organisation else 0
        for number, decision in decided
    }


def _lots(reports: ReportQuerySet) -> Iterator[list[Report]]:
    """Read cases a lot at a time."""
    last = 0
    while lot := list(reports.filter(pk__gt=last)[:LOT]):
        last = lot[-1].pk
        yield lot


def _told(moved: Counter[Way], redirected: Counter[Way]) -> Moves:
    held = (
        Report.objects.filter(status__in=IN_HAND)
        .order_by()
        .values_list("organisation__code", "organisation__name")
        .annotate(n=Count("pk"))
    )
    before = {code: n for code, _name, n in held}
    after = Counter(before)
    for (giver, taker), n in moved.items():
        after[giver] -= n
        after[taker] += n
    changed = {code for way in moved for code in way if code}
    names = dict(
        Organisation.objects.filter(code__in=changed).values_list("code", "name")
    )
    loads = [
        Load(code=code, name=names[code], before=before.get(code, 0), after=after[code])
        for code in changed
    ]
    loads.sort(key=lambda load: (-max(load.before, load.after), load.code))
    return Moves(
        count=sum(before.values()),
        moved=moved,
        redirected=redirected,
        loads=tuple(loads),
    )
