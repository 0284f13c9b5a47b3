"""After a reform people look for a case by the ward it lies in now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from incidents.calls import alike
from incidents.density import density
from incidents.digests import briefs_of
from incidents.filters import ReportFilter
from incidents.models import Event, Membership, Report, StaffNotice
from incidents.permissions import actor_of, visible_to
from incidents.staff_notices import compose, who_hears
from tests.factories import (
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    UserFactory,
    operator,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def before(db):
    """The ward a case came from; there is no such ward any more."""
    return PlaceFactory.create(name="Phường 12")


@pytest.fixture
def now(before):
    """The ward it lies in since."""
    return PlaceFactory.create(name="Phường Xuân Hòa", kind=before.kind)


@pytest.fixture
def unit(db):
    return OrganisationFactory.create(name="UBND phường Xuân Hòa")


@pytest.fixture
def case(before, now, unit):
    return CaseFactory.create(
        status="transferred", organisation=unit, place=before, current_place=now
    )


def works_in(place, unit, **given):
    return MembershipFactory.create(organisation=unit, place=place, **given).user


def test_a_filter_by_ward_asks_where_a_case_lies_now(case, before, now):
    by_now = ReportFilter(places=frozenset({now.pk})).public()
    by_then = ReportFilter(places=frozenset({before.pk})).public()

    assert list(by_now) == [case]
    assert not by_then.exists()


def test_who_works_for_one_ward_sees_what_lies_in_it_now(case, before, now, unit):
    here = actor_of(works_in(now, unit), on=JULY.date())
    there = actor_of(works_in(before, unit), on=JULY.date())

    assert list(Report.objects.filter(visible_to(here))) == [case]
    assert here.sides(case)
    assert not Report.objects.filter(visible_to(there)).exists()
    assert not there.sides(case)


def test_who_works_for_the_ward_of_today_is_told(case, before, now, unit):
    user = UserFactory.create(email="xuan-hoa@example.org", language="vi")
    works_in(now, unit, user=user)
    works_in(before, unit, user=UserFactory.create(email="12@example.org"))
    event = Event(report=case, code=Event.Code.TRANSFERRED, arguments={})

    told = who_hears(event, at=JULY)

    assert told == [user]
    letter = compose(StaffNotice(event=event, user=user, asked_at=JULY))
    assert "Phường Xuân Hòa" in letter.body
    assert "Phường 12" not in letter.body


def test_the_morning_s_letter_counts_by_the_ward_of_today(case, before, now, unit):
    role = Membership.Role.FOCAL_POINT
    here = works_in(now, unit, user=UserFactory(email="a@example.org"), role=role)
    there = works_in(before, unit, user=UserFactory(email="b@example.org"), role=role)

    briefs = briefs_of([here, there], at=JULY + timedelta(days=30))

    assert set(briefs) == {here.pk}
    assert briefs[here.pk].late[0].report.lies_in == now


def test_where_reports_lie_thick_is_named_by_the_ward_of_today(case, now):
    found = density(Report.objects.with_due_date(), at=JULY)

    assert [square.place for square in found.squares] == [now.pk]


def test_a_caller_who_names_a_ward_is_put_beside_what_lies_in_it_now(case, before, now):
    asked = {"category": case.category, "point": None, "at": JULY}

    assert list(alike(**asked, ward=now)) == [case]
    assert not alike(**asked, ward=before).exists()


def test_staff_read_the_ward_of_today_and_the_one_of_that_day(case):
    client = Client()
    client.force_login(operator().user)

    page = client.get(f"/lam-viec/phan-anh/{case.public_id}").content.decode()

    assert "Phường Xuân Hòa" in page
    assert "Phường 12" in page


def test_a_ward_that_was_split_is_still_named_as_it_was(case, before):
    case.current_place = None
    case.save()

    found = Client().get("/api/v1/reports").json()

    assert case.lies_in == before
    assert found["features"][0]["properties"]["ward"] == before.code


def test_strangers_read_the_ward_of_today(case, now):
    found = Client().get(f"/api/v1/reports?ward={now.code}").json()

    assert [each["properties"]["ward"] for each in found["features"]] == [now.code]
