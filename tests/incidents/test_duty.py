from __future__ import annotations

from datetime import timedelta

import pytest

from incidents.duty import colleagues, on_duty, put_on_duty, roster, take_off_duty
from incidents.errors import AlreadyOnDuty, Missing, NotAllowed
from incidents.models import Duty, Membership
from tests.factories import (
    JULY,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    somebody,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="UBND phường A")


@pytest.fixture
def keeper(unit):
    return focal_point(unit)


@pytest.fixture
def colleague(unit):
    return MembershipFactory.create(
        organisation=unit,
        role=Membership.Role.FIELD_OFFICER,
        user__last_name="Trần",
        user__first_name="Mai",
    ).user


def put(unit, user, keeper, *, begins=1, ends=9, at=JULY):
    since, until = (
        None if each is None else JULY + each * HOUR for each in (begins, ends)
    )
    return put_on_duty(unit, user, since=since, until=until, by=keeper, at=at)


def test_a_colleague_is_on_duty_from_the_first_moment_until_before_the_last(
    unit, keeper, colleague
):
    duty = put(unit, colleague, keeper)

    units = frozenset({unit.pk})
    assert not on_duty(units, at=JULY).exists()
    assert list(on_duty(units, at=JULY + HOUR)) == [duty]
    assert list(on_duty(units, at=JULY + 8.9 * HOUR)) == [duty]
    assert not on_duty(units, at=JULY + 9 * HOUR).exists()


def test_nobody_stands_twice_on_a_roster_at_one_time(unit, keeper, colleague):
    put(unit, colleague, keeper)

    with pytest.raises(AlreadyOnDuty, match=r"11:00 09/07.*19:00 09/07"):
        put(unit, colleague, keeper, begins=8, ends=12)

    assert Duty.objects.count() == 1
    assert put(unit, colleague, keeper, begins=9, ends=12).pk


def test_two_colleagues_may_be_on_duty_together(unit, keeper, colleague):
    put(unit, colleague, keeper)
    put(unit, keeper.user, keeper)

    assert on_duty(frozenset({unit.pk}), at=JULY + 2 * HOUR).count() == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"begins": None}, "since"),
        ({"ends": None}, "until"),
        ({"begins": 9, "ends": 9}, "until"),
        ({"begins": -9, "ends": -1}, "until"),
    ],
)
def test_a_duty_without_a_time_to_come_is_refused(
    unit, keeper, colleague, given, field
):
    with pytest.raises(Missing) as refused:
        put(unit, colleague, keeper, **given)

    assert refused.value.field == field
    assert not Duty.objects.exists()


def test_a_stranger_to_the_unit_is_not_put_on_its_roster(unit, keeper):
    for user in (None, UserFactory.create()):
        with pytest.raises(Missing) as refused:
            put(unit, user, keeper)
        assert refused.value.field == "user"


def test_a_roster_is_kept_for_what_stands_below_and_for_nothing_beside(unit, colleague):
    below = OrganisationFactory.create(parent=unit)
    crew = MembershipFactory.create(organisation=below).user

    assert put(below, crew, focal_point(unit)).organisation == below
    with pytest.raises(NotAllowed):
        put(unit, colleague, focal_point(OrganisationFactory.create()))
    with pytest.raises(NotAllowed):
        put(unit, colleague, focal_point(below))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("focal_point", True),
        ("leader", True),
        ("administrator", True),
        ("shift_lead", True),
        ("field_officer", False),
        ("auditor", False),
        ("city_leader", False),
    ],
)
def test_who_answers_for_a_unit_or_its_people_keeps_its_roster(
    unit, colleague, role, may
):
    actor = somebody(role, unit)

    if may:
        assert put(unit, colleague, actor).pk
    else:
        with pytest.raises(NotAllowed):
            put(unit, colleague, actor)


def test_a_duty_is_taken_off_by_who_keeps_the_roster(unit, keeper, colleague):
    duty = put(unit, colleague, keeper)

    with pytest.raises(NotAllowed):
        take_off_duty(duty, by=focal_point(OrganisationFactory.create()))
    take_off_duty(duty, by=keeper)

    assert not Duty.objects.exists()


def test_a_roster_shows_what_touches_its_days(unit, keeper, colleague):
    touching = put(unit, colleague, keeper, begins=1, ends=30)
    put(unit, colleague, keeper, begins=100, ends=110)

    shown = roster(frozenset({unit.pk}), since=JULY + 24 * HOUR, until=JULY + 48 * HOUR)

    assert list(shown) == [touching]


def test_who_has_left_is_no_colleague_and_not_on_duty(unit, keeper, colleague):
    put(unit, colleague, keeper)
    colleague.is_active = False
    colleague.save()

    assert colleague not in colleagues(unit.pk, on=JULY.date())
    assert not on_duty(frozenset({unit.pk}), at=JULY + 2 * HOUR).exists()
