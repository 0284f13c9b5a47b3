"""On Monday a unit's leader reads what the week asks, and of whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

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
    rows = [(each and each.pk, counts) for each, counts in answer.context["rows"]]
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


def test_who_leads_nothing_goes_to_the_unit_s_list(unit):
    assert signed_in(focal_point(unit)).get(PAGE)["Location"] == "/lam-viec/don-vi"
    assert "no-store" in signed_in(somebody("leader", unit)).get(PAGE)["Cache-Control"]
