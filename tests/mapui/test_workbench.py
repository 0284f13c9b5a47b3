from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from incidents.calls import SEARCHED
from incidents.models import Clock, Membership, Report, Status
from mapui.views.workplaces import AT_HAND, WITH_ROOM
from tests.factories import (
    LAN,
    CaseFactory,
    CategoryFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    somebody,
)

pytestmark = pytest.mark.django_db

Role = Membership.Role
QUEUE, UNIT = "/lam-viec/tong-dai", "/lam-viec/don-vi"


def due(report, *, days):
    """Let both clocks of a case run out so many days from now."""
    at = timezone.now() + timedelta(days=days)
    start = at - timedelta(days=30)
    Clock.objects.filter(report=report).update(started_at=start, due_at=at)


def listed(answer):
    """The ids of the cases on a page, from the top."""
    rows = answer.context["rows"]
    reports = [row.report if hasattr(row, "report") else row[0] for row in rows]
    return [report.public_id for report in reports]


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as ran:
        assert client.get(address).status_code == 200
    return len(ran)


@pytest.mark.parametrize(
    "address",
    ["/lam-viec", QUEUE, UNIT, "/lam-viec/phan-anh/some", "/lam-viec/phan-anh/some/x"],
)
def test_a_stranger_signs_in_first(client, address):
    answer = client.get(address)

    assert answer.status_code == 302
    assert answer.url == f"{reverse('accounts:login')}?next={address}"


def test_who_has_no_role_is_told_what_to_do(client):
    client.force_login(UserFactory.create(username="moi"))

    answer = client.get("/lam-viec")

    assert answer.status_code == 200
    assert "moi" in answer.content.decode()
    assert client.get(QUEUE).url == client.get(UNIT).url == "/lam-viec"


@pytest.mark.parametrize(
    ("role", "kind", "there"),
    [
        (Role.OPERATOR, "operator", QUEUE),
        (Role.FOCAL_POINT, "ward", UNIT),
        (Role.LEADER, "ward", UNIT),
        (Role.CITY_LEADER, "city", f"{QUEUE}?tab=all"),
    ],
)
def test_each_is_led_to_their_own_place(client, role, kind, there):
    actor = somebody(role, OrganisationFactory.create(type=kind))
    client.force_login(actor.user)

    assert client.get("/lam-viec").url == there


@pytest.mark.parametrize(
    ("role", "kind", "there"),
    [
        (Role.SHIFT_LEAD, "operator", QUEUE),
        (Role.ADMINISTRATOR, "ward", "/lam-viec/nguoi"),
        (Role.AUDITOR, "city", f"{QUEUE}?tab=all"),
    ],
)
def test_who_will_need_a_second_factor_is_told_on_the_way(client, role, kind, there):
    actor = somebody(role, OrganisationFactory.create(type=kind))
    client.force_login(actor.user)

    said = client.get("/lam-viec").content.decode()

    assert f'href="{there}"' in said
    assert f'href="{reverse("mfa_index")}"' in said
    assert client.get(there).status_code == 200


def test_an_administrator_is_led_to_the_administration(client, admin_user):
    client.force_login(admin_user)

    assert client.get("/lam-viec").url == reverse("admin:index")


def test_who_works_in_two_places_chooses(client, desk):
    MembershipFactory.create(user=desk.user, role=Role.FOCAL_POINT)

    said = client.get("/lam-viec").content.decode()

    assert f'href="{QUEUE}"' in said
    assert f'href="{UNIT}"' in said


def test_nobody_keeps_what_staff_saw(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)

    for address in (QUEUE, f"/lam-viec/phan-anh/{case.public_id}"):
        kept = client.get(address)["Cache-Control"]
        assert "no-store" in kept
        assert "private" in kept


def test_the_queue_is_not_for_units(client, unit):
    assert client.get(QUEUE).url == UNIT


def test_the_urgent_come_first_then_who_waits_longest(client, desk):
    urgent = CategoryFactory.create(urgency="urgent")
    now = timezone.now()
    young, old, alarm = (
        CaseFactory.create(status=Status.RECEIVED, **given)
        for given in (
            {"received_at": now - timedelta(hours=2)},
            {"received_at": now - timedelta(days=2)},
            {"received_at": now, "category": urgent},
        )
    )

    shown = listed(client.get(QUEUE))

    assert shown == [alarm.public_id, old.public_id, young.public_id]


@pytest.mark.parametrize(
    ("tab", "status"),
    [
        ("reception", Status.RECEIVED),
        ("transfer", Status.ACCEPTED),
        ("transfer", Status.RETURNED),
        ("approval", Status.AWAITING),
        ("information", Status.INFO_REQUESTED),
    ],
)
def test_each_tab_holds_and_counts_what_waits_for_it(client, desk, tab, status):
    waiting = CaseFactory.create(status=status)
    other = CaseFactory.create(status=Status.IN_PROGRESS)

    answer = client.get(f"{QUEUE}?tab={tab}")

    assert listed(answer) == [waiting.public_id]
    counts = {each.name: count for each, count in answer.context["tabs"]}
    assert counts.pop("all") is None
    assert {name: count for name, count in counts.items() if count} == {tab: 1}
    every = listed(client.get(f"{QUEUE}?tab=all"))
    assert every == [other.public_id, waiting.public_id]


def test_an_operator_goes_from_a_case_to_the_next_that_nobody_works_on(client, desk):
    first, second, third = CaseFactory.create_batch(3, status=Status.RECEIVED)
    Report.objects.filter(pk=second.pk).update(
        claimed_by=UserFactory.create(), claimed_at=timezone.now()
    )

    ways = [
        client.get(f"{QUEUE}/sau/{each}").url
        for each in (first.public_id, "one-that-is-done", third.public_id)
    ]

    ends = [f"/lam-viec/phan-anh/{each.public_id}" for each in (third, first)]
    assert ways == [*ends, QUEUE]


def test_the_queue_goes_on_over_pages(client, desk):
    CaseFactory.create_batch(51, status=Status.RECEIVED)

    first, second = client.get(QUEUE), client.get(f"{QUEUE}?tab=reception&page=2")

    assert len(listed(first)) == 50
    assert "page=2" in first.content.decode()
    assert len(listed(second)) == 1
    assert not set(listed(first)) & set(listed(second))


def test_a_case_is_found_by_its_code_or_its_id(client, desk):
    case = CaseFactory.create(status=Status.RESOLVED)
    there = f"/lam-viec/phan-anh/{case.public_id}"

    for typed in (case.code, case.code.lower().replace("-", " "), case.public_id):
        assert client.post("/lam-viec/tim", {"code": typed}).url == there
    unknown = client.post("/lam-viec/tim", {"code": "1022-250709-000000-0"})
    assert unknown.status_code == 404
    assert "1022-250709-000000-0" in unknown.content.decode()


@pytest.mark.parametrize("typed", ["0901 234 567", "+84901234567", "LAN@example.org"])
def test_an_operator_finds_the_case_of_a_caller_who_lost_the_code(client, desk, typed):
    case = CaseFactory.create()

    answer = client.post("/lam-viec/tim", {"code": typed})

    assert answer["Location"].endswith(case.public_id)
    reading = case.contact.readings.get()
    assert (reading.reader, reading.reason) == (desk.user.get_username(), SEARCHED)


def test_nobody_but_an_operator_finds_a_case_by_its_contact(client, unit):
    case = CaseFactory.create(organisation=unit)

    answer = client.post("/lam-viec/tim", {"code": LAN.phone})

    assert case.public_id not in answer["Location"]


def test_a_unit_finds_no_case_by_its_code_and_none_of_others(client, unit):
    own = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    other = CaseFactory.create(status=Status.TRANSFERRED)

    assert client.post("/lam-viec/tim", {"code": own.code}).url == UNIT
    assert client.post("/lam-viec/tim", {"code": other.public_id}).url == UNIT
    assert own.public_id in client.post("/lam-viec/tim", {"code": own.public_id}).url


def test_only_what_still_runs_is_late(client, desk):
    ended, running = (
        CaseFactory.create(status=status) for status in ("refused", "in_progress")
    )
    for case in (ended, running):
        due(case, days=-5)

    rows = client.get(f"{QUEUE}?tab=all").context["rows"]

    states = {row.report: row.clock and row.clock.state for row in rows}
    assert states == {ended: None, running: "late"}


def test_the_queue_takes_as_many_statements_for_many_cases_as_for_few(client, desk):
    CaseFactory.create_batch(2, status=Status.RECEIVED)
    few = statements(client, QUEUE)

    CaseFactory.create_batch(12, status=Status.RECEIVED)

    assert statements(client, QUEUE) == few <= 8


def test_every_place_is_in_the_bar_or_in_its_menu(client):
    lead = somebody(Role.SHIFT_LEAD, OrganisationFactory.create(type="operator"))
    client.force_login(lead.user)

    answer = client.get("/lam-viec/truc-ca")

    places = answer.wsgi_request.workplaces.places
    bar, menu = nav(answer).split("<details")
    assert len(places) > WITH_ROOM
    assert all(f'href="{place.address}"' in bar for place in places[:WITH_ROOM])
    assert all(f'href="{place.address}"' in menu for place in places[AT_HAND:])
    assert f'href="{reverse("mapui:home")}"' in menu


def test_where_one_is_in_the_menu_the_menu_says_so(client):
    lead = somebody(Role.SHIFT_LEAD, OrganisationFactory.create(type="operator"))
    client.force_login(lead.user)

    here, elsewhere = client.get("/lam-viec/phan-xu"), client.get("/lam-viec/truc-ca")

    assert 'data-here="rest"' in nav(here)
    assert nav(here).count('aria-current="page"') == 1
    assert "data-here" not in nav(elsewhere)


def test_few_places_need_no_menu(client):
    gives = somebody(Role.ADMINISTRATOR, OrganisationFactory.create())
    client.force_login(gives.user)

    bar = nav(client.get("/lam-viec/nguoi"))

    assert "<details" not in bar
    assert f'href="{reverse("mapui:home")}"' in bar


def nav(answer):
    """The bar of places of a page, with its menu."""
    said = answer.content.decode()
    return said[said.index("<nav") : said.index("</nav>")]
