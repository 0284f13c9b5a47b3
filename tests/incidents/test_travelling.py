from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection

from gis_data.models import Place
from incidents.models import Report
from incidents.travelling import gathering
from incidents.travelling.drawing import after
from incidents.travelling.gathering import (
    Step,
    Turn,
    by_ward,
    squares_of,
    step_for,
    turns_of,
)
from incidents.travelling.toning import tones_of
from tests.factories import HERE, JULY, ReportFactory, north_of

pytestmark = pytest.mark.django_db


def public():
    return Report.objects.public()


def test_too_many_squares_become_wider_ones_that_count_the_same(monkeypatch):
    for turn in range(6):
        ReportFactory.create(point=north_of(HERE, metres=90 * turn))
    fine = squares_of(public(), zoom=20)
    monkeypatch.setattr(gathering, "SPOTS_AT_MOST", 3)

    wide = squares_of(public(), zoom=20)

    assert (len(fine.spots), fine.count, fine.zoom) == (6, 6, 20)
    assert (len(wide.spots) <= 3, wide.count) == (True, 6)
    assert wide.zoom < 20


def test_no_more_squares_are_fetched_than_are_drawn(monkeypatch):
    for turn in range(12):
        at = JULY + timedelta(days=turn % 3)
        point = north_of(HERE, metres=90 * turn)
        ReportFactory.create(point=point, received_at=at)
    monkeypatch.setattr(gathering, "SPOTS_AT_MOST", 5)
    fetched = []

    def count(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        fetched.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(count):
        wide = squares_of(public(), zoom=20)
        _zoom, turns = turns_of(public(), step=Step.DAY, zoom=20)

    finest, wider = fetched[1], squares_of(public(), zoom=wide.zoom + 1)
    assert (wide.count, finest) == (12, len(wide.spots))
    assert wider.zoom == wide.zoom
    assert sum(spot.count for turn in turns for spot in turn.spots) == 12
    assert 3 <= fetched[3] <= 5


def test_turns_are_as_fine_as_there_is_room_for(monkeypatch):
    for turn in range(6):
        at = JULY + timedelta(days=turn % 2)
        point = north_of(HERE, metres=700 * turn)
        ReportFactory.create(point=point, received_at=at)
    monkeypatch.setattr(gathering, "SPOTS_AT_MOST", 6)

    zoom, turns = turns_of(public(), step=Step.DAY, zoom=20)

    assert (zoom, [len(turn.spots) for turn in turns]) == (20, [3, 3])


def test_the_fullest_square_comes_first():
    ReportFactory.create(point=north_of(HERE, metres=2000))
    ReportFactory.create_batch(2)

    assert [spot.count for spot in squares_of(public(), zoom=17).spots] == [2, 1]


def test_turns_are_counted_apart_and_none_is_jumped_over():
    for weeks in (0, 0, 3):
        ReportFactory.create(received_at=JULY + timedelta(weeks=weeks))

    _zoom, turns = turns_of(public(), step=Step.WEEK, zoom=16)

    assert [turn.first for turn in turns] == [date(2025, 7, 7), date(2025, 7, 28)]
    assert [sum(spot.count for spot in turn.spots) for turn in turns] == [2, 1]


@pytest.mark.parametrize(
    ("days", "step"), [(0, Step.DAY), (45, Step.DAY), (46, Step.WEEK), (900, "month")]
)
def test_a_time_is_told_in_some_dozens_of_turns(days, step):
    first = date(2025, 1, 1)

    assert step_for(first, first + timedelta(days=days)) == step


@pytest.mark.parametrize(
    ("step", "on", "following"),
    [
        (Step.MONTH, date(2024, 12, 1), date(2025, 1, 1)),
        (Step.MONTH, date(2025, 1, 1), date(2025, 2, 1)),
        (Step.WEEK, date(2025, 7, 7), date(2025, 7, 14)),
        (Step.DAY, date(2025, 2, 28), date(2025, 3, 1)),
    ],
)
def test_one_turn_follows_the_other(step, on, following):
    assert after(on, step) == following
    assert Turn(first=following, spots=()).first > on


def test_every_ward_is_there_and_what_lies_in_none_is_counted(wards):
    ReportFactory.create_batch(2, place=wards["a"])
    ReportFactory.create(place=wards["a"], status="resolved")
    ReportFactory.create(point=None)

    found = by_ward(public(), on=date(2025, 7, 9))

    counted = {ward.code: (ward.received, ward.open) for ward in found.wards}
    assert counted == {"a": (3, 2), "b": (0, 0)}
    assert (found.received, found.open, found.placeless, found.pointless) == (
        4,
        3,
        1,
        1,
    )
    assert (found.first, found.last) == (date(2025, 7, 9), date(2025, 7, 9))


def test_a_ward_is_measured_over_the_ground(wards):
    ReportFactory.create(place=wards["a"])

    (ward,) = [
        each for each in by_ward(public(), on=date(2025, 7, 9)).wards if each.open
    ]

    assert Place.objects.get(code="a").boundaries.get().shape.area == pytest.approx(
        ward.km2 / (109.4 * 110.6), rel=0.01
    )
    assert ward.density == pytest.approx(1 / ward.km2)


@pytest.mark.parametrize(
    ("densities", "numbers"),
    [([], []), ([3.0], [5]), ([1.0, 1.0, 1.0], [5]), ([1.0, 9.0], [4, 5])],
)
def test_where_wards_are_few_they_have_the_dark_tones(densities, numbers):
    assert [tone.number for tone in tones_of(densities)] == numbers


def test_five_tones_part_the_wards_at_round_numbers_without_a_gap():
    tones = tones_of([n * 1.2345 for n in range(1, 101)])

    assert [tone.number for tone in tones] == [1, 2, 3, 4, 5]
    assert [tone.most for tone in tones[:-1]] == [tone.least for tone in tones[1:]]
    assert tones[0].most == 26


def test_gathering_takes_a_fixed_number_of_statements(wards, django_assert_num_queries):
    ReportFactory.create_batch(3, place=wards["a"])

    with django_assert_num_queries(2):
        by_ward(public(), on=date(2025, 7, 9))
    with django_assert_num_queries(2):
        squares_of(public(), zoom=17)
    with django_assert_num_queries(2):
        turns_of(public(), step=Step.MONTH, zoom=16)
