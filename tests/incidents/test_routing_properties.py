"""What holds of every decision, whatever is asked: tried with hundreds of questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils.timezone import get_current_timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gis_data.models import Place
from incidents.decisions import Doubt, Reason
from incidents.mass_routing import Asked, route_many
from incidents.models import Category
from incidents.routing import route
from tests.factories.town import (
    ADDRESSES,
    DAYS,
    EASTS,
    NORTHS,
    PLATES,
    build_town,
)

pytestmark = pytest.mark.django_db

ANY = settings(
    deadline=None,
    derandomize=True,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CATEGORIES = (
    "HT-TOWN",
    "HT-TOWN.pothole",
    "HT-TOWN.leak",
    "HT-TOWN.lamp",
    "HT-TOWN.noise",
    "HT-SKY",
)
SLIPS = [0, 0, 1e-12, 1e-5, -3e-5, 1e-4, -5e-4]
ASIDE = st.sampled_from(SLIPS) | st.floats(-3e-3, 3e-3)
POINTS = st.none() | st.tuples(
    st.builds(float.__add__, st.sampled_from(EASTS), ASIDE.map(float))
    | st.floats(-180, 180),
    st.builds(float.__add__, st.sampled_from(NORTHS), ASIDE.map(float))
    | st.floats(-90, 90),
)
HOURS = st.integers(0, 23).map(time)


@st.composite
def questions(draw):
    """A question about the town, its category and ward by their codes."""
    day = datetime.combine(draw(st.sampled_from(DAYS)), draw(HOURS))
    return {
        "point": draw(POINTS),
        "category": draw(st.sampled_from(CATEGORIES)),
        "at": day.replace(tzinfo=get_current_timezone()),
        "accuracy": draw(st.sampled_from([0, 5, 5.5, 20]) | st.floats(0, 500)),
        "ward": draw(st.sampled_from(["", "", "a", "b", "c"])),
        "address": draw(st.sampled_from(ADDRESSES)),
        "asset": draw(st.sampled_from(PLATES)),
    }


def asked(question, number=0):
    """The question as the town of today's database can be asked."""
    ward = Place.objects.filter(kind__code="ward", code=question["ward"]).first()
    return Asked(
        number=number,
        point=question["point"],
        category_id=Category.objects.get(code=question["category"]).pk,
        at=question["at"],
        accuracy=question["accuracy"],
        ward_id=ward and ward.pk,
        address=question["address"],
        asset=question["asset"],
    )


def answered(question):
    given = asked(question)
    return route(
        Point(*given.point, srid=4326) if given.point else None,
        Category.objects.get(pk=given.category_id),
        given.at,
        accuracy=given.accuracy,
        ward_id=given.ward_id,
        address=given.address,
        asset=given.asset,
    )


def said(decision):
    """All that a decision says, without the numbers that rows happen to have."""
    return {
        "reason": decision.reason,
        "unit": decision.organisation and decision.organisation.code,
        "doubts": decision.doubts,
        "basis": decision.basis,
        "legal_basis": decision.legal_basis,
        "explanation": str(decision.explanation),
        "areas": decision.areas,
        "claims": [(each.unit.code, each.legal_basis) for each in decision.weighed],
        "set_aside": [each.legal_basis for each in decision.set_aside],
        "things": [each.code for each in decision.surroundings.things],
    }


@pytest.fixture
def town(db):
    build_town()


@ANY
@given(question=questions())
def test_every_question_has_one_reason_and_what_follows_from_it(town, question):
    decision = answered(question)

    assert decision.reason in Reason
    assert (decision.organisation is None) == (decision.reason is not Reason.SETTLED)
    assert bool(decision.claims) == (
        decision.reason in (Reason.SETTLED, Reason.CONTESTED)
    )
    assert set(decision.doubts) <= set(Doubt.values)
    assert len(decision.doubts) == len(set(decision.doubts))
    assert {each.responsibility for each in decision.weighed} <= {
        each.responsibility for each in decision.rules
    }
    assert str(decision.explanation)


@settings(ANY, max_examples=100)
@given(question=questions())
def test_the_same_question_has_the_same_answer(town, question):
    first, again = answered(question), answered(question)

    assert first == again
    assert said(first) == said(again)


@settings(ANY, max_examples=100)
@given(question=questions())
def test_an_answer_writes_nothing(town, question):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")

        answered(question)
        list(route_many([asked(question)]))

        transaction.set_rollback(True)


@settings(ANY, max_examples=60)
@given(several=st.lists(questions(), min_size=1, max_size=12))
def test_many_at_once_are_answered_as_each_alone(town, several):
    found = list(route_many(asked(each, number) for number, each in enumerate(several)))

    assert [number for number, _ in found] == list(range(len(several)))
    for question, (_, decision) in zip(several, found, strict=True):
        alone = replace(answered(question), is_repeated_point=False)
        assert decision == alone
        assert said(decision) == said(alone)


@settings(ANY, max_examples=12, phases=[Phase.explicit, Phase.generate])
@given(
    several=st.lists(questions(), min_size=40, max_size=40), seed=st.integers(1, 10**6)
)
def test_in_which_order_things_were_written_down_changes_nothing(db, several, seed):
    answers = []
    for order in (0, seed):
        with transaction.atomic():
            build_town(seed=order)
            answers.append([said(answered(each)) for each in several])
            transaction.set_rollback(True)

    assert answers[0] == answers[1]


@pytest.mark.parametrize("count", [1, 60])
def test_many_take_no_more_statements_than_one(town, count, django_assert_num_queries):
    noon = datetime(2026, 9, 1, 5, tzinfo=UTC)
    pothole = Category.objects.get(code="HT-TOWN.pothole").pk
    asked = [
        Asked(
            number=number,
            point=(106.7 + number * 1e-5, 10.8),
            category_id=pothole,
            at=noon,
        )
        for number in range(count)
    ]

    with django_assert_num_queries(11):
        list(route_many(asked))


def test_the_town_gives_rise_to_every_reason_and_many_doubts(town):
    noon = datetime(2026, 9, 1, 5, tzinfo=UTC)
    decisions = [
        answered(
            {
                "point": (106.64 + step * 0.0013, 10.8 + step % 3 * 2e-5),
                "category": category,
                "at": noon - timedelta(days=step % 5 * 120),
                "accuracy": step % 4 * 10,
                "ward": "b",
                "address": "",
                "asset": "",
            }
        )
        for step in range(220)
        for category in CATEGORIES
    ]

    assert {each.reason for each in decisions} == set(Reason)
    assert {"asset", "border", "unconfirmed", "ward_differs"} <= {
        doubt for each in decisions for doubt in each.doubts
    }
