"""Reports of an incident go where its head goes: transferred, returned, decided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import arbitrating, grouping, handover, resolution
from incidents.api.cases import gather
from incidents.errors import IncidentError
from incidents.history import broken_at
from incidents.models import Clock, Event, Membership, Notice, Report, Status, Transfer
from tests.factories import (
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

from .floods import DONE, LATER, answered, grouped, told

pytestmark = pytest.mark.django_db
MOVED = LATER + timedelta(minutes=30)


@pytest.fixture
def incident(flood):
    """Five reports of one flood, with one unit."""
    return grouped(told(5, flood), flood)


def head_of(incident):
    return Report.objects.get(pk=incident.head_id)


def returned(incident, *, at=MOVED):
    head = head_of(incident)
    return handover.send_back(
        head,
        by=focal_point(head.organisation),
        at=at,
        reason=ReturnReasonFactory.create(),
        text="Cống của đơn vị khác",
    )


def standing(incident):
    """Where the reports of an incident are: each with whom, and in what state."""
    return set(incident.reports.values_list("organisation", "status"))


def test_the_reports_go_to_the_unit_that_the_head_is_transferred_to(incident):
    before, other = head_of(incident).organisation, OrganisationFactory.create()
    Notice.objects.all().delete()

    desk = operator()
    handover.transfer(head_of(incident), to=other, by=desk, at=MOVED, reason="Nhầm")

    assert standing(incident) == {(other.pk, Status.TRANSFERRED)}
    rows = Transfer.objects.filter(report__in=incident.reports.all(), at=MOVED)
    given = set(rows.values_list("sender", "organisation", "by", "reason"))
    assert given == {(before.pk, other.pk, None, "Nhầm")}
    assert rows.count() == 5
    running = Clock.objects.filter(stopped_at=None, party=Clock.Party.UNIT)
    assert [each.report_id for each in running] == [incident.head_id]
    for each in incident.reports.all():
        last = each.events.latest("sequence")
        assert (last.code, last.by) == (Event.Code.TRANSFERRED, desk.user)
        assert last.arguments["organisation"] == other.name
        assert last.arguments["head"] == incident.head.public_id
        assert broken_at(each) is None
        assert each.version > 1
    told_of = Notice.objects.values_list("contact__report", flat=True)
    assert sorted(told_of) == sorted(incident.reports.values_list("pk", flat=True))


def test_the_reports_come_back_to_the_desk_with_the_head(incident):
    unit = head_of(incident).organisation
    Notice.objects.all().delete()

    returned(incident)

    assert standing(incident) == {(None, Status.RETURNED)}
    rows = Transfer.objects.filter(report__in=incident.reports.all(), at=MOVED)
    given = set(rows.values_list("sender", "organisation", "reason"))
    assert given == {(unit.pk, None, "Cống của đơn vị khác")}
    assert not Notice.objects.exists()
    for each in incident.reports.all():
        assert each.events.latest("sequence").code == Event.Code.RETURNED
        assert broken_at(each) is None


def test_the_arbiter_decides_about_all_of_it(incident):
    first, second = head_of(incident).organisation, OrganisationFactory.create()
    desk = operator()
    returned(incident)
    handover.transfer(head_of(incident), to=second, by=desk, at=MOVED, reason="Thử")
    returned(incident)
    assert head_of(incident).awaits_arbiter
    lead = somebody(
        Membership.Role.SHIFT_LEAD, desk.user.memberships.get().organisation
    )

    arbitrating.arbitrate(
        head_of(incident), to=first, by=lead, at=MOVED, text="Của đơn vị đầu"
    )

    assert standing(incident) == {(first.pk, Status.TRANSFERRED)}
    assert all(broken_at(each) is None for each in incident.reports.all())
    answered(incident)
    assert set(incident.reports.values_list("status", flat=True)) == {"resolved"}


def test_a_report_that_was_passed_around_before_goes_along_all_the_same(flood):
    reports = told(2, flood)
    passed = reports[0]
    desk, why = operator(), ReturnReasonFactory.create()
    handover.accept(passed, by=desk, at=LATER)
    for _turn in range(2):
        unit = OrganisationFactory.create()
        passed = Report.objects.get(pk=passed.pk)
        handover.transfer(passed, to=unit, by=desk, at=LATER, reason="Thử")
        by = focal_point(unit)
        handover.send_back(passed, by=by, at=LATER, reason=why, text="Không phải")
    incident = grouped(reports[1:], flood)
    Report.objects.filter(pk=passed.pk).update(
        awaits_arbiter=False, incident=incident, status=Status.RETURNED
    )
    other = OrganisationFactory.create()

    handover.transfer(head_of(incident), to=other, by=desk, at=MOVED, reason="Nhầm")

    assert standing(incident) == {(other.pk, Status.TRANSFERRED)}
    assert Transfer.objects.hops_of(passed).count() == 2


def test_what_was_taken_out_or_has_ended_stays_where_it_is(incident):
    desk, unit = operator(), head_of(incident).organisation
    out, gone, *others = incident.reports.order_by("pk")
    grouping.take_out(out, by=desk, at=LATER)
    resolution.withdraw(gone, at=LATER)
    other = OrganisationFactory.create()

    handover.transfer(head_of(incident), to=other, by=desk, at=MOVED, reason="Nhầm")

    out.refresh_from_db()
    gone.refresh_from_db()
    assert out.organisation == unit
    assert (gone.organisation, gone.status) == (unit, Status.WITHDRAWN)
    assert {Report.objects.get(pk=each.pk).organisation for each in others} == {other}


def test_who_is_taken_out_afterwards_is_with_the_unit_it_went_to(incident):
    other, desk = OrganisationFactory.create(), operator()
    handover.transfer(head_of(incident), to=other, by=desk, at=MOVED, reason="Nhầm")
    report = incident.reports.first()

    held = grouping.take_out(report, by=desk, at=DONE)

    assert held.organisation == other
    clock = Clock.objects.get(report=held, party=Clock.Party.UNIT, stopped_at=None)
    assert clock.organisation == other


def test_the_lookup_of_a_report_tells_of_a_move_once(incident):
    other = OrganisationFactory.create()
    handover.transfer(
        head_of(incident), to=other, by=operator(), at=MOVED, reason="Nhầm"
    )

    looked = gather(incident.reports.first().code, at=DONE)

    names = [line.organisation["name"] for line in looked.timeline if line.organisation]
    assert names.count(other.name) == 1
    assert looked.worked.organisation == other


def test_a_move_that_fails_moves_nobody(incident):
    unit = head_of(incident).organisation

    with pytest.raises(IncidentError):
        handover.transfer(head_of(incident), to=None, by=operator(), at=MOVED)

    assert {each.organisation for each in incident.reports.all()} == {unit}


@pytest.mark.parametrize("count", [4, 40])
def test_many_go_along_in_as_many_statements_as_few(flood, count):
    incident = grouped(told(count, flood), flood)
    other, desk, head = OrganisationFactory.create(), operator(), head_of(incident)

    with CaptureQueriesContext(connection) as asked:
        handover.transfer(head, to=other, by=desk, at=MOVED, reason="Nhầm")

    assert standing(incident) == {(other.pk, Status.TRANSFERRED)}
    assert len(asked) <= 40
