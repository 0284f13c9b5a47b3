"""What leaders ask of a unit on a case: given, answered, closed; late is computed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from incidents import handover, staff_notices
from incidents.directives import (
    answer_directive,
    asked_of,
    close_directive,
    direct,
    given_by,
    hand_on,
    may_direct,
)
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.models import Directive, Event, Report, StaffNotice
from tests.factories import (
    JULY,
    CaseFactory,
    ContractFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

LATER = JULY + timedelta(hours=2)
BY_FRIDAY = date(2025, 7, 11)


@pytest.fixture
def above(db):
    return OrganisationFactory.create(type="department")


@pytest.fixture
def case(above):
    unit = OrganisationFactory.create(parent=above)
    return CaseFactory.create(status="in_progress", organisation=unit)


@pytest.fixture
def leader(above):
    return somebody("leader", above)


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def given(case, leader, **said) -> Directive:
    told = {"kind": "direct", "text": "Xử lý ngay", "due_on": BY_FRIDAY} | said
    direct(case, by=leader, at=LATER, **told)
    return Directive.objects.latest("pk")


def test_a_leader_above_directs_a_unit_which_answers_until_the_giver_closes(
    case, leader, unit
):
    asked = given(case, leader)
    assert asked.state(at=LATER) == "open"

    answer_directive(case, directive=asked, by=unit, at=LATER, text="Sáng mai xong")
    asked.refresh_from_db()
    assert asked.state(at=LATER) == "answered"
    close_directive(case, directive=asked, by=leader, at=LATER)

    asked.refresh_from_db()
    assert asked.state(at=LATER) == "closed"
    codes = list(case.events.order_by("sequence").values_list("code", flat=True))
    assert codes[-3:] == ["directed", "directive_answer", "directive_closed"]
    assert asked.given.note.text == "Xử lý ngay"
    assert asked.answer.note.text == "Sáng mai xong"
    assert broken_at(case) is None


def test_without_an_answer_it_is_late_from_the_end_of_its_day(case, leader):
    asked = given(case, leader)

    assert asked.state(at=asked.due_at) == "open"
    assert asked.state(at=asked.due_at + timedelta(seconds=1)) == "late"
    late = Directive.objects.late(at=asked.due_at + timedelta(seconds=1))
    assert list(late) == [asked]


def test_only_staff_read_of_it(case, leader, unit):
    asked = given(case, leader)
    answer_directive(case, directive=asked, by=unit, at=LATER, text="Sẽ xong")

    shown = case.events.filter(code__startswith="direct")
    assert {event.visibility for event in shown} == {"staff"}


@pytest.mark.parametrize("role", ["city_leader", "owner", "grandparent"])
def test_who_stands_above_by_any_way_may_direct(case, above, role):
    top = OrganisationFactory.create(type="city")
    if role == "city_leader":
        who = somebody("city_leader", top)
    elif role == "owner":
        ContractFactory.create(owner=top, contractor=case.organisation)
        who = somebody("leader", top)
    else:
        above.parent = top
        above.save()
        who = somebody("leader", top)

    assert may_direct(who, case, on=LATER.date())
    assert given(case, who).by == who.user


def test_its_own_leader_its_staff_and_other_leaders_may_not(case, unit):
    others = (
        unit,
        somebody("leader", case.organisation),
        somebody("leader", OrganisationFactory.create()),
        operator(),
    )
    for who in others:
        assert not may_direct(who, case, on=LATER.date())
        with pytest.raises(NotAllowed):
            given(case, who)


def test_only_who_gave_it_closes_it(case, leader, above):
    asked = given(case, leader)

    with pytest.raises(NotAllowed):
        close_directive(case, directive=asked, by=somebody("leader", above), at=LATER)


def test_it_is_answered_once_and_by_the_unit(case, leader, unit):
    asked = given(case, leader)
    elsewhere = CaseFactory.create(status="in_progress", organisation=case.organisation)

    with pytest.raises(NotAllowed):
        answer_directive(elsewhere, directive=asked, by=unit, at=LATER, text="Xong")
    answer_directive(case, directive=asked, by=unit, at=LATER, text="Xong")
    with pytest.raises(NotNow):
        answer_directive(case, directive=asked, by=unit, at=LATER, text="Lại")


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "order"}, "kind"),
        ({"text": " "}, "text"),
        ({"due_on": None}, "due_on"),
        ({"due_on": date(2025, 7, 8)}, "due_on"),
        ({"due_on": date(2025, 12, 1)}, "due_on"),
    ],
)
def test_what_a_directive_lacks_is_said_beside_its_field(case, leader, said, field):
    with pytest.raises(Missing) as refused:
        given(case, leader, **said)

    assert refused.value.field == field


def test_the_unit_hears_of_it_and_its_giver_hears_the_answer(case, leader, unit):
    for who in (leader.user, unit.user):
        who.email = f"{who.pk}@unit.example"
        who.save()
    asked = given(case, leader)
    answer_directive(case, directive=asked, by=unit, at=LATER, text="Xong")

    for event in Event.objects.filter(code__in=["directed", "directive_answer"]):
        staff_notices.tell_staff(event.pk, at=LATER)

    owed = {each.event.code: each.user for each in StaffNotice.objects.all()}
    assert owed == {"directed": unit.user, "directive_answer": leader.user}
    letter = staff_notices.compose(StaffNotice.objects.get(event=asked.given))
    assert "11/07/2025" in letter.body
    assert "Xử lý ngay" not in letter.body


def test_giver_and_receiver_find_it_in_their_lists_and_others_do_not(
    case, leader, unit
):
    first = given(case, leader)
    close_directive(case, directive=first, by=leader, at=LATER)
    second = given(case, leader, kind="remind")

    assert list(given_by(leader)) == [second, first]
    assert list(asked_of(unit)) == [second, first]
    assert not asked_of(leader).exists()
    assert not asked_of(focal_point(OrganisationFactory.create())).exists()


def test_what_nobody_answered_ends_with_the_unit_and_its_giver_hears(
    case, leader, unit
):
    leader.user.email = "leader@unit.example"
    leader.user.save()
    Report.objects.filter(pk=case.pk).update(status="transferred")
    first, second = given(case, leader), given(case, leader, kind="remind")
    answer_directive(case, directive=second, by=unit, at=LATER, text="Xong")
    other = OrganisationFactory.create()

    handover.transfer(case, to=other, by=operator(), at=LATER, reason="Theo địa bàn")

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state(at=LATER), second.state(at=LATER)) == ("closed", "answered")
    event = Event.objects.get(code="directive_lapsed")
    assert case.organisation.name in event.label
    staff_notices.tell_staff(event.pk, at=LATER)
    letter = staff_notices.compose(StaffNotice.objects.get(event=event))
    assert StaffNotice.objects.get(event=event).user == leader.user
    assert "Chỉ đạo của bạn đã kết thúc" in letter.subject
    assert broken_at(case) is None


def test_a_return_to_the_desk_ends_it_too(case, leader, unit):
    asked = given(case, leader)
    said = {"reason": ReturnReasonFactory.create(), "text": "Không phải"}

    handover.send_back(case, by=unit, at=LATER, **said)

    asked.refresh_from_db()
    assert asked.closed_at == LATER
    assert broken_at(case) is None


def test_another_unit_does_not_answer_what_was_asked_of_the_former_one(case, leader):
    asked = given(case, leader)
    other = OrganisationFactory.create()
    Report.objects.filter(pk=case.pk).update(organisation=other)

    with pytest.raises(NotAllowed):
        answer_directive(
            case, directive=asked, by=focal_point(other), at=LATER, text="Xong"
        )


def test_who_carries_on_for_a_unit_by_law_answers_what_was_asked_of_it(case, leader):
    asked = given(case, leader)
    heir = OrganisationFactory.create()
    Report.objects.filter(pk=case.pk).update(organisation=heir)

    hand_on([case.pk])

    answer_directive(case, directive=asked, by=focal_point(heir), at=LATER, text="Rồi")
    asked.refresh_from_db()
    assert (asked.organisation, asked.state(at=LATER)) == (heir, "answered")
