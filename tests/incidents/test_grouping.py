from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import announcing, duplicates, gathering, grouping, resolution, work
from incidents.api.cases import gather
from incidents.errors import IncidentError, Missing, NotAllowed, NotNow
from incidents.following import follow
from incidents.history import broken_at
from incidents.models import (
    Clock,
    Event,
    Incident,
    Joining,
    Notice,
    Report,
    Result,
    Status,
    Transfer,
)
from incidents.models.status import ENDED
from incidents.notifications import send
from incidents.privacy import Reporter
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    focal_point,
    north_of,
    operator,
    somebody,
)

from .floods import DONE, FLOOD, LATER, answered, grouped, told

pytestmark = pytest.mark.django_db


def test_reports_put_together_keep_code_and_reporter_and_have_one_unit(flood):
    reports = told(8, flood)
    unit = OrganisationFactory.create()

    incident = grouped(reports, flood, unit=unit)

    members = list(incident.reports.order_by("pk"))
    assert [each.code for each in members] == [each.code for each in reports]
    assert {each.organisation for each in members} == {unit}
    assert all(each.accepted_at for each in members)
    assert incident.head.public_title == FLOOD.title
    assert [broken_at(each) for each in (*members, incident.head)] == [None] * 9


def test_who_was_at_the_desk_is_acknowledged_and_who_was_not_moved_hears_nothing(flood):
    unit = OrganisationFactory.create()
    held = {"status": Status.IN_PROGRESS, "organisation": unit}
    here = [*told(1, flood), CaseFactory.create(category=flood, **held)]

    grouped(here, flood, unit=unit)

    (notice,) = Notice.objects.filter(contact__report__in=here)
    assert notice.event.code == Event.Code.TRANSFERRED
    assert notice.contact.report == here[0]
    here[1].refresh_from_db()
    assert here[1].status == Status.IN_PROGRESS
    assert Transfer.objects.filter(report=here[0]).get().organisation == unit


def test_one_clock_runs_for_the_unit_and_every_citizen_keeps_a_date(flood):
    reports = told(8, flood)

    incident = grouped(reports, flood)

    running = Clock.objects.filter(stopped_at=None)
    assert [each.report for each in running.filter(party="unit")] == [incident.head]
    citizens = running.filter(party="citizen", report__in=reports)
    assert citizens.filter(is_firm=True).count() == 8


def test_one_result_answers_every_report_with_one_notice_each(flood):
    reports = told(8, flood)
    follower = Reporter(name="", email="ban@example.org")
    incident = grouped(reports, flood)
    head = incident.head
    follow(head, client_id="one", at=LATER, language="vi", reporter=follower)
    twin = CaseFactory.create(category=flood, status=Status.RECEIVED)
    member = incident.reports.first()
    duplicates.merge(twin, into=member, by=operator(), at=LATER)
    Notice.objects.all().delete()

    answered(incident)

    assert set(incident.reports.values_list("status", flat=True)) == {"resolved"}
    assert not Clock.objects.filter(report__in=reports, stopped_at=None).exists()
    owed = Counter(Notice.objects.values_list("contact", flat=True))
    assert len(owed) == 8 + 1 + 1
    assert set(owed.values()) == {1}
    assert Result.objects.filter(report__in=reports).count() == 8
    for each in (*reports, twin):
        looked = gather(each.code, at=DONE)
        assert (looked.result.text, looked.status_group) == ("Đã bơm hết", "done")
        assert broken_at(each) is None
    incident.refresh_from_db()
    assert incident.closed_at == DONE


def test_what_reporters_are_sent_names_their_own_code_alone(flood):
    reports = told(3, flood)
    incident = grouped(reports, flood)
    Notice.objects.all().delete()
    answered(incident)

    for notice in Notice.objects.all():
        send(notice.pk, at=DONE)

    assert len(mail.outbox) == 3
    codes = {each.code for each in (*reports, incident.head)}
    for letter in mail.outbox:
        said = letter.subject + letter.body + letter.alternatives[0].content
        assert len({code for code in codes if code in said}) == 1


def statements_for(count, leaf, unit):
    """How many it takes to put so many together, and to answer them."""
    desk, officer = operator(), focal_point(unit)
    ids = [each.pk for each in told(count, leaf)]
    asked = {"words": FLOOD, "category": leaf, "to": unit, "by": desk, "at": LATER}
    with CaptureQueriesContext(connection) as grouping_took:
        incident, _ = announcing.group(Report.objects.filter(pk__in=ids), **asked)
    head = Report.objects.get(pk=incident.head_id)
    said = {"outcome": "planned", "text": "Đang bơm"}
    resolution.file_result(head, by=officer, at=DONE, **said)
    with CaptureQueriesContext(connection) as answer_took:
        resolution.publish_result(head, by=desk, at=DONE)
    done = Report.objects.filter(pk__in=ids, status="resolved")
    assert done.count() == count
    return len(grouping_took), len(answer_took)


def test_however_many_there_are_it_is_as_many_statements(flood):
    unit = OrganisationFactory.create()

    few, many = (statements_for(count, flood, unit) for count in (50, 200))

    assert few == many
    assert max(many) <= 70


def test_a_member_reads_how_the_work_goes_at_the_head(flood):
    reports = told(2, flood)
    incident = grouped(reports, flood)
    head = Report.objects.get(pk=incident.head_id)
    unit = focal_point(head.organisation)
    work.acknowledge(head, by=unit, at=LATER)
    work.note_progress(head, by=unit, at=LATER, text="Đang bơm nước")

    looked = gather(reports[0].code, at=LATER)

    assert "Đang bơm nước" in [line.text for line in looked.timeline]
    assert looked.worked == head
    assert looked.clock.report_id == reports[0].pk


def test_one_is_taken_out_again_and_its_clock_runs_as_before(flood):
    unit = OrganisationFactory.create()
    report = CaseFactory.create(
        category=flood, status=Status.IN_PROGRESS, organisation=unit
    )
    clock = Clock.objects.get(report=report, party="unit")
    incident = grouped([report, *told(1, flood)], flood, unit=unit)
    fresh = incident.reports.exclude(pk=report.pk).get()
    desk = operator()

    grouping.take_out(report, by=desk, at=DONE)
    grouping.take_out(fresh, by=desk, at=DONE)

    clock.refresh_from_db()
    assert clock.stopped_at is None
    assert (
        Clock.objects.get(report=fresh, party="unit", stopped_at=None).started_at
        == DONE
    )
    assert not incident.reports.exists()
    assert not Joining.objects.filter(ended_at=None).exists()
    answered(incident)
    report.refresh_from_db()
    assert report.status == Status.IN_PROGRESS


def test_what_comes_later_is_suggested_and_added_at_one_press(flood):
    incident = grouped(told(3, flood), flood)
    later = CaseFactory.create(
        category=flood, status=Status.RECEIVED, received_at=DONE, point=HERE
    )
    for said in (
        {"point": north_of(HERE, 5000)},
        {"category": LeafFactory.create()},
        {"status": Status.RESOLVED},
        {"kind": Report.Kind.QUESTION},
        {"received_at": JULY - timedelta(days=60)},
    ):
        CaseFactory.create(**({"category": flood, "point": HERE} | said))

    likely = gathering.may_belong(incident, at=DONE)
    assert list(likely) == [later]

    added = grouping.add(incident, likely, by=operator(), at=DONE)

    assert added == grouping.Added(count=1, left_out=0)
    assert incident.reports.count() == 4
    assert list(gathering.may_belong(incident, at=DONE)) == []


def test_what_cannot_be_added_is_left_out_and_counted(flood):
    incident = grouped(told(2, flood), flood)
    other = grouped(told(1, flood), flood)
    desk = operator()
    unfit = [
        CaseFactory.create(category=flood, status=Status.REFUSED),
        CaseFactory.create(category=flood, kind=Report.Kind.QUESTION),
        CaseFactory.create(category=LeafFactory.create(is_public=False)),
        CaseFactory.create(category=flood, claimed_by=operator().user, claimed_at=DONE),
        other.head,
        other.reports.get(),
    ]

    added = grouping.add(incident, unfit, by=desk, at=DONE)

    assert added == grouping.Added(count=0, left_out=6)
    assert incident.reports.count() == 2


def test_what_ended_meanwhile_is_not_answered_again(flood):
    reports = told(3, flood)
    incident = grouped(reports, flood)
    resolution.withdraw(Report.objects.get(pk=reports[0].pk), at=LATER)

    answered(incident)

    assert Report.objects.get(pk=reports[0].pk).status == Status.WITHDRAWN
    assert not Result.objects.filter(report=reports[0]).exists()


def test_what_is_put_together_twice_is_one_incident(flood):
    reports = told(3, flood)
    incident = grouped(reports, flood)

    with pytest.raises(NotNow):
        grouped(reports, flood)

    assert Incident.objects.get() == incident
    assert Report.objects.count() == len(reports) + 1


def test_only_the_desk_puts_together_and_only_what_has_a_unit_takes_more(flood):
    reports = told(2, flood)
    whole = Report.objects.filter(pk__in=[each.pk for each in reports])
    asked = {"words": FLOOD, "category": flood, "at": LATER}
    unit = OrganisationFactory.create()

    with pytest.raises(NotAllowed):
        announcing.group(whole, to=unit, by=focal_point(unit), **asked)
    with pytest.raises(Missing):
        announcing.group(whole, to=None, by=operator(), **asked)
    with pytest.raises(Missing):
        announcing.group(Report.objects.none(), to=unit, by=operator(), **asked)
    incident = grouped(reports, flood)
    answered(incident)
    with pytest.raises(NotNow):
        grouping.add(incident, told(1, flood), by=operator(), at=DONE)


def test_what_gathers_is_found_by_branch_and_place(flood):
    for turn in range(6):
        CaseFactory.create(category=flood, point=north_of(HERE, 20 * turn))
    CaseFactory.create(category=flood, point=north_of(HERE, 9000))
    other = LeafFactory.create()
    for turn in range(4):
        CaseFactory.create(category=other, point=north_of(HERE, 10 * turn))
    grouped(told(5, LeafFactory.create()), flood)

    (found,) = gathering.clusters(at=JULY + timedelta(hours=1))

    assert (found.branch, found.count) == (flood.branch, 6)
    assert gathering.clusters(at=JULY + timedelta(hours=9)) == []


@pytest.fixture
def outage(flood):
    """What a company announces: no water round HERE for the day."""
    company = OrganisationFactory.create(name="Cấp nước")
    by = focal_point(company)
    words = announcing.Words(
        title="Cúp nước đến 17:00", title_en="No water until 17:00", text="Thay ống."
    )
    return announcing.announce(
        company,
        category=flood.branch,
        area=area(),
        words=words,
        starts_at=JULY,
        ends_at=JULY + timedelta(hours=7),
        by=by,
        at=JULY,
    )


def area(degrees=0.002):
    ring = Polygon.from_bbox(
        (HERE.x - degrees, HERE.y - degrees, HERE.x + degrees, HERE.y + degrees)
    )
    return MultiPolygon(ring, srid=4326)


def test_what_a_unit_announces_is_read_by_nobody_before_it_is_approved(outage):
    assert not Incident.objects.public().exists()
    assert not Report.objects.public().exists()

    announcing.approve(outage, by=operator(), at=LATER)

    assert Incident.objects.public().get() == outage
    assert Report.objects.public().get().public_title == outage.title
    with pytest.raises(NotNow):
        announcing.approve(outage, by=operator(), at=LATER)


def test_a_unit_that_is_let_to_is_read_at_once(flood):
    company = OrganisationFactory.create(announces_itself=True)
    made = announcing.announce(
        company,
        category=flood.branch,
        area=area(),
        words=FLOOD,
        starts_at=JULY,
        ends_at=DONE,
        by=focal_point(company),
        at=JULY,
    )

    assert Incident.objects.public().get() == made
    assert set(made.head.clocks.values_list("due_at", flat=True)) == {DONE}


def test_it_is_found_by_who_is_about_to_report_inside_it(outage, flood):
    found = Incident.objects.under_way(at=LATER)

    assert found.of(flood).over(HERE).get() == outage
    assert not found.of(flood).over(north_of(HERE, 900)).exists()
    assert not found.of(LeafFactory.create()).over(HERE).exists()
    early = Incident.objects.under_way(at=JULY - timedelta(minutes=1))
    assert not early.exists()


def test_followers_hear_when_its_end_changes_and_when_it_is_over(outage):
    desk, unit = operator(), focal_point(outage.head.organisation)
    announcing.approve(outage, by=desk, at=LATER)
    mai = Reporter(name="", email="mai@example.org")
    head = Report.objects.get(pk=outage.head_id)
    follow(head, client_id="one", at=LATER, language="vi", reporter=mai)

    announcing.change_end(
        outage, until=JULY + timedelta(hours=11), by=unit, at=LATER, text="Ống lớn"
    )
    announcing.end(outage, by=unit, at=DONE, text="Đã có nước lại.")

    codes = list(Notice.objects.values_list("event__code", flat=True).order_by("pk"))
    assert codes == [Event.Code.END_CHANGED, Event.Code.RESOLVED]
    for notice in Notice.objects.order_by("pk"):
        send(notice.pk, at=DONE)
    assert "21:00, 09/07/2025" in mail.outbox[0].body
    outage.refresh_from_db()
    assert (outage.closed_at, outage.is_over) == (DONE, True)
    assert outage.head.results.get().text == "Đã có nước lại."


def test_who_announces_speaks_for_the_unit_and_says_where_and_until_when(flood):
    company = OrganisationFactory.create()
    said = {
        "category": flood.branch,
        "area": area(),
        "words": FLOOD,
        "starts_at": JULY,
        "ends_at": DONE,
        "by": focal_point(company),
        "at": JULY,
    }
    for wrong in (
        {"by": focal_point(OrganisationFactory.create())},
        {"by": somebody("field_officer", company)},
        {"area": None},
        {"starts_at": None},
        {"ends_at": None},
        {"ends_at": JULY},
        {"words": announcing.Words(title="  ")},
    ):
        with pytest.raises(IncidentError):
            announcing.announce(company, **(said | wrong))

    assert not Incident.objects.exists()
    assert not Report.objects.exclude(status__in=ENDED).exists()


def test_another_unit_neither_moves_nor_ends_it(outage):
    other = focal_point(OrganisationFactory.create())

    with pytest.raises(NotAllowed):
        announcing.change_end(outage, until=DONE, by=other, at=LATER)
    with pytest.raises(NotAllowed):
        announcing.end(outage, by=other, at=LATER, text="Xong")
    with pytest.raises(NotAllowed):
        announcing.approve(outage, by=other, at=LATER)
