from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import arbitrating, handover
from incidents.errors import Missing, NotAllowed
from incidents.models import Membership, Organisation, Report, Transfer
from incidents.movements import movements
from incidents.suggestions import dismiss, suggestions
from tests.factories import (
    JULY,
    CaseFactory,
    CategoryFactory,
    OrganisationFactory,
    PlaceFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(hours=3)


@pytest.fixture
def keeper():
    seat = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    return somebody(Membership.Role.ADMINISTRATOR, seat)


@pytest.fixture
def kind():
    return {"category": CategoryFactory.create(), "place": PlaceFactory.create()}


@pytest.fixture
def units():
    return OrganisationFactory.create_batch(3)


def corrected(kind, was, to, *, at=LATER):
    """One unit returned it with a reason, and the operators gave it to another."""
    case = CaseFactory.create(status="transferred", organisation=was, **kind)
    back = give_back(case)
    return handover.transfer(back, to=to, by=operator(), at=at, reason="Theo địa bàn")


def overridden(kind, proposed, to):
    """An operator chose another unit than was proposed."""
    case = CaseFactory.create(status="accepted", **kind)
    known = case.decisions.latest("pk")
    known.pk, known.organisation = None, proposed
    known.save()
    return handover.transfer(case, to=to, by=operator(), at=LATER, reason="Tài sản")


def give_back(case):
    by, reason = focal_point(case.organisation), ReturnReasonFactory.create()
    return handover.send_back(case, by=by, at=LATER, reason=reason, text="Không phải")


def said(found):
    return [(each.corrects, each.organisation, each.count) for each in found]


def test_what_was_corrected_twice_in_one_way_is_suggested(kind, units):
    one, other, third = units
    first = corrected(kind, one, other)
    second = overridden(kind, one, other)
    corrected(kind, one, third)

    (found,) = suggestions(at=LATER)

    assert (found.category, found.place) == (kind["category"], kind["place"])
    assert (found.corrects, found.organisation) == (one, other)
    assert (found.count, found.by_arbiter) == (2, 0)
    assert found.examples == (second.public_id, first.public_id)


def test_the_arbiter_s_word_counts_as_a_correction(kind, units):
    one, other, third = units
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    lead = somebody(Membership.Role.SHIFT_LEAD, desk)
    for _turn in range(2):
        back = give_back(corrected(kind, one, other))
        arbitrating.arbitrate(back, to=third, by=lead, at=LATER, text="Theo hồ sơ")

    (found,) = suggestions(at=LATER)

    assert said([found]) == [(other, third, 2)]
    assert found.by_arbiter == 2


def test_a_correction_that_was_returned_in_its_turn_teaches_nothing(kind, units):
    one, other, _third = units
    for _turn in range(2):
        give_back(corrected(kind, one, other))

    assert suggestions(at=LATER) == []


def test_what_follows_the_proposal_is_no_correction(kind, units):
    for _turn in range(2):
        overridden(kind, units[0], units[0])

    assert not Transfer.objects.exclude(corrects=None).exists()
    assert suggestions(at=LATER) == []


def test_other_wards_and_categories_are_other_suggestions(kind, units):
    one, other, _third = units
    elsewhere = kind | {"place": PlaceFactory.create()}
    nowhere = {"category": kind["category"], "place": None}
    for where in (kind, elsewhere, nowhere):
        corrected(where, one, other)
        corrected(where, one, other)

    found = suggestions(at=LATER)

    assert said(found) == [(one, other, 2)] * 3
    assert {each.place for each in found} == {
        kind["place"],
        elsewhere["place"],
        None,
    }


@pytest.mark.parametrize("has_place", [True, False])
def test_what_is_put_aside_is_offered_again_when_it_happens_again(
    kind, units, keeper, has_place
):
    where = kind if has_place else kind | {"place": None}
    for _turn in range(2):
        corrected(where, *units[:2])
    (found,) = suggestions(at=LATER)
    named = {
        "category": found.category.code,
        "place": str(found.place.pk) if found.place else "",
        "corrects": found.corrects.code,
        "organisation": found.organisation.code,
    }
    with pytest.raises(Missing):
        dismiss(**named, reason=" ", by=keeper, at=LATER)
    with pytest.raises(NotAllowed):
        dismiss(**named, reason="Chỉ một lần", by=operator(), at=LATER)

    dismiss(**named, reason="Chỉ trong đợt mưa", by=keeper, at=LATER)

    assert suggestions(at=LATER) == []
    for _turn in range(2):
        corrected(where, *units[:2], at=LATER + timedelta(days=1))
    assert said(suggestions(at=LATER)) == [(*units[:2], 2)]


def test_what_was_corrected_long_ago_is_not_learnt_from(kind, units):
    for _turn in range(2):
        corrected(kind, *units[:2])

    assert suggestions(at=LATER + timedelta(days=200)) == []


def test_suggestions_cost_the_same_however_many_there_are(
    kind, units, django_assert_num_queries
):
    for turn in range(4):
        there = kind | {"place": PlaceFactory.create()}
        for _again in range(2 + turn):
            corrected(there, *units[:2])

    with django_assert_num_queries(4):
        assert [each.count for each in suggestions(at=LATER)] == [5, 4, 3, 2]


def test_the_matrix_counts_who_gave_to_whom_and_what_came_back(kind, units):
    one, other, third = units
    give_back(corrected(kind, one, other))
    overridden(kind, one, other)
    days = {"since": JULY, "until": JULY + timedelta(days=1)}

    rows = {
        (each.giver, each.taker): (each.count, each.returned)
        for each in movements(**days)
    }

    assert rows == {(one, other): (1, 1), (None, other): (1, 0)}
    assert movements(**days, units=[third.pk]) == []
    assert [each.giver for each in movements(**days, units=[one.pk])] == [one]
    after = JULY + timedelta(days=1)
    assert movements(since=after, until=after + timedelta(days=1)) == []


def test_a_case_that_goes_on_directly_comes_from_who_had_it(kind, units):
    one, other, _third = units
    case = CaseFactory.create(status="transferred", organisation=one, **kind)
    handover.transfer(case, to=other, by=operator(), at=LATER, reason="Nhầm")

    (found,) = movements(since=JULY, until=JULY + timedelta(days=1))

    assert (found.giver, found.taker, found.count, found.share) == (one, other, 1, 0)
    assert Report.objects.get(pk=case.pk).organisation == other
