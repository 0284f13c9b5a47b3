"""A case given to one officer: of the unit, or of the part it is shared with."""

from __future__ import annotations

from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from incidents import finding, handover, sharing, work
from incidents.errors import ChangedMeanwhile, Missing, NotAllowed, NotNow
from incidents.history import broken_at
from incidents.models import Event, Membership, Notice, Report, Status
from incidents.permissions import (
    Side,
    actor_of,
    colleagues_of,
    officers_of,
    visible_to,
)
from tests.factories import (
    JULY,
    CaseFactory,
    ContractFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

TODAY = JULY.date()
UNTIL_JUNE = DateRange(date(2000, 1, 1), date(2025, 7, 1))
Role = Membership.Role


@pytest.fixture
def case():
    return CaseFactory.create(status=Status.TRANSFERRED)


@pytest.fixture
def unit(case):
    return focal_point(case.organisation)


def member(organisation, **held):
    return MembershipFactory.create(organisation=organisation, **held).user


def test_a_case_is_given_to_an_officer_and_the_history_names_nobody(case, unit):
    officer = member(case.organisation, role=Role.FIELD_OFFICER)

    assigned = work.assign(case, to=officer, by=unit, at=JULY)

    assert (assigned.assignee, assigned.status) == (officer, Status.TRANSFERRED)
    event = assigned.events.latest("sequence")
    assert (event.code, event.visibility) == ("assigned", Event.Visibility.STAFF)
    assert event.arguments == {"officer": str(officer.pk)}
    assert not Notice.objects.exists()
    assert broken_at(assigned) is None


def test_officers_of_a_part_or_a_contractor_have_a_case_once_it_is_shared(case, unit):
    part = OrganisationFactory.create(parent=case.organisation)
    contractor = OrganisationFactory.create(type="contractor")
    ContractFactory.create(owner=part, contractor=contractor)

    for place in (part, contractor):
        officer = somebody(Role.FIELD_OFFICER, place)
        with pytest.raises(Missing):
            work.assign(case, to=officer.user, by=unit, at=JULY)
        assert officer.sides(Report.objects.get(pk=case.pk)) == frozenset()
    share(case, part, by=unit)
    given = work.assign(case, to=officer.user, by=unit, at=JULY)
    assert officer.sides(given) == {Side.PART}


def share(case, part, *, by):
    """Let a part work on a case that was found to be as reported."""
    work.acknowledge(case, by=by, at=JULY)
    finding.record_verification(case, outcome="true", by=by, at=JULY)
    sharing.share(case, to=part, by=by, at=JULY)


def test_nobody_else_is_given_a_case(case, unit):
    parent = OrganisationFactory.create()
    type(parent).objects.filter(pk=case.organisation_id).update(parent=parent)
    own = case.organisation
    strangers = [
        member(OrganisationFactory.create()),
        member(parent),
        member(own, validity=UNTIL_JUNE),
        member(own, role=Role.ADMINISTRATOR),
        member(own, user__is_active=False),
        operator().user,
        None,
    ]

    for each in strangers:
        with pytest.raises(Missing) as refused:
            work.assign(case, to=each, by=unit, at=JULY)
        assert refused.value.field == "assignee"
    case.refresh_from_db()
    assert (case.assignee, case.version) == (None, 1)


def test_only_who_works_on_a_case_gives_it_away_and_as_it_was_seen(case, unit):
    officer = member(case.organisation)

    for stranger in (operator(), focal_point(OrganisationFactory.create())):
        with pytest.raises(NotAllowed):
            work.assign(case, to=officer, by=stranger, at=JULY)
    with pytest.raises(ChangedMeanwhile):
        work.assign(case, to=officer, by=unit, at=JULY, version=7)
    Report.objects.update(status=Status.RESOLVED, resolved_at=JULY)
    with pytest.raises(NotNow):
        work.assign(case, to=officer, by=unit, at=JULY)


def test_who_was_given_a_case_sees_it_and_works_on_it(case, unit):
    part = OrganisationFactory.create(parent=case.organisation)
    officer = somebody(Role.FIELD_OFFICER, part)
    assert not Report.objects.filter(visible_to(officer)).exists()
    share(case, part, by=unit)

    work.assign(case, to=officer.user, by=unit, at=JULY)

    case.refresh_from_db()
    assert Report.objects.filter(visible_to(officer)).get() == case
    assert officer.sides(case) == {Side.PART}
    noted = work.note_progress(case, by=officer, at=JULY, text="Đã đến nơi")
    assert noted.status == Status.IN_PROGRESS


def test_who_was_given_a_case_outside_their_place_works_on_it(case, unit):
    officer = member(case.organisation, role=Role.FIELD_OFFICER, place=PlaceFactory())

    work.assign(case, to=officer, by=unit, at=JULY)

    case.refresh_from_db()
    assert actor_of(officer, on=TODAY).sides(case) == {Side.UNIT}


def test_who_left_works_no_more_on_what_was_theirs(case, unit):
    officer = member(case.organisation)
    work.assign(case, to=officer, by=unit, at=JULY)

    Membership.objects.filter(user=officer).update(validity=UNTIL_JUNE)

    case.refresh_from_db()
    gone = actor_of(officer, on=TODAY)
    assert not Report.objects.filter(visible_to(gone)).exists()
    assert gone.sides(case) == frozenset()


def test_a_case_that_goes_to_another_unit_is_nobody_s(case, unit):
    officer = member(case.organisation)
    work.assign(case, to=officer, by=unit, at=JULY)
    elsewhere = OrganisationFactory.create()

    moved = handover.transfer(case, to=elsewhere, by=operator(), at=JULY, reason="So")

    assert moved.assignee is None
    assert not Report.objects.filter(visible_to(actor_of(officer, on=TODAY))).filter(
        assignee=officer
    )


def test_who_may_be_chosen_is_read_in_one_statement(
    case, unit, django_assert_num_queries
):
    own = member(case.organisation)
    member(OrganisationFactory.create(parent=case.organisation))
    member(OrganisationFactory.create())

    with django_assert_num_queries(1):
        officers = list(officers_of(case, on=TODAY))
    with django_assert_num_queries(1):
        colleagues = list(colleagues_of(unit, on=TODAY))

    assert set(officers) == {own, unit.user}
    assert set(colleagues) == {own, unit.user}


@pytest.mark.parametrize(
    "now", [{"status": "in_progress"}, {"status": "resolved", "resolved_at": JULY}]
)
def test_an_officer_who_went_to_another_unit_reaches_the_cases_of_the_first_no_more(
    case, now
):
    officer = member(case.organisation, role=Role.FIELD_OFFICER, validity=UNTIL_JUNE)
    member(OrganisationFactory.create(), role=Role.FIELD_OFFICER, user=officer)
    Report.objects.update(assignee=officer, **now)
    case.refresh_from_db()
    actor = actor_of(officer, on=TODAY)

    assert actor.sides(case) == frozenset()
    assert not actor.may_ask_for_contact(case)
    assert not Report.objects.filter(visible_to(actor)).exists()


def test_who_works_for_a_part_or_a_contractor_reaches_what_the_whole_gave_them(case):
    part = OrganisationFactory.create(parent=case.organisation)
    contractor = OrganisationFactory.create()
    ContractFactory.create(owner=part, contractor=contractor)
    for unit in (part, contractor):
        officer = member(unit, role=Role.FIELD_OFFICER)
        Report.objects.update(assignee=officer)
        case.refresh_from_db()
        actor = actor_of(officer, on=TODAY)

        assert actor.sides(case) == {Side.UNIT}
        assert Report.objects.filter(visible_to(actor)).exists()
