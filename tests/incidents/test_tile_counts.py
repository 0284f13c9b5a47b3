"""Counts for the tiles: however reports change, they are what counting afresh says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import F

from incidents.filters import ReportFilter
from incidents.models import (
    COUNTED_ZOOMS,
    WEEKLY_ZOOMS,
    Report,
    Status,
    TileChange,
    TileCount,
    TileFold,
    TileWeekCount,
)
from incidents.models.status import ENDED
from incidents.models.weeks import OPEN_WEEK, weeks_of_today
from incidents.privacy import snap
from incidents.tasks import fold_tile_counts
from incidents.tile_counts import fold, recount
from incidents.tiles import report_tile
from tests.factories import (
    HERE,
    JULY,
    CategoryFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
)

from .api.mvt import read_tile, tile_of

pytestmark = pytest.mark.django_db

MONTHLY = ("zoom", "cell", "category", "group", "month")
WEEKLY = ("zoom", "by", "key", "week", "cell", "group")
SUMS = ("count", "across", "down", "reports")
#: The day on which it is asked what is of today.
ON = date(2025, 9, 1)
OTHER_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index
WHERE indrelid = 'incidents_report'::regclass AND NOT indisunique
    AND indexrelid <> %s::regclass
"""


def counted():
    return [
        list(table.objects.order_by(*key).values_list(*key, *SUMS))
        for table, key in ((TileCount, MONTHLY), (TileWeekCount, WEEKLY))
    ]


def numbered():
    return dict(TileFold.objects.values_list("cell", "changes"))


def on_the_map():
    return Report.objects.public().exclude(world_cell=None)


class Town:
    """A town in which something happens to one report or another."""

    def __init__(self, seed):
        self.draw = Random(seed)  # noqa: S311
        self.categories = CategoryFactory.create_batch(3)
        self.wards = [None, *PlaceFactory.create_batch(2)]
        self.units = [None, *OrganisationFactory.create_batch(2)]
        self.happenings = [
            *[self.tell] * 6, self.accept, self.move, self.sort, self.hide,
            self.accept, self.end, self.join, self.delete, self.touch, self.touch,
            self.hand_over, self.redraw, fold,
        ]  # fmt: skip

    def happen(self):
        self.draw.choice(self.happenings)()

    def any(self):
        keys = list(Report.objects.order_by("pk").values_list("pk", flat=True))
        return Report.objects.filter(pk__in=self.draw.sample(keys, min(len(keys), 1)))

    def spot(self):
        east, north = (self.draw.random() / 9 for _ in range(2))
        return Point(HERE.x + east, HERE.y + north, srid=4326)

    def tell(self):
        ReportFactory.create(
            point=self.draw.choice([self.spot(), self.spot(), None]),
            category=self.draw.choice(self.categories),
            status=self.draw.choice([Status.ACCEPTED, Status.RECEIVED, Status.CLOSED]),
            received_at=JULY + timedelta(days=self.draw.randrange(90)),
            updated_at=JULY + timedelta(days=self.draw.randrange(90)),
            place=self.draw.choice(self.wards),
            organisation=self.draw.choice(self.units),
        )

    def move(self):
        there, cell = snap(self.spot())
        placed = self.any().exclude(point=None)
        placed.update(public_point=there, world_cell=cell)

    def sort(self):
        self.any().update(category=self.draw.choice(self.categories))

    def hide(self):
        self.any().update(is_public=self.draw.random() < 0.5)

    def accept(self):
        self.any().update(status=Status.ACCEPTED, accepted_at=JULY, master=None)

    def end(self):
        status = self.draw.choice([Status.CLOSED, Status.WITHDRAWN])
        self.any().update(status=status, accepted_at=JULY, master=None)

    def touch(self):
        """Nothing changes but when: of what has ended, the week in which it did."""
        self.any().update(updated_at=JULY + timedelta(days=self.draw.randrange(90)))

    def hand_over(self):
        self.any().filter(status=Status.ACCEPTED).update(
            organisation=self.draw.choice(self.units)
        )

    def redraw(self):
        self.any().update(current_place=self.draw.choice(self.wards))

    def join(self):
        for report in self.any():
            others = Report.objects.exclude(pk=report.pk)
            if first := others.order_by("pk").first():
                report.status, report.master = Status.DUPLICATE, first
                report.save()

    def delete(self):
        self.any().filter(duplicates=None).delete()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_counts_are_those_of_counting_afresh(seed):
    town = Town(seed)

    for _ in range(60):
        town.happen()
    fold()
    kept, numbers = counted(), numbered()
    recount()

    assert kept == counted()
    by_month, by_week = kept
    on = sum(count for zoom, *_, count, _, _, _ in by_month if zoom == 10)
    assert on == on_the_map().count() > 3
    assert {zoom for zoom, *_ in by_month} == set(COUNTED_ZOOMS)
    assert {zoom for zoom, *_ in by_week} == set(WEEKLY_ZOOMS)
    assert {by for _, by, *_ in by_week} == set(TileWeekCount.By)
    assert len({week for _, _, _, week, *_ in by_week}) > 2
    assert not TileChange.objects.exists()
    assert not TileCount.objects.filter(count=0).exists()
    assert not TileWeekCount.objects.filter(count=0).exists()
    assert numbers.keys() == numbered().keys()
    assert all(numbers[cell] < now for cell, now in numbered().items())


def test_a_count_that_was_wrong_has_another_number_when_it_is_right():
    ReportFactory.create(status=Status.TRANSFERRED)
    wrong = report_tile(ReportFilter(), z=0, x=0, y=0)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Report.objects.update(status=Status.CLOSED)
        cursor.execute("SET LOCAL session_replication_role = origin")

    recount()

    right = report_tile(ReportFilter(), z=0, x=0, y=0, known=wrong.tag)
    assert right.tile not in (None, wrong.tile)


def test_what_changes_far_away_leaves_the_number_of_a_tile():
    here = ReportFactory.create()
    first, numbers = here.world_cell >> 2 * 8, []
    x, y = (_every_other(first >> turn) for turn in (0, 1))

    for east in (0.3, 0.6, 0):
        numbers.append(report_tile(ReportFilter(), z=12, x=x, y=y).tag)
        ReportFactory.create(point=Point(HERE.x + east, HERE.y, srid=4326))
        fold()
    numbers.append(report_tile(ReportFilter(), z=12, x=x, y=y).tag)

    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]


def _every_other(bits):
    return sum((bits >> 2 * turn & 1) << turn for turn in range(12))


def test_months_are_those_of_the_city():
    late = datetime(2025, 7, 31, 18, tzinfo=UTC)
    ReportFactory.create(received_at=late)

    fold_tile_counts(timestamp=0)

    assert {each.month for each in TileCount.objects.all()} == {date(2025, 8, 1)}
    august = ReportFilter(since=date(2025, 8, 1))
    assert read_tile(report_tile(august, z=0, x=0, y=0).tile).total == 1
    july = ReportFilter(until=date(2025, 8, 1))
    assert report_tile(july, z=0, x=0, y=0).tile == b""


def test_what_touches_nothing_on_the_map_notes_nothing():
    report = ReportFactory.create()
    ReportFactory.create(status=Status.RECEIVED)
    ReportFactory.create(point=None)
    noted = TileChange.objects.count()

    Report.objects.update(reminded_at=JULY, address="12 Lê Lợi", version=2)
    report.refresh_from_db()
    report.save()

    assert noted == TileChange.objects.count() == 1


def test_a_report_of_today_is_open_or_has_just_ended():
    on = date(2026, 3, 1)
    kept = [
        ReportFactory.create(status=Status.TRANSFERRED),
        *(
            ReportFactory.create(status=Status.RESOLVED, resolved_at=each)
            for each in ended(on, days=(0, 1, 60, 90))
        ),
        ReportFactory.create(
            status=Status.ANSWERED, updated_at=next(ended(on, days=[9]))
        ),
    ]
    for each in ended(on, days=(99, 400)):
        ReportFactory.create(status=Status.RESOLVED, resolved_at=each)
        ReportFactory.create(status=Status.ANSWERED, updated_at=each)

    found = ReportFilter(current_on=on).keep(Report.objects.order_by("pk"))

    assert list(found) == kept


def ended(on, *, days):
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return (midnight - timedelta(days=each) for each in days)


def today(**asked):
    return ReportFilter(current_on=ON, **asked)


LATE = datetime(2025, 8, 30, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("folds", [False, True])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Where only the week changes, nothing else that is counted by does.
        ({"updated_at": LATE}, {"updated_at": LONG_AGO}),
        ({"updated_at": LATE}, {"status": Status.REOPENED}),
        ({"updated_at": LONG_AGO}, {"status": Status.REOPENED}),
        (
            {"status": Status.RESOLVED, "resolved_at": LONG_AGO},
            {"status": Status.RESOLVED, "resolved_at": LATE},
        ),
        ({"updated_at": LATE}, {"status": Status.WITHDRAWN}),
        ({"updated_at": LATE}, {"is_public": False}),
        ({"updated_at": LATE, "is_public": False}, {"is_public": True}),
    ],
)
def test_what_is_of_today_is_so_from_the_moment_it_changes(before, after, folds):
    ReportFactory.create_batch(2, status=Status.TRANSFERRED)
    unit, ward = OrganisationFactory.create(), PlaceFactory.create()
    one = ReportFactory.create(status=Status.CLOSED, organisation=unit, place=ward)
    rows = Report.objects.filter(pk=one.pk)
    rows.update(**before)
    asked = [
        today(),
        today(categories=frozenset({one.category_id})),
        today(places=frozenset({ward.pk})),
        today(organisations=frozenset({unit.pk})),
    ]
    drawn = [report_tile(each, z=0, x=0, y=0) for each in asked]
    fold()

    rows.update(**after)
    if folds:
        fold()

    for asked_for, then in zip(asked, drawn, strict=True):
        listed = asked_for.public().count()
        now = report_tile(asked_for, z=0, x=0, y=0)
        assert (read_tile(now.tile).total if now.tile else 0) == listed
        again = report_tile(asked_for, z=0, x=0, y=0, known=then.tag)
        if (read_tile(then.tile).total if then.tile else 0) != listed:
            assert again.tile is not None
            assert again.tag != then.tag


def test_a_joined_report_leaves_what_is_of_today_and_comes_back_apart():
    first, other = ReportFactory.create_batch(2, status=Status.TRANSFERRED)
    fold()

    def shown():
        fold()
        return read_tile(report_tile(today(), z=0, x=0, y=0).tile).total

    other.status, other.master = Status.DUPLICATE, first
    other.save()
    joined = shown()
    other.status, other.master = Status.TRANSFERRED, None
    other.save()

    assert (joined, shown()) == (1, 2)


@pytest.mark.parametrize(
    ("field", "asked", "make"),
    [
        ("current_place", "places", PlaceFactory),
        ("organisation", "organisations", OrganisationFactory),
    ],
)
def test_a_report_is_counted_with_the_ward_and_with_the_unit_it_has_now(
    field, asked, make
):
    """Each changes alone: what is noted for another change would show it as well."""
    before, now = make.create_batch(2)
    questions = [today(**{asked: frozenset({each.pk})}) for each in (before, now)]
    one = ReportFactory.create(status=Status.TRANSFERRED)
    rows = Report.objects.filter(pk=one.pk)
    rows.update(**{field: before})
    fold()

    rows.update(**{field: now})

    for folds in (False, True):
        if folds:
            fold()
        drawn = [report_tile(each, z=5, x=25, y=15).tile for each in questions]
        assert [bool(each) for each in drawn] == [False, True]


@pytest.mark.parametrize(
    ("asked", "z", "is_counted"),
    [
        ({}, 0, True),
        ({}, 7, True),
        ({}, 10, True),
        ({}, 11, False),
        ({"categories"}, 10, True),
        ({"groups"}, 10, True),
        ({"places"}, 10, True),
        ({"organisations", "groups"}, 10, True),
        ({"places", "then"}, 10, False),
        ({"places", "categories"}, 10, False),
        ({"since"}, 10, False),
        ({"words"}, 10, False),
    ],
)
def test_far_off_what_is_of_today_is_read_from_counts(asked, z, is_counted):
    """A count that is wrong shows who reads it."""
    one = ReportFactory.create(
        status=Status.TRANSFERRED, place=PlaceFactory.create(), public_title="Nắp"
    )
    fold()
    TileWeekCount.objects.update(
        **{each: 7 * F(each) for each in ("count", "across", "down")}
    )
    given = {
        "categories": frozenset({one.category_id}),
        "groups": frozenset({Status(one.status).group}),
        "places": frozenset({one.place_id}),
        "organisations": frozenset({one.organisation_id}),
        "then": True,
        "since": date(2025, 7, 1),
        "words": "nắp",
    }
    x, y = tile_of(one.public_point.x, one.public_point.y, z)

    drawn = report_tile(today(**{each: given[each] for each in asked}), z=z, x=x, y=y)

    assert read_tile(drawn.tile).total == (7 if is_counted else 1)


def test_what_ended_in_no_week_is_open():
    for status in Status:
        if status != Status.DUPLICATE:
            ReportFactory.create(status=status, resolved_at=JULY)

    weeks = dict(Report.objects.values_list("status", "ended_week"))

    opened = {status for status, week in weeks.items() if week == OPEN_WEEK}
    assert opened == set(Status) - ENDED
    assert weeks_of_today(date(2026, 11, 30))[-1] == OPEN_WEEK


def test_the_index_alone_answers_for_what_is_of_today():
    """Columns that a filter asks for and the index lacks would cost a page each."""
    with connection.cursor() as cursor:
        cursor.execute(OTHER_INDEXES, ["report_by_week_and_world_cell"])
        others = ", ".join(name for (name,) in cursor.fetchall())
        cursor.execute(f"DROP INDEX {others}; SET LOCAL enable_seqscan = off")
        asked = ReportFilter(
            categories=frozenset({1}),
            organisations=frozenset({1}),
            places=frozenset({1}),
            since=date(2025, 7, 1),
            words="nắp",
            current_on=date(2026, 3, 1),
        )
        found = asked.public().filter(world_cell__range=(0, 9)).order_by()
        plan = found.values_list("pk", "world_cell").explain()

    assert plan.startswith("Index Only Scan using report_by_week_and_world_cell")
