from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from incidents import arbitrating, handover, work
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.media import look_into
from incidents.models import (
    Arbitration,
    Membership,
    Notice,
    Organisation,
    Report,
    Status,
    Transfer,
)
from incidents.objections import ArbiterDecided, PassedAround, WaitsForArbiter
from incidents.staff_notices import who_hears
from tests.factories import (
    JULY,
    CaseFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    picture,
    somebody,
)

pytestmark = pytest.mark.django_db

#: In the middle of the night, when no working time runs.
NIGHT = JULY + timedelta(hours=16)


@pytest.fixture
def units():
    return OrganisationFactory.create_batch(3)


@pytest.fixture
def case(units):
    return CaseFactory.create(status=Status.TRANSFERRED, organisation=units[0])


@pytest.fixture
def lead():
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    return somebody(Membership.Role.SHIFT_LEAD, desk)


def give_back(case, *, at=JULY, **said):
    said = {"text": "Không phải của chúng tôi"} | said
    reason = ReturnReasonFactory.create()
    by = focal_point(case.organisation)
    return handover.send_back(case, by=by, at=at, reason=reason, **said)


def send(case, to, *, by=None, at=JULY):
    by = by or operator()
    return handover.transfer(case, to=to, by=by, at=at, reason="Theo địa bàn")


def passed_around(case, units):
    """One unit returned it, another had it next and returned it too."""
    return give_back(send(give_back(case), units[1]), at=NIGHT)


def test_a_return_has_a_reason_of_the_city_and_something_that_shows_it(case):
    by, reason = focal_point(case.organisation), ReturnReasonFactory.create()
    for said, field in [
        ({"reason": None, "text": "Không phải"}, "return_reason"),
        ({"reason": reason, "text": " "}, "text"),
    ]:
        with pytest.raises(Missing) as refused:
            handover.send_back(case, by=by, at=JULY, **said)
        assert refused.value.field == field

    photo = look_into([picture()])
    back = handover.send_back(case, by=by, at=JULY, reason=reason, uploads=photo)

    row = back.transfers.latest("pk")
    assert (row.sender, row.organisation) == (by_unit(by), None)
    assert row.return_reason == reason
    assert row.event.attachments.get().is_told is False


def by_unit(actor):
    return actor.user.memberships.get().organisation


def test_the_database_keeps_no_return_of_a_person_without_a_reason(case):
    with (
        pytest.raises(IntegrityError, match="has_a_reason_of_the_city"),
        transaction.atomic(),
    ):
        Transfer.objects.create(
            report=case,
            sender=case.organisation,
            by=operator().user,
            reason="No",
            at=JULY,
        )


def test_one_return_is_for_the_operators_to_answer(case, units):
    back = give_back(case)

    assert not back.awaits_arbiter
    assert send(back, units[1]).organisation == units[1]


def test_after_two_hops_the_shift_lead_has_an_hour_of_the_clock(case, units, lead):
    back = passed_around(case, units)

    assert back.awaits_arbiter
    waiting = Arbitration.objects.get()
    assert (waiting.asked_at, waiting.due_at) == (NIGHT, NIGHT + timedelta(hours=1))
    event = back.events.latest("sequence")
    assert (event.code, event.visibility) == ("arbiter_asked", "staff")
    lead.user.email = "lead@example.org"
    lead.user.save()
    assert who_hears(event, at=NIGHT) == [lead.user]
    assert broken_at(back) is None


def test_nobody_moves_it_meanwhile_but_the_arbiter(case, units):
    back, desk = passed_around(case, units), operator()
    reason = RefusalReasonFactory.create()

    with pytest.raises(WaitsForArbiter):
        send(back, units[2], by=desk)
    with pytest.raises(WaitsForArbiter):
        handover.refuse(back, by=desk, at=NIGHT, reason=reason, text="Không")
    with pytest.raises(NotAllowed):
        arbitrating.arbitrate(back, to=units[2], by=desk, at=NIGHT, text="Của họ")

    assert Report.objects.get(pk=case.pk).status == Status.RETURNED


def test_the_arbiter_names_the_unit_and_the_reporter_is_told_as_of_any_transfer(
    case, units, lead
):
    back = passed_around(case, units)

    given = arbitrating.arbitrate(
        back, to=units[2], by=lead, at=NIGHT, text="Theo Quyết định 12"
    )

    assert (given.status, given.organisation) == (Status.TRANSFERRED, units[2])
    assert (given.awaits_arbiter, given.is_arbitrated) == (False, True)
    decided = Arbitration.objects.get()
    assert (decided.organisation, decided.decided_by) == (units[2], lead.user)
    assert not decided.was_late(at=NIGHT)
    row = given.transfers.latest("pk")
    assert (row.is_final, row.corrects) == (True, units[1])
    told = Notice.objects.filter(event__report=case, event__code="transferred")
    assert told.count() == 2
    assert broken_at(given) is None


def test_a_decision_after_the_hour_is_late(case, units, lead):
    back = passed_around(case, units)
    late = NIGHT + timedelta(minutes=61)
    assert Arbitration.objects.get().was_late(at=late)

    arbitrating.arbitrate(back, to=units[2], by=lead, at=late, text="Theo địa bàn")

    assert Arbitration.objects.get().was_late(at=NIGHT)


def test_the_named_unit_cannot_return_it_without_the_shift_lead(case, units, lead):
    back = passed_around(case, units)
    given = arbitrating.arbitrate(back, to=units[2], by=lead, at=NIGHT, text="Của họ")
    unit, reason = focal_point(units[2]), ReturnReasonFactory.create()

    with pytest.raises(ArbiterDecided):
        handover.send_back(given, by=unit, at=NIGHT, reason=reason, text="Không")
    with pytest.raises(ArbiterDecided):
        send(given, units[0])
    asked = arbitrating.ask_arbiter(given, by=unit, at=NIGHT, text="Có biên bản mới")
    with pytest.raises(WaitsForArbiter):
        handover.send_back(asked, by=unit, at=NIGHT, reason=reason, text="Không")
    again = arbitrating.arbitrate(
        asked, to=units[0], by=lead, at=NIGHT, text="Theo biên bản"
    )

    assert (again.organisation, again.is_arbitrated) == (units[0], True)
    assert Arbitration.objects.count() == 2


def test_a_unit_whose_appeal_is_turned_down_goes_on_by_the_same_clock(
    case, units, lead
):
    back = passed_around(case, units)
    given = arbitrating.arbitrate(back, to=units[2], by=lead, at=NIGHT, text="Của họ")
    unit = focal_point(units[2])
    started = work.start(given, by=unit, at=NIGHT)
    due = started.clocks.get(party="unit", stopped_at=None).due_at
    later = NIGHT + timedelta(minutes=30)
    arbitrating.ask_arbiter(started, by=unit, at=later, text="Không phải")

    kept = arbitrating.arbitrate(
        started, to=units[2], by=lead, at=later, text="Vẫn vậy"
    )

    assert (kept.status, kept.organisation) == (Status.IN_PROGRESS, units[2])
    assert kept.clocks.get(party="unit", stopped_at=None).due_at == due


def test_back_to_a_unit_that_gave_it_to_another_is_for_the_arbiter(case, units, lead):
    """From A to B by an operator's hand, and then to A again."""
    desk = operator()
    moved = send(case, units[1], by=desk)

    with pytest.raises(PassedAround):
        send(moved, units[0], by=desk)
    asked = arbitrating.ask_arbiter(moved, by=desk, at=JULY, text="Không ai nhận")
    decided = arbitrating.arbitrate(asked, to=units[0], by=lead, at=JULY, text="Của A")

    assert decided.organisation == units[0]


def test_an_operator_does_not_pass_a_case_on_for_a_third_time(case, units):
    desk = operator()
    moved = send(send(case, units[1], by=desk), units[2], by=desk)

    with pytest.raises(PassedAround):
        send(moved, OrganisationFactory.create(), by=desk)


def test_a_return_that_is_not_accepted_goes_to_the_same_unit_once(case, units):
    again = send(give_back(case), units[0])

    assert again.organisation == units[0]
    assert give_back(again).awaits_arbiter


def test_no_arbiter_is_asked_about_what_no_unit_gave_up(case, lead):
    with pytest.raises(NotNow):
        arbitrating.ask_arbiter(case, by=operator(), at=JULY, text="Không rõ")
    with pytest.raises(NotNow):
        arbitrating.arbitrate(
            case, to=case.organisation, by=lead, at=JULY, text="Không rõ"
        )


def test_the_database_lets_nobody_but_the_arbiter_transfer_after_two_hops(case, units):
    back = passed_around(case, units)
    row = {"report": back, "organisation": units[2], "by": operator().user, "at": NIGHT}

    with (
        pytest.raises(IntegrityError, match="After two hops"),
        transaction.atomic(),
    ):
        Transfer.objects.create(**row)

    assert Transfer.objects.create(is_final=True, **row).pk


def test_what_went_over_by_law_is_no_hop(case, units):
    for sender, to in ((units[0], units[1]), (units[1], units[2])):
        Transfer.objects.create(report=case, sender=sender, organisation=to, at=JULY)

    assert not Transfer.objects.hops_of(case).exists()
