from __future__ import annotations

from datetime import date

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.backends.postgresql.psycopg_any import DateRange

from incidents.models import Membership, Organisation, Report, Status, Transfer
from incidents.permissions import Side, actor_of, visible_to
from tests.factories import (
    JULY,
    ContractFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
    UserFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = JULY.date()
UNTIL_JUNE = DateRange(date(2000, 1, 1), date(2025, 7, 1))
FROM_AUGUST = DateRange(date(2025, 8, 1), None)
Role = Membership.Role


def reach(user):
    return set(
        Organisation.objects.filter(pk__in=actor_of(user, on=TODAY).units).values_list(
            "code", flat=True
        )
    )


def test_what_a_person_may_reach_is_read_in_one_statement(django_assert_num_queries):
    department = OrganisationFactory.create()
    for _ in range(3):
        part = OrganisationFactory.create(parent=department)
        OrganisationFactory.create_batch(2, parent=part)
    member = MembershipFactory.create(organisation=department)

    with django_assert_num_queries(1):
        actor = actor_of(member.user, on=TODAY)

    assert len(actor.units) == 10


def test_a_stranger_is_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert actor_of(AnonymousUser(), on=TODAY) is None


def test_an_account_that_was_switched_off_is_nobody():
    member = MembershipFactory.create(user__is_active=False)

    assert actor_of(member.user, on=TODAY) is None


def test_an_account_without_a_role_reaches_nothing():
    actor = actor_of(UserFactory.create(), on=TODAY)

    assert not actor.is_staff
    assert not Report.objects.filter(visible_to(actor)).exists()


def test_a_superuser_without_a_role_is_no_operator():
    actor = actor_of(UserFactory.create(is_superuser=True, is_staff=True), on=TODAY)

    assert not actor.is_desk
    assert not actor.is_staff


def test_who_works_for_a_department_reaches_all_below_it_and_nothing_beside():
    department = OrganisationFactory.create(code="department")
    centre = OrganisationFactory.create(code="centre", parent=department)
    OrganisationFactory.create(code="crew", parent=centre)
    OrganisationFactory.create(code="beside")

    above = MembershipFactory.create(organisation=department).user
    inside = MembershipFactory.create(organisation=centre).user

    assert reach(above) == {"department", "centre", "crew"}
    assert reach(inside) == {"centre", "crew"}


def test_a_contract_counts_as_parentage_while_it_is_in_force():
    owner = OrganisationFactory.create(code="owner")
    for code, validity in [
        ("now", DateRange(date(2025, 1, 1), None)),
        ("past", UNTIL_JUNE),
        ("to-come", FROM_AUGUST),
    ]:
        contractor = OrganisationFactory.create(code=code)
        OrganisationFactory.create(code=f"crew-{code}", parent=contractor)
        ContractFactory.create(owner=owner, contractor=contractor, validity=validity)

    member = MembershipFactory.create(organisation=owner)

    assert reach(member.user) == {"owner", "now", "crew-now"}


def test_a_contractor_does_not_reach_its_owner():
    owner, contractor = OrganisationFactory.create_batch(2)
    ContractFactory.create(owner=owner, contractor=contractor)

    member = MembershipFactory.create(organisation=contractor)

    assert reach(member.user) == {contractor.code}


def test_two_who_contract_each_other_are_no_endless_loop():
    one, other = OrganisationFactory.create_batch(2)
    ContractFactory.create(owner=one, contractor=other)
    ContractFactory.create(owner=other, contractor=one)

    member = MembershipFactory.create(organisation=one)

    assert reach(member.user) == {one.code, other.code}


@pytest.mark.parametrize("validity", [UNTIL_JUNE, FROM_AUGUST])
def test_a_role_counts_on_its_own_days_only(validity):
    member = MembershipFactory.create(validity=validity)

    assert reach(member.user) == set()
    assert not actor_of(member.user, on=TODAY).is_staff


def test_a_part_that_is_no_more_is_not_reached():
    department = OrganisationFactory.create()
    OrganisationFactory.create(parent=department, validity=UNTIL_JUNE)

    member = MembershipFactory.create(organisation=department)

    assert reach(member.user) == {department.code}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SHIFT_LEAD])
def test_the_desk_is_only_where_the_portal_is_run(role):
    ward = OrganisationFactory.create(type=Organisation.Type.WARD)

    assert not somebody(role, ward).is_desk
    assert operator().is_desk


def test_each_sees_what_they_have_or_had_in_hand_and_once():
    ours, theirs = OrganisationFactory.create_batch(2)
    held = ReportFactory.create(status=Status.TRANSFERRED, organisation=ours)
    sent_back = ReportFactory.create(status=Status.RETURNED)
    for _ in range(3):
        Transfer.objects.create(report=sent_back, sender=ours, reason="No", at=JULY)
        Transfer.objects.create(report=held, sender=ours, reason="No", at=JULY)
    ReportFactory.create(status=Status.TRANSFERRED, organisation=theirs)
    ReportFactory.create(status=Status.RECEIVED)

    seen = Report.objects.filter(visible_to(focal_point(ours))).order_by("pk")

    assert list(seen) == [held, sent_back]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.CITY_LEADER])
def test_auditors_and_leaders_of_the_city_see_all_and_act_on_nothing(role):
    ReportFactory.create(status=Status.RECEIVED)
    case = ReportFactory.create(status=Status.TRANSFERRED)

    watcher = somebody(role)

    assert Report.objects.filter(visible_to(watcher)).count() == 2
    assert watcher.sides(case) == frozenset()
    assert watcher.is_staff


def test_the_sides_one_may_take_depend_on_the_case():
    ours = OrganisationFactory.create()
    case = ReportFactory.create(status=Status.AWAITING, organisation=ours)
    elsewhere = ReportFactory.create(status=Status.AWAITING)

    leader = somebody(Role.LEADER, ours)

    assert leader.sides(case) == {Side.UNIT, Side.APPROVER, Side.LEADER}
    assert leader.sides(elsewhere) == frozenset()
    assert focal_point(ours).sides(case) == {Side.UNIT}
    assert operator().sides(case) == {Side.DESK}


def test_a_leader_above_approves_for_the_parts_below():
    above = OrganisationFactory.create()
    below = OrganisationFactory.create(parent=above)
    case = ReportFactory.create(status=Status.AWAITING, organisation=below)

    assert Side.APPROVER in somebody(Role.LEADER, above).sides(case)


def test_a_case_without_a_unit_is_nobody_s_but_the_desk_s():
    case = ReportFactory.create(status=Status.RECEIVED)

    assert focal_point(OrganisationFactory.create()).sides(case) == frozenset()


def test_a_role_for_one_place_reaches_that_place_alone():
    here, elsewhere = PlaceFactory.create_batch(2)
    unit = OrganisationFactory.create()
    member = MembershipFactory.create(
        organisation=unit, role=Role.FIELD_OFFICER, place=here
    )
    mine, other = (
        ReportFactory.create(
            organisation=unit, place=place, status=Status.TRANSFERRED, accepted_at=JULY
        )
        for place in (here, elsewhere)
    )

    actor = actor_of(member.user, on=TODAY)

    assert list(Report.objects.filter(visible_to(actor))) == [mine]
    assert Side.UNIT in actor.sides(mine)
    assert actor.sides(other) == frozenset()


def test_a_second_role_for_the_whole_unit_lifts_the_bound():
    unit, here = OrganisationFactory.create(), PlaceFactory.create()
    user = UserFactory.create()
    MembershipFactory.create(
        user=user, organisation=unit, role=Role.FIELD_OFFICER, place=here
    )
    MembershipFactory.create(user=user, organisation=unit, role=Role.FOCAL_POINT)
    elsewhere = ReportFactory.create(
        organisation=unit, status=Status.TRANSFERRED, accepted_at=JULY
    )

    actor = actor_of(user, on=TODAY)

    assert Side.UNIT in actor.sides(elsewhere)
    assert list(Report.objects.filter(visible_to(actor))) == [elsewhere]
