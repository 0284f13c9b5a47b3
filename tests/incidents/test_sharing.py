from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from incidents import finding, handover, resolution, sharing, work
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.models import Membership, Report, Status
from incidents.objections import BackToTheDesk
from incidents.permissions import Side, actor_of, officers_of, visible_to
from incidents.worklist import work_of
from tests.factories import (
    JULY,
    CaseFactory,
    ContractFactory,
    OrganisationFactory,
    PlaceFactory,
    ReturnReasonFactory,
    focal_point,
    somebody,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(hours=3)
UNTIL_JUNE = DateRange(date(2000, 1, 1), date(2025, 7, 1))


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="Sở Xây dựng")


@pytest.fixture
def part(unit):
    return OrganisationFactory.create(name="Đội thoát nước", parent=unit)


@pytest.fixture
def case(unit):
    case = CaseFactory.create(status=Status.VERIFYING, organisation=unit)
    by = focal_point(unit)
    return finding.record_verification(case, outcome="true", by=by, at=JULY)


def give(case, to):
    by = focal_point(case.organisation)
    return sharing.share(case, to=to, by=by, at=LATER)


def sees(actor, case):
    return Report.objects.filter(visible_to(actor), pk=case.pk).exists()


def test_a_part_sees_and_works_on_what_is_shared_with_it(case, part, unit):
    crew = focal_point(part)
    assert not sees(crew, case)

    shared = give(case, part)

    assert (shared.subunit, shared.organisation) == (part, unit)
    assert shared.sub_assigned_on == date(2025, 7, 9)
    assert sees(crew, shared)
    assert crew.sides(shared) == {Side.PART}
    assert list(work_of(crew, at=LATER)) == [shared]
    work.note_progress(shared, by=crew, at=LATER, text="Đã đến nơi")
    filed = resolution.file_result(
        shared,
        by=crew,
        at=LATER,
        outcome="fixed",
        text="Đã thay nắp",
        no_photo_because="Trời tối",
    )
    assert filed.status == Status.AWAITING
    assert filed.results.get().organisation == unit
    assert broken_at(filed) is None


def test_the_unit_stays_responsible_and_its_clock_runs_on(case, part, unit):
    before = list(case.clocks.order_by("pk").values())

    shared = give(case, part)

    assert list(shared.clocks.order_by("pk").values()) == before
    crew = focal_point(part)
    with pytest.raises(NotAllowed):
        handover.send_back(
            shared, by=crew, at=LATER, reason=ReturnReasonFactory.create(), text="No"
        )
    with pytest.raises(NotAllowed):
        sharing.share(shared, to=part, by=crew, at=LATER)
    assert not crew.may_ask_for_contact(shared)
    assert Side.UNIT in focal_point(unit).sides(shared)


def test_a_contractor_works_while_its_contract_is_in_force(case, unit):
    now, past = OrganisationFactory.create_batch(2)
    ContractFactory.create(owner=unit, contractor=now)
    ContractFactory.create(owner=unit, contractor=past, validity=UNTIL_JUNE)

    with pytest.raises(BackToTheDesk):
        give(case, past)

    assert give(case, now).subunit == now


def test_anything_else_goes_back_through_the_operators(case, unit):
    above = OrganisationFactory.create()
    type(unit).objects.filter(pk=unit.pk).update(parent=above)
    beside = OrganisationFactory.create(parent=above)
    gone = OrganisationFactory.create(parent=unit, validity=UNTIL_JUNE)

    for other in (above, beside, gone, unit):
        with pytest.raises(BackToTheDesk) as refused:
            give(case, other)
        assert "tổng đài" in str(refused.value)
    with pytest.raises(Missing):
        give(case, None)

    assert Report.objects.get(pk=case.pk).subunit is None


def test_nothing_is_shared_before_it_was_verified(part, unit):
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)

    with pytest.raises(NotNow):
        give(case, part)


def test_the_officers_of_a_shared_case_are_those_of_the_part(case, part, unit):
    crew, own = (somebody(Membership.Role.FIELD_OFFICER, each) for each in (part, unit))
    shared = give(case, part)

    assert list(officers_of(shared, on=JULY.date())) == [crew.user]
    by = focal_point(part)
    assert work.assign(shared, to=crew.user, by=by, at=LATER).assignee == crew.user
    with pytest.raises(Missing):
        work.assign(shared, to=own.user, by=by, at=LATER)
    shared.refresh_from_db()
    assert crew.sides(shared) == {Side.PART}


def test_a_part_for_one_place_sees_what_lies_there(case, part):
    here, elsewhere = PlaceFactory.create_batch(2)
    Report.objects.filter(pk=case.pk).update(current_place=here)
    role = Membership.Role.FIELD_OFFICER
    shared = give(case, part)
    for place, seen in ((here, True), (elsewhere, False)):
        officer = somebody(role, part)
        officer.user.memberships.update(place=place)
        actor = actor_of(officer.user, on=JULY.date())
        assert sees(actor, shared) is seen
        assert (Side.PART in actor.sides(shared)) is seen


@pytest.mark.parametrize("who", ["unit", "part"])
def test_a_part_gives_the_case_back_to_its_unit_or_the_unit_takes_it(
    case, part, unit, who
):
    shared = give(case, part)
    by = focal_point({"unit": unit, "part": part}[who])

    ended = sharing.end_share(shared, by=by, at=LATER, text="Thiếu vật tư")

    assert (ended.subunit, ended.sub_assigned_on) == (None, None)
    assert ended.status == Status.IN_PROGRESS
    assert not sees(focal_point(part), ended)


def test_whoever_has_it_next_begins_anew(case, part):
    shared = give(case, part)
    by = focal_point(case.organisation)

    back = handover.send_back(
        shared, by=by, at=LATER, reason=ReturnReasonFactory.create(), text="Không phải"
    )

    assert (back.subunit, back.verification) == (None, "")
    assert not sees(focal_point(part), back)


def test_the_database_shares_a_case_with_a_part_of_its_unit_alone(case, part):
    stranger = OrganisationFactory.create()
    cases = Report.objects.filter(pk=case.pk)
    on = {"sub_assigned_on": date(2025, 7, 9)}

    refusals = [
        ({"subunit": stranger} | on, "a part of its unit"),
        ({"subunit": case.organisation} | on, "a part of its unit"),
        ({"subunit": part}, "on_a_day_after_it_was_verified|a part of its unit"),
        ({"subunit": part, "verification": ""} | on, "after_it_was_verified"),
    ]
    for change, constraint in refusals:
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            cases.update(**change)
    cases.update(subunit=part, **on)
    with (
        pytest.raises(IntegrityError, match="a part of its unit"),
        transaction.atomic(),
    ):
        cases.update(organisation=stranger)
