"""On Monday a unit's leader reads what the week asks, and of whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from incidents.models import Clock, Membership, Report
from tests.factories import (
    CaseFactory,
    OrganisationFactory,
    UserFactory,
    focal_point,
    somebody,
)

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/tuan-nay"


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


@pytest.fixture
def unit(db):
    return OrganisationFactory.create()


def case(unit, *, due, **said):
    made = CaseFactory.create(organisation=unit, **{"status": "in_progress"} | said)
    Clock.objects.filter(report=made).update(due_at=timezone.now() + due)
    return made


def test_a_leader_reads_what_is_late_due_and_awaits_them_by_officer(unit):
    lan = UserFactory.create(first_name="Lan")
    for status in ("in_progress", "awaiting"):
        case(unit, due=-timedelta(days=1), assignee=lan, status=status)
    case(unit, due=timedelta(days=30))
    case(OrganisationFactory.create(), due=-timedelta(days=1))
    Report.objects.filter(status="awaiting").update(approval="leader")
    client = signed_in(somebody(Membership.Role.LEADER, unit))

    answer = client.get(PAGE)

    sums = {key: count for key, _label, count, _way in answer.context["sums"]}
    assert sums == {"late": 2, "week": 0, "again": 0, "awaiting": 1, "all": 3}
    rows = [
        (officer and officer.pk, [count for _key, count, _way in counts])
        for officer, counts in answer.context["rows"]
    ]
    assert rows == [(lan.pk, [2, 0, 0, 1, 2]), (None, [0, 0, 0, 0, 1])]


def test_every_sum_leads_to_a_list_of_that_length(unit):
    for approval in ("leader", "not_true"):
        made = case(unit, due=-timedelta(days=1), status="awaiting")
        Report.objects.filter(pk=made.pk).update(approval=approval)
    client = signed_in(somebody(Membership.Role.LEADER, unit))

    sums = client.get(PAGE).context["sums"]

    assert ("awaiting", 1) in [each[::2] for each in sums]
    for _key, _label, count, way in sums:
        assert client.get(way).content.decode().count('<li class="job"') == count


def test_every_officer_s_number_leads_to_a_list_of_that_length(unit):
    lan, minh = (UserFactory.create(first_name=name) for name in ("Lan", "Minh"))
    for officer, late, later in ((lan, 2, 1), (minh, 1, 0), (None, 1, 2)):
        for _ in range(late):
            case(unit, due=-timedelta(days=1), assignee=officer, status="awaiting")
        for _ in range(later):
            case(unit, due=timedelta(days=30), assignee=officer)
    Report.objects.filter(status="awaiting", assignee=lan).update(approval="leader")
    client = signed_in(somebody(Membership.Role.LEADER, unit))

    answer = client.get(PAGE)

    page, met = answer.content.decode(), 0
    for officer, counts in answer.context["rows"]:
        for _key, count, way in counts:
            listed = client.get(way)
            said = listed.content.decode()
            assert said.count('<li class="job"') == count, way
            assert (f'href="{escape(way)}"' in page) is (count > 0)
            chips = {each.text: each for each in listed.context["chips"]}
            if count:
                assert chips[officer.label if officer else "Chưa giao ai"].is_on
            met += count
    assert met == 4 + 2 + 7


def test_what_is_acknowledged_in_an_officer_s_list_leads_back_to_it(unit):
    lan = UserFactory.create(first_name="Lan")
    made = case(unit, due=timedelta(days=1), assignee=lan, status="transferred")
    client = signed_in(somebody(Membership.Role.LEADER, unit))
    list_of_lan = f"/lam-viec/don-vi?officer={lan.pk}"
    page = client.get(list_of_lan).content.decode()
    (version,) = re.findall(rf'value="({made.public_id}:[0-9]+)"', page)[:1]

    answer = client.post(
        "/lam-viec/don-vi/tiep-nhan", {"chosen": version, "officer": lan.pk}
    )

    assert answer["Location"] == list_of_lan
    assert f'name="officer" value="{lan.pk}"' in page


@pytest.mark.parametrize("officer", ["", "-1", "x", "٣", "9" * 40, "999999999"])
def test_an_officer_nobody_knows_leads_to_a_list_and_not_to_a_fault(unit, officer):
    client = signed_in(somebody(Membership.Role.LEADER, unit))

    for page in ("/lam-viec/don-vi", "/lam-viec/don-vi/vi-tri.json"):
        assert client.get(page, {"officer": officer}).status_code == 200


def test_who_leads_nothing_goes_to_the_unit_s_list(unit):
    assert signed_in(focal_point(unit)).get(PAGE)["Location"] == "/lam-viec/don-vi"
    assert "no-store" in signed_in(somebody("leader", unit)).get(PAGE)["Cache-Control"]
