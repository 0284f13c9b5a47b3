"""Lives of cases over Tết 2026, and what must be told of each, by a table of days.

Nothing here asks the code for a date: the days that offices work are written out, and
every expected minute is counted from them by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from django.db.models import Model

from incidents import handover, resolution, work
from incidents.intake import receive
from incidents.models import Organisation, Report, ReturnReason
from incidents.permissions import Actor

#: The working days of the shipped calendar: nothing between the 13th and the 23rd.
WORKED = [
    date(2026, month, day)
    for month, days in {
        2: (5, 6, 9, 10, 11, 12, 13, 23, 24, 25, 26, 27),
        3: (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 23, 24, 25, 26, 27),
    }.items()
    for day in days
]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = "2026-02-05T00:00", "2026-02-24T00:00"
Expected = tuple[str, str, datetime]
Act = tuple[datetime, Callable[[Report], object]]


def at(said: str) -> datetime:
    return datetime.fromisoformat(f"{said}+07:00")


def midnight(on: date) -> datetime:
    return at(f"{on}T00:00")


def day_of(moment: datetime) -> date:
    return moment.astimezone(at(FIRST).tzinfo).date()


def worked_after(on: date, count: int, *, without: tuple[date, ...] = ()) -> date:
    """The so-manieth working day after a day, some of them left out."""
    return [day for day in WORKED if day > on and day not in without][count - 1]


def worked_before(on: date) -> date:
    return [day for day in WORKED if day < on][-1]


def by_days(due: date) -> dict[str, datetime]:
    """When each level hears of a date that is counted in working days."""
    return {
        "before": midnight(worked_before(due)) + 8 * HOUR,
        "due": midnight(due) + DAY,
        "parent": midnight(worked_after(due, 2)) + DAY,
        "city": midnight(worked_after(due, 5)) + DAY,
    }


def by_clock(due: datetime, **minutes: int) -> dict[str, datetime]:
    """When each level hears of a target that is counted by the minute."""
    told = {"due": due + MINUTE}
    for level, count in minutes.items():
        sign = -1 if level == "before" else 1
        told[level] = due + sign * count * MINUTE
    return told


@dataclass
class Cast:
    """Who acts in these lives."""

    telling: Callable[[str, bool], object]
    desk: Actor
    unit: Actor
    leader: Actor
    other: Organisation
    others: Actor
    reason: ReturnReason


@dataclass
class Life:
    """One case: what happens to it at which minute, and what must be told when."""

    kind: str
    begins: datetime
    acts: list[Act] = field(default_factory=list)
    expected: set[Expected] = field(default_factory=set)
    late_from: datetime | None = None
    report: Report | None = None

    def does(self, moment: datetime, act: Callable[[Report], object]) -> None:
        self.acts.append((moment, act))

    def hears(
        self,
        party: str,
        told: dict[str, datetime],
        *,
        until: datetime,
        since: datetime | None = None,
    ) -> None:
        """Expect each level that comes before the clock is stopped."""
        self.expected |= {
            (party, level, moment)
            for level, moment in told.items()
            if moment < until and (since is None or moment >= since)
        }


def solve(cast: Cast, moment: datetime) -> Callable[[Report], object]:
    """File the result of a case, and publish it."""

    def act(report: Report) -> object:
        unit = cast.others if report.organisation == cast.other else cast.unit
        report = resolution.file_result(
            report,
            by=unit,
            at=moment,
            outcome="fixed",
            text="Xong",
            no_photo_because="Trời tối",
        )
        return resolution.publish_result(report, by=cast.desk, at=moment)

    return act


def urgent(life: Life, cast: Cast, rng: Random) -> None:
    """Goes by itself; the unit takes it sooner or later, at any hour of any day."""
    t = life.begins
    taken = t + rng.choice([7, 24, 44, 75, 170]) * MINUTE
    safe = taken + rng.choice([30, 150, 200, 320, 500]) * MINUTE
    done = t + 2 * DAY
    life.does(taken, lambda r: work.acknowledge(r, by=cast.unit, at=taken))
    life.does(safe, lambda r: work.make_safe(r, by=cast.unit, at=safe, text="Rào"))
    life.does(done, solve(cast, done))
    half_an_hour = by_clock(t + 30 * MINUTE, before=10, parent=30, city=120)
    life.hears("acknowledge", half_an_hour, until=taken)
    four_hours = by_clock(t + 240 * MINUTE, before=60, parent=60, city=240)
    life.hears("safe", four_hours, until=safe)


def urgent_at_the_desk(life: Life, cast: Cast, rng: Random) -> None:
    """Waits for an operator, who passes it on in five minutes or not."""
    t = life.begins
    passed = t + rng.choice([2, 5, 9, 25]) * MINUTE
    taken, safe, done = passed + 12 * MINUTE, passed + 90 * MINUTE, t + 2 * DAY
    life.does(passed, lambda r: pass_on(r, cast, passed))
    life.does(taken, lambda r: work.acknowledge(r, by=cast.unit, at=taken))
    life.does(safe, lambda r: work.make_safe(r, by=cast.unit, at=safe, text="Rào"))
    life.does(done, solve(cast, done))
    five_minutes = by_clock(t + 5 * MINUTE, before=1, parent=10)
    life.hears("accept", five_minutes, until=passed)


def pass_on(report: Report, cast: Cast, moment: datetime) -> Report:
    unit = Organisation.objects.get(code="ubnd-a")
    step = handover.accept_and_transfer
    if report.status in ("accepted", "returned"):
        step = handover.transfer
    return step(report, to=unit, by=cast.desk, at=moment, reason="Địa bàn")


def high(life: Life, cast: Cast, rng: Random) -> None:
    """Has a day by the clock."""
    t = life.begins
    done = t + rng.choice([10, 22, 30, 60]) * HOUR
    life.does(done, solve(cast, done))
    life.hears("done", by_clock(t + DAY, before=240, parent=1440), until=done)


def normal_in_time(life: Life, cast: Cast, rng: Random) -> None:
    """Done before its date, after the reminder or before it."""
    due = worked_after(day_of(life.begins), 5)
    told = by_days(due)
    done = told["before"] + rng.choice([-3, 5]) * HOUR
    life.does(done, solve(cast, done))
    life.hears("unit", told, until=done)


def normal_late(life: Life, cast: Cast, rng: Random) -> None:
    """Late; the unit commits to a day, and keeps it or does not."""
    due = worked_after(day_of(life.begins), 5)
    life.late_from = midnight(due) + DAY
    commits = life.late_from + 9 * HOUR
    promised = day_of(commits) + 3 * DAY
    kept = rng.random() < 0.5
    done = midnight(promised) + (10 * HOUR if kept else 6 * DAY + 10 * HOUR)
    life.does(
        commits,
        lambda r: work.commit_to(
            r, by=cast.unit, at=commits, until=promised, text="Chờ vật tư"
        ),
    )
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(due), until=done)
    life.hears("unit", {"lapsed": midnight(promised) + DAY}, until=done)


def paused(life: Life, cast: Cast, rng: Random) -> None:
    """Stands still for some days: the unit's date moves, the citizen's does not."""
    start = day_of(life.begins)
    stops = midnight(start) + DAY + 10 * HOUR
    until = day_of(stops) + rng.choice([3, 6]) * DAY
    between = tuple(day for day in WORKED if day_of(stops) < day < until)
    due, theirs = worked_after(start, 5, without=between), worked_after(start, 5)
    life.late_from = midnight(theirs) + DAY
    done = max(midnight(due), midnight(theirs)) + 2 * DAY + 10 * HOUR
    life.does(stops, lambda r: work.acknowledge(r, by=cast.unit, at=stops))
    life.does(
        stops,
        lambda r: work.pause(r, by=cast.unit, at=stops, until=until, text="Mưa"),
    )
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(due), until=done)
    if due != theirs:
        life.hears("citizen", by_days(theirs), until=done)
    life.expected.add(("resumed", "", midnight(until)))


def extended(life: Life, cast: Cast, rng: Random) -> None:
    """The leader gives the unit more days; the citizen's date stays."""
    start, given = day_of(life.begins), rng.choice([1, 3])
    when = life.begins + DAY
    due, theirs = worked_after(start, 5 + given), worked_after(start, 5)
    life.late_from = midnight(theirs) + DAY
    done = midnight(due) + 2 * DAY
    life.does(
        when,
        lambda r: work.extend(
            r, by=cast.leader, at=when, working_days=given, text="Chờ thiết bị"
        ),
    )
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(due), until=done)
    life.hears("citizen", by_days(theirs), until=done)


def complex_(life: Life, cast: Cast, rng: Random) -> None:
    """A first answer within five working days, then a day to be done by."""
    start = day_of(life.begins)
    due = worked_after(start, 5)
    told = by_days(due)
    answers = told["before"] + rng.choice([-2, 2]) * HOUR
    promised = due + 4 * DAY
    done = midnight(promised) + 10 * HOUR
    life.late_from = midnight(due) + DAY
    life.does(
        answers,
        lambda r: work.commit_to(
            r, by=cast.unit, at=answers, until=promised, text="Phải khảo sát"
        ),
    )
    life.does(done, solve(cast, done))
    life.hears("answer", told, until=answers)
    life.hears("unit", told, until=done)


def reopened(life: Life, cast: Cast, rng: Random) -> None:
    """Done in time and not done at all: the unit's days begin anew."""
    due = worked_after(day_of(life.begins), 5)
    first, again = life.begins + DAY, midnight(due) + 2 * DAY + 11 * HOUR
    anew = worked_after(day_of(again), 5)
    done = midnight(anew) + 2 * DAY
    life.does(first, solve(cast, first))
    life.does(again, lambda r: resolution.reopen(r, at=again, text="Chưa sửa"))
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(anew), until=done)


def returned(life: Life, cast: Cast, rng: Random) -> None:
    """Came to the wrong unit first: the citizen's date is that of the first."""
    start = day_of(life.begins)
    back = midnight(start) + 2 * DAY + 9 * HOUR
    given = back + HOUR
    theirs, due = worked_after(start, 5), worked_after(day_of(given), 5)
    life.late_from = midnight(theirs) + DAY
    done = midnight(due) + DAY + 10 * HOUR
    life.does(
        back,
        lambda r: handover.send_back(
            r, by=cast.unit, at=back, reason=cast.reason, text="Không phải"
        ),
    )
    life.does(
        given,
        lambda r: handover.transfer(
            r, to=cast.other, by=cast.desk, at=given, reason="Đúng đơn vị"
        ),
    )
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(due), until=done)
    if due != theirs:
        life.hears("citizen", by_days(theirs), until=done)


def asked(life: Life, cast: Cast, rng: Random) -> None:
    """More was asked of the reporter first: the days count from the transfer."""
    asks, told = life.begins + HOUR, life.begins + 3 * DAY
    given = told + HOUR
    due = worked_after(day_of(given), 5)
    done = midnight(due) + DAY + 10 * HOUR
    life.late_from = midnight(due) + DAY
    life.does(
        asks,
        lambda r: handover.ask_for_information(r, by=cast.desk, at=asks, text="Ở đâu?"),
    )
    life.does(told, lambda r: handover.give_information(r, at=told, text="Đầu hẻm"))
    life.does(given, lambda r: pass_on(r, cast, given))
    life.does(done, solve(cast, done))
    life.hears("unit", by_days(due), until=done)


#: The urgency, whether an operator has it first, and what happens.
LIVES = (
    ("urgent", False, urgent),
    ("normal", False, normal_late),
    ("urgent", True, urgent_at_the_desk),
    ("normal", False, paused),
    ("high", False, high),
    ("complex", False, complex_),
    ("normal", False, extended),
    ("normal", False, reopened),
    ("normal", False, returned),
    ("normal", True, asked),
    ("normal", False, normal_in_time),
)


def lives(count: int, cast: Cast, *, seed: int = 2026) -> list[Life]:
    """Lay out so many lives, begun at any minute of the days before and over Tết."""
    rng = Random(seed)  # noqa: S311
    span = int((at(LAST) - at(FIRST)) / MINUTE)
    found = []
    for turn in range(count):
        urgency, waits, happens = LIVES[turn % len(LIVES)]
        begins = at(FIRST) + rng.randrange(span) * MINUTE
        life = Life(kind=happens.__name__, begins=begins)
        life.acts.append(
            (begins, lambda _none, u=urgency, w=waits, b=begins: filed(cast, u, w, b))
        )
        happens(life, cast, rng)
        found.append(life)
    return found


def filed(cast: Cast, urgency: str, waits: bool, moment: datetime) -> Report:
    return receive(cast.telling(urgency, waits), channel="hotline", at=moment).report


def fresh(report: Model) -> Report:
    return Report.objects.select_related("organisation", "category").get(pk=report.pk)
