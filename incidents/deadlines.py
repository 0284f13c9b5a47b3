"""By when: working days counted as the law counts them, and which days are skipped.

The day of receipt does not count, and the last day counts to its end. A working day is
what the library of holidays says of the city's country, and what the city decides over
it. Counting is pure; `read_deadline` gathers all it needs in one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import version

import holidays
from django.conf import settings
from django.db import connection
from django.utils.dates import WEEKDAYS
from django.utils.timezone import get_default_timezone, localtime
from django.utils.translation import get_language, gettext_noop

from .errors import NoDeadlineRule
from .models import CalendarDay, Category, DeadlineRule

#: Named so that the words are in our own catalogue, not only in Django's.
WEEKEND = (gettext_noop("Saturday"), gettext_noop("Sunday"))
END_OF_DAY = time(23, 59, 59)
ONE_DAY = timedelta(days=1)
LIBRARY = version("holidays")


#: From when to when a clock stood still.
Pause = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A day the city decided about, whatever the library of holidays says."""

    on: date
    works: bool
    name: str
    name_en: str = ""

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name


@dataclass(frozen=True, slots=True)
class _Year:
    """What the library says of one year, named in one language."""

    off: dict[date, str]
    make_up: frozenset[date]
    weekend: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Which days the offices of a city work: its country's, and its own over them."""

    country: str
    overrides: dict[date, Override]

    @property
    def version(self) -> str:
        """Tell this calendar from another that may count otherwise."""
        said = [self.country, LIBRARY]
        said += [f"{on}{self.overrides[on].works:d}" for on in sorted(self.overrides)]
        return sha256(" ".join(said).encode()).hexdigest()[:12]

    def is_worked(self, on: date) -> bool:
        return self.why_off(on) is None

    def why_off(self, on: date) -> str | None:
        """Name the holiday or the day of the weekend; None for a working day."""
        if override := self.overrides.get(on):
            return None if override.works else override.label
        year = _year(self.country, on.year, get_language() or "")
        if name := year.off.get(on):
            return name
        if on.weekday() in year.weekend and on not in year.make_up:
            return str(WEEKDAYS[on.weekday()])
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A day that was not counted, and why, in the reader's language."""

    on: date
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The last moment in time, and the days on the way that do not count."""

    due_at: datetime
    working_days: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The rule for a category on a day, with the calendar it is counted in."""

    rule: DeadlineRule
    calendar: Calendar
    targets: tuple[DeadlineRule, ...] = ()  #: The closest internal one of each step.

    def due(self, received: datetime) -> Due:
        """Say by when what came at `received` is to be done."""
        if self.rule.unit == DeadlineRule.Unit.MINUTES:
            due_at = received + timedelta(minutes=self.rule.amount)
            return Due(due_at=due_at, working_days=0, skipped=())
        return due(received, working_days=self.rule.amount, calendar=self.calendar)


def due(
    received: datetime,
    *,
    working_days: int,
    calendar: Calendar,
    ends: time = END_OF_DAY,
    pauses: Iterable[Pause] = (),
) -> Due:
    """Count working days from the day after `received` to the end of the last one.

    A pause leaves out the whole days between the one it begins on and the one it ends.
    """
    zone = get_default_timezone()
    on, counted = localtime(received, zone).date(), 0
    stood = [tuple(localtime(each, zone).date() for each in pause) for pause in pauses]
    skipped: list[Skipped] = []
    while counted < working_days:
        on += ONE_DAY
        if any(began < on < ended for began, ended in stood):
            continue
        why = calendar.why_off(on)
        if why is None:
            counted += 1
        else:
            skipped.append(Skipped(on=on, why=why))
    due_at = datetime.combine(on, ends, tzinfo=zone)
    return Due(due_at=due_at, working_days=working_days, skipped=tuple(skipped))


def reckon(
    rule: DeadlineRule,
    since: datetime,
    *,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    more_days: int = 0,
) -> datetime:
    """Say when a clock is due that counts by a rule, stood still and was extended."""
    if rule.unit == DeadlineRule.Unit.MINUTES:
        stood = sum((ended - began for began, ended in pauses), timedelta())
        due_at = since + timedelta(minutes=rule.amount) + stood
        if more_days:
            due_at = due(due_at, working_days=more_days, calendar=calendar).due_at
        return due_at
    days = rule.amount + more_days
    return due(since, working_days=days, calendar=calendar, pauses=pauses).due_at


def end_of(on: date) -> datetime:
    """Return the last second of a day in the city."""
    return datetime.combine(on, END_OF_DAY, tzinfo=get_default_timezone())


def working_days_left(due_at: datetime, *, at: datetime, calendar: Calendar) -> int:
    """Count the working days after today, the last one with them; none when late."""
    return sum(calendar.is_worked(on) for on in _days(after=at, until=due_at))


def days_skipped(
    due_at: datetime, *, at: datetime, calendar: Calendar
) -> tuple[Skipped, ...]:
    """Name the days between now and `due_at` that do not count."""
    asked = ((on, calendar.why_off(on)) for on in _days(after=at, until=due_at))
    return tuple(Skipped(on=on, why=why) for on, why in asked if why is not None)


def calendar_of(days: Iterable[CalendarDay]) -> Calendar:
    """Lay the city's own days over the holidays of its country."""
    overrides = {
        day.on: Override(
            on=day.on,
            works=day.kind == CalendarDay.Kind.WORK,
            name=day.name,
            name_en=day.name_en,
        )
        for day in days
    }
    return Calendar(country=settings.CITY.phone_region, overrides=overrides)


def read_calendar() -> Calendar:
    """Read the city's calendar, in one statement."""
    return calendar_of(CalendarDay.objects.all())


def read_deadline(category: Category | None, *, on: date) -> Deadline:
    """Find the closest rule of that day, with the calendar, in one statement.

    What names the category comes before what names its branch, its urgency, nothing;
    of two alike the younger is in force. Internal targets are no deadlines; the
    closest of each step come along.
    """
    given = {"category": category.pk if category else None, "on": on}
    with connection.cursor() as cursor:
        cursor.execute(CLOSEST, given)
        row = cursor.fetchone()
    if row is None:
        raise NoDeadlineRule
    *values, days, aimed = row
    rule = DeadlineRule.from_db(connection.alias, RULE_COLUMNS, values)
    targets = tuple(
        DeadlineRule(pk=pk, step=step, amount=amount, unit=unit, is_target=True)
        for pk, step, amount, unit in aimed
    )
    calendar = calendar_of(
        CalendarDay(on=date.fromisoformat(on), kind=kind, name=name, name_en=name_en)
        for on, kind, name, name_en in days
    )
    return Deadline(rule=rule, calendar=calendar, targets=targets)


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Every rule and the calendar, held in memory for what comes by the thousand."""

    rules: tuple[DeadlineRule, ...]  #: Without internal targets.
    calendar: Calendar
    targets: tuple[DeadlineRule, ...] = ()
    _found: dict[tuple[int, date, str], DeadlineRule] = field(default_factory=dict)
    _counted: dict[tuple[int, date], datetime] = field(default_factory=dict)

    @cached_property
    def calendar_version(self) -> str:
        """Name the calendar that the days are counted in."""
        return self.calendar.version

    def rule(self, category: Category, *, on: date, step: str = "") -> DeadlineRule:
        """Return the rule that `read_deadline` finds; its branches must be at hand.

        With a step it is the internal target for it.
        """
        asked = category.pk, on, step
        if (found := self._found.get(asked)) is None:
            rules = [each for each in self.targets if each.step == step]
            rules = rules if step else list(self.rules)
            begun = [each for each in rules if each.starts_on <= on]
            ranked = [(_closeness(each, category), each) for each in begun]
            near = [(close, each.starts_on, each) for close, each in ranked if close]
            if not near:
                raise NoDeadlineRule
            found = self._found[asked] = max(near, key=lambda each: each[:2])[2]
        return found

    def due_at(self, rule: DeadlineRule, received: datetime) -> datetime:
        """Say by when what came at `received` is to be done; a day is counted once."""
        if rule.unit == DeadlineRule.Unit.MINUTES:
            return received + timedelta(minutes=rule.amount)
        asked = rule.amount, received.astimezone(get_default_timezone()).date()
        if (end := self._counted.get(asked)) is None:
            deadline = Deadline(rule=rule, calendar=self.calendar)
            end = self._counted[asked] = deadline.due(received).due_at
        return end


def read_deadlines() -> Deadlines:
    """Read every rule and the calendar, in two statements."""
    rules = list(DeadlineRule.objects.all())
    return Deadlines(
        rules=tuple(each for each in rules if not each.is_target),
        targets=tuple(each for each in rules if each.is_target),
        calendar=read_calendar(),
    )


def _closeness(rule: DeadlineRule, category: Category) -> int:
    """Tell how closely a rule speaks of a category; nought where it does not."""
    if rule.urgency not in ("", category.urgency):
        return 0
    if rule.category_id is None:
        return 2 if rule.urgency else 1
    branch = category.branch
    above = [category.pk, category.branch_id, branch.branch_id if branch else None]
    return 5 - above.index(rule.category_id) if rule.category_id in above else 0


def _days(*, after: datetime, until: datetime) -> Iterable[date]:
    zone = get_default_timezone()
    first, last = localtime(after, zone).date(), localtime(until, zone).date()
    return (first + n * ONE_DAY for n in range(1, (last - first).days + 1))


@lru_cache(maxsize=64)
def _year(country: str, year: int, language: str) -> _Year:
    """Ask the library once a process; it takes milliseconds to lay out a year."""
    spoken = holidays.country_holidays(country).supported_languages
    named = next((each for each in spoken if each.split("_")[0] == language), None)
    # A day off in January may be set by a holiday of December, and the reverse.
    around = range(year - 1, year + 2)
    found = holidays.country_holidays(country, years=around, language=named)
    return _Year(
        off={on: str(name) for on, name in found.items() if on.year == year},
        make_up=frozenset(found.weekend_workdays),
        weekend=frozenset(found.weekend),
    )


RULE_COLUMNS = [field.attname for field in DeadlineRule._meta.concrete_fields]
#: Written by hand, since building it through the ORM costs more than running it.
CLOSEST = f"""
SELECT {", ".join(f"r.{name}" for name in RULE_COLUMNS)}, (
    SELECT coalesce(json_agg(json_build_array(d."on", d.kind, d.name, d.name_en)), '[]')
    FROM incidents_calendarday d), (
    SELECT coalesce(json_agg(json_build_array(t.id, t.step, t.amount, t.unit)), '[]')
    FROM (
        SELECT DISTINCT ON (step) id, step, amount, unit
        FROM incidents_deadlinerule t
        WHERE t.is_target AND t.starts_on <= %(on)s AND t.urgency IN ('', c.urgency)
            AND (t.category_id IS NULL
                OR t.category_id IN (c.id, c.branch_id, b.branch_id))
        ORDER BY step, CASE t.category_id WHEN c.id THEN 4 WHEN c.branch_id THEN 3
            WHEN b.branch_id THEN 2 ELSE (t.urgency <> '')::int END DESC,
            t.starts_on DESC
    ) t)
FROM incidents_deadlinerule r
LEFT JOIN incidents_category c ON c.id = %(category)s
LEFT JOIN incidents_category b ON b.id = c.branch_id
WHERE NOT r.is_target AND r.starts_on <= %(on)s AND r.urgency IN ('', c.urgency)
    AND (r.category_id IS NULL OR r.category_id IN (c.id, c.branch_id, b.branch_id))
ORDER BY CASE r.category_id WHEN c.id THEN 4 WHEN c.branch_id THEN 3
    WHEN b.branch_id THEN 2 ELSE (r.urgency <> '')::int END DESC, r.starts_on DESC
LIMIT 1
"""  # noqa: S608
