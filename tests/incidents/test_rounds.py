"""A round: the urgent first, little way between stops, the same whenever asked."""

from __future__ import annotations

from itertools import pairwise, permutations, product
from math import hypot
from random import Random
from time import process_time

import pytest

from gis_data.geometry import metres_a_degree
from incidents.rounds import Stop, in_good_order

OFFICE = (106.7, 10.8)


def scattered(count, *, seed, urgent=0.3):
    """So many stops over a city of twenty kilometres."""
    draw = Random(seed)  # noqa: S311
    return [
        Stop(
            key=number,
            lon=106.6 + draw.random() * 0.2,
            lat=10.7 + draw.random() * 0.2,
            rank=0 if draw.random() < urgent else 1,
        )
        for number in range(count)
    ]


def length(stops, start=None):
    """The way along the stops, measured here and not by what is tested."""
    points = [(each.lon, each.lat) for each in stops]
    if start:
        points.insert(0, start)
    return sum(
        hypot(
            *((b - a) * m for a, b, m in zip(p, q, metres_a_degree(10.8), strict=True))
        )
        for p, q in pairwise(points)
    )


def shortest(stops, start=None):
    """The shortest of all rounds that go to the urgent ones first."""
    ranks = sorted({each.rank for each in stops})
    groups = [[each for each in stops if each.rank == rank] for rank in ranks]
    every = product(*(permutations(group) for group in groups))
    return min(length([s for group in each for s in group], start) for each in every)


@pytest.mark.parametrize("start", [OFFICE, None], ids=["from the office", "anywhere"])
@pytest.mark.parametrize("seed", range(12))
def test_a_round_of_few_stops_is_within_two_percent_of_the_shortest(seed, start):
    stops = scattered(2 + seed % 6, seed=seed)

    legs = in_good_order(stops, start=start)

    way = length([leg.stop for leg in legs], start)
    assert way <= shortest(stops, start) * 1.02
    assert {leg.stop for leg in legs} == set(stops)


def test_urgent_ones_come_first_however_far_they_are():
    near = [Stop(key=n, lon=106.7 + n / 1e4, lat=10.8, rank=1) for n in range(9)]
    far = Stop(key=99, lon=107.2, lat=10.4, rank=0)

    legs = in_good_order([*near, far], start=OFFICE)

    assert legs[0].stop == far
    assert [leg.stop.rank for leg in legs] == [0] + [1] * 9


def test_a_leg_says_how_far_it_is_over_the_ground():
    stops = [Stop(key=1, lon=106.70, lat=10.80), Stop(key=2, lon=106.70, lat=10.81)]

    first, second = in_good_order(stops, start=(106.70, 10.79))

    assert (first.stop.key, second.stop.key) == (1, 2)
    assert first.metres == pytest.approx(1106, abs=2)
    assert second.metres == pytest.approx(1106, abs=2)


def test_without_a_start_the_first_stop_has_no_way_to_it():
    first, second = in_good_order(scattered(2, seed=1, urgent=0))

    assert first.metres is None
    assert second.metres == pytest.approx(length([first.stop, second.stop]), rel=0.01)


def test_the_same_stops_make_the_same_round_however_they_come_in():
    stops = scattered(40, seed=7)
    shuffled = Random(3).sample(stops, len(stops))  # noqa: S311

    assert in_good_order(stops, start=OFFICE) == in_good_order(shuffled, start=OFFICE)


def test_two_hundred_stops_are_ordered_within_a_second_and_well():
    stops = scattered(200, seed=11, urgent=0.1)

    begun = process_time()
    legs = in_good_order(stops, start=OFFICE)
    took = process_time() - begun

    assert took < 1
    ordered = [leg.stop for leg in legs]
    assert sorted(each.key for each in ordered) == list(range(200))
    # Two hundred stops at random in a square of side a: no round is much under
    # 0.7124 √(200 a²), and the urgent ones cost one more of twenty.
    side = length([Stop(key=0, lon=106.6, lat=10.7), Stop(key=1, lon=106.8, lat=10.7)])
    bound = 0.7124 * side * (20**0.5 + 180**0.5)
    assert length(ordered, OFFICE) < bound * 1.2


def test_nowhere_to_go_is_no_round():
    assert in_good_order([], start=OFFICE) == []
