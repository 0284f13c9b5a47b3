from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from incidents.contacting import (
    ask_for_contact,
    deny_contact,
    grant_contact,
    open_reporter,
    reachable,
)
from incidents.errors import Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.models import ContactReading, ContactRequest, Event, Membership, Status
from tests.factories import (
    JULY,
    LAN,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db
SOON = JULY + timedelta(hours=1)


@pytest.fixture
def case():
    return CaseFactory.create(
        status=Status.IN_PROGRESS, organisation=OrganisationFactory.create()
    )


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def asked(case, unit, **said):
    return ask_for_contact(case, by=unit, at=JULY, **{"why": "To find the hole"} | said)


def test_a_unit_reaches_nobody_by_itself(case, unit):
    with pytest.raises(NotAllowed):
        open_reporter(case, by=unit, at=JULY, why="To find the hole")

    assert reachable(case, by=unit, at=JULY).may_ask
    assert not ContactReading.objects.exists()


def test_a_contact_is_opened_after_a_grant_and_each_opening_is_kept(case, unit):
    request = grant_contact(asked(case, unit), by=operator(), at=SOON)

    for _ in range(2):
        assert open_reporter(case, by=unit, at=SOON, why=" To find the hole ") == LAN

    readings = ContactReading.objects.values_list("reader", "reason", "at")
    name = unit.user.get_username()
    assert list(readings) == [(name, "To find the hole", SOON)] * 2
    codes = list(case.events.order_by("sequence").values_list("code", flat=True))
    assert codes[1:] == [
        "contact_asked",
        "contact_granted",
        "contact_opened",
        "contact_opened",
    ]
    hidden = case.events.exclude(code="received").values_list("visibility", flat=True)
    assert set(hidden) == {Event.Visibility.STAFF}
    assert request.ends_at == SOON + timedelta(hours=24)
    assert broken_at(case) is None


def test_a_grant_ends_by_itself_and_may_be_asked_for_again(case, unit):
    request = grant_contact(asked(case, unit), by=operator(), at=JULY)

    with pytest.raises(NotAllowed):
        open_reporter(case, by=unit, at=request.ends_at, why="Too late")

    assert reachable(case, by=unit, at=request.ends_at).may_ask
    again = ask_for_contact(case, by=unit, at=request.ends_at, why="Once more")
    assert again.answer == ""


def test_a_grant_is_the_unit_s_that_asked_and_stays_behind_with_it(case, unit):
    grant_contact(asked(case, unit), by=operator(), at=JULY)
    other = OrganisationFactory.create()
    case.organisation = other
    case.save()

    for somebody_ in (unit, focal_point(other)):
        with pytest.raises(NotAllowed):
            open_reporter(case, by=somebody_, at=SOON, why="To find the hole")


def test_who_hid_the_name_is_never_granted_to_a_unit_but_reached_by_the_desk(
    case, unit, settings, monkeypatch
):
    monkeypatch.setitem(settings.CITY.contact, "granted_for", ["normal"])
    case.hides_name = True
    case.save()

    with pytest.raises(NotAllowed):
        asked(case, unit)

    assert not ContactRequest.objects.exists()
    assert open_reporter(case, by=operator(), at=JULY, why="A call") == LAN


@pytest.mark.parametrize(
    ("urgency", "is_public", "answer"),
    [("urgent", True, "granted"), ("urgent", False, ""), ("normal", True, "")],
)
def test_a_rule_of_the_city_grants_at_once_what_is_urgent_and_not_sensitive(
    case, unit, urgency, is_public, answer
):
    case.category.urgency, case.category.is_public = urgency, is_public
    case.category.save()

    request = asked(case, unit)

    assert request.answer == answer
    assert request.answered_by is None
    assert reachable(case, by=unit, at=SOON).opens is (answer == "granted")


def test_a_refusal_says_why_and_opens_nothing(case, unit):
    request = asked(case, unit)
    with pytest.raises(Missing):
        deny_contact(request, by=operator(), at=SOON, text=" ")

    denied = deny_contact(request, by=operator(), at=SOON, text="Write instead")

    assert denied.answer_reason == "Write instead"
    assert not reachable(case, by=unit, at=SOON).opens
    with pytest.raises(NotNow):
        grant_contact(request, by=operator(), at=SOON)


@pytest.mark.parametrize("why", ["", "  "])
def test_nobody_asks_or_opens_without_a_reason(case, unit, why):
    with pytest.raises(Missing):
        asked(case, unit, why=why)
    with pytest.raises(Missing):
        open_reporter(case, by=operator(), at=JULY, why=why)

    assert not ContactRequest.objects.exists()
    assert not ContactReading.objects.exists()


def test_one_question_waits_at_a_time(case, unit):
    asked(case, unit)

    with pytest.raises(NotNow):
        asked(case, focal_point(case.organisation))


@pytest.mark.parametrize("role", ["auditor", "city_leader"])
def test_who_only_watches_asks_for_no_contact_and_opens_none(case, role):
    watcher = somebody(Membership.Role(role))

    with pytest.raises(NotAllowed):
        asked(case, watcher)
    with pytest.raises(NotAllowed):
        open_reporter(case, by=watcher, at=JULY, why="Curious")


def test_a_neighbour_unit_asks_for_no_contact_and_grants_none(case, unit):
    neighbour = focal_point(OrganisationFactory.create())
    request = asked(case, unit)

    with pytest.raises(NotAllowed):
        asked(case, neighbour)
    for nobody in (neighbour, unit):
        with pytest.raises(NotAllowed):
            grant_contact(request, by=nobody, at=SOON)


def test_the_database_lets_nobody_grant_a_contact_to_themselves(case, unit):
    request = asked(case, unit)

    with pytest.raises(IntegrityError, match="to_themselves"), transaction.atomic():
        ContactRequest.objects.filter(pk=request.pk).update(
            answer="granted",
            answered_at=JULY,
            ends_at=SOON,
            answered_by=unit.user,
        )
