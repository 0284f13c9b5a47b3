"""The page of the last week says what its letter says, to who may read figures."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from incidents.leading.figures import Window
from incidents.leading.measuring import measure
from incidents.leading.reading import listed
from incidents.leading.weeks import Week
from incidents.models import Clock, Membership, NoWeeklyLetter, Organisation, Report
from tests.factories import CaseFactory, OrganisationFactory, focal_point, somebody

pytestmark = pytest.mark.django_db

PAGE, DESK = "/lam-viec/ban-tin-tuan", "/lam-viec"


@pytest.fixture
def unit(db):
    """A unit with a case that came in the last week and was late when it ended."""
    unit = OrganisationFactory.create(code="unit-a")
    case = CaseFactory.create(organisation=unit, status="in_progress")
    window = Week.last(at=timezone.now()).window
    Report.objects.filter(pk=case.pk).update(received_at=window.since)
    Clock.objects.filter(report=case).update(
        started_at=window.since, due_at=window.at - (window.at - window.since) / 2
    )
    measure(at=timezone.now())
    return unit


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


def test_its_figures_are_as_many_as_the_dashboard_lists(unit):
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    client = signed_in(somebody(Membership.Role.CITY_LEADER, seat))

    for address in (PAGE, f"{PAGE}?unit=unit-a"):
        answer = client.get(address)
        brief = answer.context["told"].brief
        window = Week.last(at=timezone.now()).window
        assert isinstance(window, Window)
        for key in ("received", "handled", "in_hand", "late"):
            assert brief.total[key] == listed(key, window).count()
        assert brief.total["late"] == 1
        said = answer.content.decode()
        assert "lâu nhất là 4 ngày" in said
        assert "1 trong 1 vụ đang xử lý" in said
        assert 'class="badge is-late">1<' in said


def test_a_unit_reads_its_own_week_and_nobody_else_s(unit):
    OrganisationFactory.create(code="other")
    client = signed_in(focal_point(unit))

    assert client.get(PAGE).context["told"].brief.unit == unit
    for page in (PAGE, f"{PAGE}.pdf"):
        assert client.get(f"{page}?unit=other").status_code == 404
        assert "no-store" in client.get(page)["Cache-Control"]


def test_the_file_is_printed_and_named_for_its_week(unit):
    answer = signed_in(focal_point(unit)).get(f"{PAGE}.pdf")

    assert answer.content.startswith(b"%PDF-")
    name = f"{Week.last(at=timezone.now()).monday:%Y-%m-%d}.pdf"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_who_works_for_one_place_alone_reads_no_week_of_the_unit(unit, ward):
    actor = focal_point(unit)
    Membership.objects.filter(user=actor.user).update(place=ward)

    assert signed_in(actor).get(PAGE)["Location"] == "/lam-viec"


def leading(unit, role=Membership.Role.LEADER):
    """Somebody who leads, and whom a letter reaches."""
    actor = somebody(role, unit)
    actor.user.email = f"{actor.user.username}@unit.example"
    actor.user.save(update_fields=["email"])
    return actor


def switch(client, to):
    return client.post(f"{PAGE}/thu", {"wanted": to}, follow=True)


@pytest.mark.parametrize("role", ["leader", "city_leader"])
def test_who_leads_switches_the_letter_off_and_on_for_themselves_alone(unit, role):
    leader, other = (leading(unit, Membership.Role(role)) for _ in range(2))
    client = signed_in(leader)

    page = client.get(PAGE).content.decode()
    off = switch(client, "0").content.decode()
    again = switch(client, "0").content.decode()
    held = list(NoWeeklyLetter.objects.values_list("user", flat=True))
    on = switch(client, "1").content.decode()

    assert "Tắt thư hằng tuần" in page
    for said in (off, again):
        assert "Nhận lại thư hằng tuần" in said
        assert "Đã tắt" in said
    assert held == [leader.user.pk] != [other.user.pk]
    assert "Đã bật lại" in on
    assert "Tắt thư hằng tuần" in on
    assert not NoWeeklyLetter.objects.exists()


def test_what_says_neither_on_nor_off_and_what_is_forged_changes_nothing(unit):
    leader = leading(unit)
    forging = Client(enforce_csrf_checks=True)
    forging.force_login(leader.user)

    for said in ({}, {"wanted": ""}, {"wanted": "2"}, {"wanted": "00"}):
        answer = signed_in(leader).post(f"{PAGE}/thu", said)
        assert answer["Location"] == PAGE
    assert forging.post(f"{PAGE}/thu", {"wanted": "0"}).status_code == 403
    assert signed_in(leader).get(f"{PAGE}/thu").status_code == 405
    assert not NoWeeklyLetter.objects.exists()


def test_whom_no_letter_is_sent_to_is_offered_no_switch(unit, ward):
    of_a_place = leading(unit)
    Membership.objects.filter(user=of_a_place.user).update(place=ward)
    mute = somebody(Membership.Role.LEADER, unit)

    for actor, way in ((focal_point(unit), PAGE), (mute, PAGE), (of_a_place, DESK)):
        client = signed_in(actor)
        answer = client.post(f"{PAGE}/thu", {"wanted": "0"})
        assert answer["Location"] == way
        assert "hằng tuần" not in client.get(PAGE).content.decode()
    assert not NoWeeklyLetter.objects.exists()


def test_a_week_in_which_nothing_was_says_so():
    page = signed_in(focal_point(OrganisationFactory.create())).get(PAGE)

    assert "Trong tuần không có vụ nào" in page.content.decode()
