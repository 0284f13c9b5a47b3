from __future__ import annotations

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from incidents.errors import Missing, NotAllowed
from incidents.models import PriorityWeights
from incidents.priority import priority_of, read_weights, set_weights
from tests.factories import OrganisationFactory, focal_point, somebody

pytestmark = pytest.mark.django_db

NOW = timezone.now()
OTHERS = {
    "urgent": 9.0,
    "high": 4.0,
    "normal": 1.5,
    "late_day": 0.1,
    "follower": 0.25,
    "repeat": 3.0,
}


@pytest.fixture
def keeper():
    seat = OrganisationFactory.create(type="operator")
    return somebody("administrator", seat)


def test_until_somebody_sets_them_the_weights_are_the_city_s():
    weights, rule = read_weights(), settings.CITY.priority

    assert (weights.urgent, weights.repeat) == (rule.urgent, rule.repeat)
    assert weights.days_at_most == rule.days_at_most


def test_a_score_is_the_sum_of_its_parts_and_each_has_its_end():
    weights = read_weights()

    said = priority_of(
        urgency="high", days_late=4, followers=10_000, repeats=2, weights=weights
    )

    assert {part.name: part.amount for part in said.parts} == {
        "urgency": 1,
        "late": 4,
        "followers": weights.followers_at_most,
        "repeats": 2,
    }
    assert said.score == pytest.approx(
        weights.high
        + 4 * weights.late_day
        + weights.followers_at_most * weights.follower
        + 2 * weights.repeat
    )


@pytest.mark.parametrize(
    ("urgency", "points"),
    [("urgent", 9.0), ("high", 4.0), ("normal", 1.5), ("complex", 1.5)],
)
def test_what_an_administrator_sets_counts_and_stays_with_the_reason(
    keeper, urgency, points
):
    set_weights(weights=OTHERS | {"urgent": 7.0}, why="Thử", by=keeper, at=NOW)
    set_weights(weights=OTHERS, why="Mùa mưa", by=keeper, at=NOW)

    said = priority_of(
        urgency=urgency, days_late=0, followers=0, repeats=0, weights=read_weights()
    )

    assert said.score == points
    kept = PriorityWeights.objects.order_by("pk")
    assert [(each.why, each.urgent) for each in kept] == [
        ("Thử", 7.0),
        ("Mùa mưa", 9.0),
    ]
    assert kept.last().set_by == keeper.user


def test_nobody_else_sets_them():
    with pytest.raises(NotAllowed):
        set_weights(
            weights=OTHERS,
            why="Mine first",
            by=focal_point(OrganisationFactory.create()),
            at=NOW,
        )


@pytest.mark.parametrize(
    ("said", "why", "field"),
    [
        ({"urgent": -1.0}, "x", "urgent"),
        ({"late_day": 1000.0}, "x", "late_day"),
        ({"repeat": float("nan")}, "x", "repeat"),
        ({"repeat": None}, "x", "repeat"),
        ({}, "  ", "why"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(keeper, said, why, field):
    with pytest.raises(Missing) as refused:
        set_weights(weights=OTHERS | said, why=why, by=keeper, at=NOW)

    assert refused.value.field == field
    assert not PriorityWeights.objects.exists()


def test_the_database_keeps_weights_from_taking_away(keeper):
    with pytest.raises(IntegrityError):
        PriorityWeights.objects.create(
            **(OTHERS | {"high": -0.1}), why="x", set_by=keeper.user, set_at=NOW
        )


def test_what_once_weighed_is_neither_changed_nor_taken_away(keeper):
    kept = set_weights(weights=OTHERS, why="Mùa mưa", by=keeper, at=NOW)
    rows = PriorityWeights.objects.filter(pk=kept.pk)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.update(why="Mùa khô")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        rows.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL incidents.emptying = 'off'")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE incidents_priorityweights")

    assert rows.get().why == "Mùa mưa"


def test_not_even_who_clears_the_demo_away_takes_weights_along(keeper):
    set_weights(weights=OTHERS, why="Mùa mưa", by=keeper, at=NOW)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL incidents.clearing = 'on'")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PriorityWeights.objects.all().delete()
