from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import (
    arbitrating,
    duplicates,
    finding,
    grouping,
    handover,
    resolution,
    watching,
    work,
)
from incidents.history import broken_at
from incidents.models import (
    Arbitration,
    Clock,
    Event,
    Joining,
    Membership,
    Notice,
    Organisation,
    Report,
    Status,
    Urging,
)
from tests.factories import (
    CaseFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

from .floods import DONE, LATER, answered, grouped, told

pytestmark = pytest.mark.django_db
MUCH_LATER = DONE + timedelta(days=20)


def fresh(report):
    return Report.objects.get(pk=report.pk)


def give_back(report, *, at=LATER):
    return handover.send_back(
        fresh(report),
        by=focal_point(fresh(report).organisation),
        at=at,
        reason=ReturnReasonFactory.create(),
        text="Không phải của chúng tôi",
    )


def send(report, to, *, at=LATER):
    sent = {"by": operator(), "at": at, "reason": "Theo địa bàn"}
    return handover.transfer(fresh(report), to=to, **sent)


def named_by_the_arbiter(report, to, *, at=LATER):
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    lead = somebody(Membership.Role.SHIFT_LEAD, desk)
    return arbitrating.arbitrate(fresh(report), to=to, by=lead, at=at, text="Vì thế")


def passed_around(flood):
    """A case that two units have returned, so that it is the arbiter's."""
    one, other = OrganisationFactory.create_batch(2)
    status = {"status": Status.TRANSFERRED, "organisation": one}
    case = CaseFactory.create(category=flood, **status)
    give_back(case)
    send(case, other)
    return give_back(case)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("not_true", Event.Code.NOT_TRUE), ("not_found", Event.Code.NOT_FOUND)],
)
def test_how_the_head_ends_is_what_everybody_in_it_is_told(flood, outcome, code):
    reports = told(3, flood)
    incident = grouped(reports, flood)
    twin = CaseFactory.create(category=flood, status=Status.RECEIVED)
    duplicates.merge(twin, into=reports[0], by=operator(), at=LATER)
    Notice.objects.all().delete()
    head = fresh(incident.head)
    said = {"outcome": outcome, "text": "Đường khô"}
    resolution.file_result(head, by=focal_point(head.organisation), at=DONE, **said)

    finding.approve_ending(head, by=operator(), at=DONE)

    notices = Notice.objects.select_related("event", "contact")
    heard = {each.contact.report_id: each.event.code for each in notices}
    assert heard == {each.pk: code for each in (*reports, twin)}
    for each in reports:
        assert fresh(each).status == Status.RESOLVED
        assert each.events.latest("sequence").code == code
        assert broken_at(each) is None


def test_a_member_that_came_before_the_arbiter_is_answered_with_the_rest(flood):
    reports = told(3, flood)
    incident = grouped(reports, flood)
    Report.objects.filter(pk=reports[0].pk).update(awaits_arbiter=True)

    answered(incident)

    assert set(incident.reports.values_list("status", flat=True)) == {"resolved"}
    assert not fresh(reports[0]).awaits_arbiter


def test_what_is_the_arbiters_to_give_is_left_out_and_keeps_nobody_back(flood):
    incident = grouped(told(1, flood), flood)
    unit, keeper = incident.head.organisation, OrganisationFactory.create()
    held = {"category": flood, "status": Status.TRANSFERRED}
    waiting, fit = passed_around(flood), *told(1, flood)
    settled = CaseFactory.create(**held, organisation=keeper, is_arbitrated=True)
    returned = CaseFactory.create(**held)
    send(returned, unit)
    give_back(returned)
    Report.objects.filter(pk=returned.pk).update(awaits_arbiter=False)

    added = grouping.add(
        incident, [waiting, settled, returned, fit], by=operator(), at=DONE
    )

    assert added == grouping.Added(count=1, left_out=3)
    assert fresh(fit).incident == incident
    assert Arbitration.objects.get(report=waiting).decided_at is None
    assert fresh(settled).organisation == keeper
    assert fresh(returned).organisation != unit


def test_what_the_arbiter_gave_to_that_very_unit_is_added(flood):
    incident = grouped(told(1, flood), flood)
    named = named_by_the_arbiter(passed_around(flood), incident.head.organisation)

    added = grouping.add(incident, [named], by=operator(), at=DONE)

    assert added == grouping.Added(count=1, left_out=0)


def running(report):
    return Clock.objects.running().filter(report=report)


def test_a_member_that_has_had_another_clock_since_keeps_that_one(flood):
    case, *_others = reports = told(3, flood)
    grouped(reports, flood)
    other = OrganisationFactory.create()
    send(case, other, at=DONE)

    out = grouping.take_out(fresh(case), by=operator(), at=DONE)

    assert out.incident is None
    (clock,) = running(case).filter(party="unit")
    assert (clock.organisation, clock.started_at) == (other, DONE)


def test_a_member_whose_target_runs_anew_does_not_run_the_old_one_too(flood):
    case = CaseFactory.create(category=flood, status=Status.RECEIVED)
    rule = case.clocks.get().rule
    target = {"party": "target", "step": "accept", "is_firm": False, "rule": rule}
    target |= {"report": case, "started_at": LATER, "due_at": DONE}
    target |= {"calendar_version": "test"}
    stood = Clock.objects.create(**target)
    incident = grouped([case, *told(1, flood)], flood)
    give_back(case)
    anew = Clock.objects.create(**target)

    grouping.take_out(fresh(case), by=operator(), at=DONE)

    stood.refresh_from_db()
    assert stood.stopped_at == LATER
    assert running(case).get(party="target") == anew
    assert not incident.reports.filter(pk=case.pk).exists()


def test_a_reopened_member_is_a_case_of_its_own_that_is_watched(flood):
    reports = told(2, flood)
    incident = grouped(reports, flood)
    answered(incident)

    again = resolution.reopen(fresh(reports[0]), at=DONE, text="Vẫn còn ngập")

    assert again.incident is None
    assert not Joining.objects.filter(report=again, ended_at=None).exists()
    watching.watch(at=MUCH_LATER)
    late = Urging.objects.filter(clock__report=again)
    assert late.filter(clock__party="unit", level="city").exists()


def test_a_member_reopened_while_the_incident_goes_on_is_no_part_of_it(flood):
    reports = told(2, flood)
    incident = grouped(reports, flood)
    case = fresh(reports[0])
    by = focal_point(case.organisation)
    said = {"outcome": "fixed", "text": "Xong", "no_photo_because": "Trời tối"}
    work.acknowledge(case, by=by, at=LATER)
    resolution.file_result(case, by=by, at=LATER, **said)
    resolution.publish_result(case, by=operator(), at=LATER)
    resolution.reopen(case, at=LATER, text="Vẫn còn ngập")

    answered(incident)

    assert fresh(case).status == Status.REOPENED
    assert fresh(reports[1]).status == Status.RESOLVED
