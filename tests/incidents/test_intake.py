from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.core import mail
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from gis_data.models import Edition, Place
from incidents.errors import NoDeadlineRule, OutsideTheMap, SentBefore
from incidents.intake import receive
from incidents.media import look_into
from incidents.models import (
    Attachment,
    Category,
    Clock,
    Contact,
    DeadlineRule,
    DecisionRecord,
    Event,
    Notice,
    Report,
    Responsibility,
    Status,
    Transfer,
)
from incidents.models.lookup_code import read_code
from incidents.privacy import Reporter, open_contact, snap
from tests.factories import (
    HERE,
    JULY,
    LAN,
    PlaceKindFactory,
    ResponsibilityFactory,
    north_of,
    picture,
    published,
    square,
)

pytestmark = pytest.mark.django_db

MAY = datetime(2025, 5, 9, tzinfo=UTC)
EDGES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")
AT_MOST = 12
ON_THE_LINE = Point(106.75, 10.8, srid=4326)


def codes(report):
    return [event.code for event in report.events.order_by("sequence")]


def counted(ran):
    return [each["sql"] for each in ran if not each["sql"].startswith(EDGES)]


def waits(report):
    """Whether it is on file, with an expected date, and nobody has acted on it."""
    clock = report.clocks.get()
    return (
        (report.status, report.organisation, report.accepted_at)
        == (Status.RECEIVED, None, None)
        and not report.transfers.exists()
        and (clock.party, clock.is_firm) == (Clock.Party.CITIZEN, False)
        and codes(report) == [Event.Code.RECEIVED]
        and not Report.objects.public().exists()
    )


def test_a_settled_report_is_accepted_transferred_and_acknowledged_at_once(telling):
    report = receive(telling, channel="portal", at=JULY).report

    assert report.status == Status.TRANSFERRED
    assert report.organisation.code == "ubnd-a"
    assert report.transfers.get().organisation == report.organisation
    assert report.transfers.get().decision == report.decisions.get()
    assert report.accepted_at == JULY
    assert codes(report) == ["received", "accepted", "transferred"]
    assert Notice.objects.get().event.code == Event.Code.TRANSFERRED
    assert list(Report.objects.public()) == [report]


def test_both_clocks_of_a_transferred_report_are_firm_and_due_on_the_fifth_day(telling):
    report = receive(telling, channel="portal", at=JULY).report

    citizen, unit = report.clocks.order_by("party")
    assert (citizen.party, unit.party) == ("citizen", "unit")
    assert unit.organisation == report.organisation
    for clock in (citizen, unit):
        assert clock.is_firm
        assert clock.started_at == JULY
        # Wednesday the 9th; a weekend lies between: to the end of Wednesday the 16th.
        assert clock.due_at == datetime(2025, 7, 16, 16, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("files", [0, 2])
def test_filing_takes_twelve_statements_at_most(telling, files):
    uploads = look_into([picture(f"{turn}.jpg") for turn in range(files)])
    telling = replace(telling, client_id="phone-1", uploads=uploads)

    with CaptureQueriesContext(connection) as ran:
        filing = receive(telling, channel="portal", at=JULY)

    assert filing.report.status == Status.TRANSFERRED
    assert filing.report.attachments.count() == files
    assert len(counted(ran)) <= AT_MOST, "\n".join(counted(ran))


def test_a_doubtful_report_waits_for_an_operator_and_stays_off_the_map(telling):
    near_b = Point(106.75 - 20 / 109_300, 10.8, srid=4326)

    report = receive(
        replace(telling, point=near_b, accuracy=50), channel="portal", at=JULY
    ).report

    decision = report.decisions.get()
    assert waits(report)
    assert (decision.organisation.code, decision.doubts) == ("ubnd-a", ["disc"])
    assert decision.inputs["accuracy"] == 50
    assert Notice.objects.get().event.code == Event.Code.RECEIVED


def test_a_report_on_a_border_waits(telling):
    report = receive(
        replace(telling, point=ON_THE_LINE), channel="portal", at=JULY
    ).report

    assert waits(report)
    assert report.decisions.get().doubts == ["border"]


def test_a_report_nobody_answers_for_is_kept_and_waits(telling):
    Responsibility.objects.all().delete()

    report = receive(telling, channel="portal", at=JULY).report

    decision = report.decisions.get()
    assert waits(report)
    assert (decision.reason, decision.organisation) == ("unruled", None)
    assert decision.areas == [
        {"kind": "ward", "code": "a", "name": "Ward a", "share": 1.0}
    ]


def test_a_report_that_two_units_claim_waits(telling, wards):
    category = telling.category
    ResponsibilityFactory.create(category=category, place=wards["a"])

    report = receive(telling, channel="portal", at=JULY).report

    assert waits(report)
    assert report.decisions.get().reason == "contested"
    assert len(report.decisions.get().responsibilities) == 2


def test_a_rule_that_nobody_has_confirmed_does_not_act(telling):
    Responsibility.objects.update(is_confirmed=False)

    report = receive(telling, channel="portal", at=JULY).report

    assert waits(report)
    assert report.decisions.get().doubts == ["unconfirmed"]
    assert report.decisions.get().organisation.code == "ubnd-a"


def test_a_category_that_may_not_route_itself_on_this_channel_waits(telling):
    Category.objects.update(routes_itself_on=["app"])
    telling.category.refresh_from_db()

    by_portal = receive(telling, channel="portal", at=JULY).report
    assert waits(by_portal)
    by_app = receive(telling, channel="app", at=JULY).report

    assert by_app.status == Status.TRANSFERRED


@pytest.mark.parametrize(("demo", "acts"), [(False, False), (True, True)])
def test_an_approximate_map_acts_on_the_demo_database_only(
    telling, settings, demo, acts
):
    settings.DEMO = demo
    Edition.objects.update(is_approximate=True)

    report = receive(telling, channel="portal", at=JULY).report

    assert report.decisions.get().is_approximate
    assert (report.status == Status.TRANSFERRED) is acts


def test_a_point_off_the_map_is_refused_and_nothing_is_kept(telling):
    far = replace(telling, point=Point(0, 0, srid=4326))

    with pytest.raises(OutsideTheMap):
        receive(far, channel="portal", at=JULY)

    kept = [Report, Contact, DecisionRecord, Event, ProcrastinateJob]
    assert [model.objects.count() for model in kept] == [0] * 5


def test_a_report_without_a_place_waits_and_is_on_no_map(telling):
    Category.objects.filter(pk=telling.category.pk).update(needs_place=False)
    telling.category.refresh_from_db()

    report = receive(
        replace(telling, point=None, place_source=Report.PlaceSource.NONE),
        channel="portal",
        at=JULY,
    ).report

    assert waits(report)
    assert (report.point, report.public_point, report.world_cell) == (None, None, None)
    assert (report.place, report.boundary) == (None, None)


def test_a_placeless_report_goes_by_itself_to_who_answers_for_the_whole_city(
    telling, settings
):
    root = settings.CITY.root_place
    city = PlaceKindFactory.create(code=root["kind"], rank=1)
    published(city, date(2025, 1, 1), **{root["code"]: square(106.6, 10.7, 0.4)})
    ResponsibilityFactory.create(
        category=telling.category,
        place=Place.objects.get(kind=city),
        organisation__code="bus-centre",
    )
    Category.objects.filter(pk=telling.category.pk).update(needs_place=False)
    telling.category.refresh_from_db()

    report = receive(
        replace(telling, point=None, place_source=Report.PlaceSource.NONE),
        channel="portal",
        at=JULY,
    ).report

    assert report.organisation.code == "bus-centre"
    assert report.place is None


def test_a_ward_without_a_point_is_a_doubt_where_the_category_needs_a_place(
    telling, wards
):
    in_ward = replace(
        telling,
        point=None,
        place_source=Report.PlaceSource.WARD,
        declared_ward=wards["a"],
    )

    report = receive(in_ward, channel="portal", at=JULY).report

    decision = report.decisions.get()
    assert waits(report)
    assert report.place == report.declared_ward == wards["a"]
    assert (decision.organisation.code, decision.doubts) == ("ubnd-a", ["no_point"])
    assert decision.areas == [{"kind": "ward", "code": "a", "name": "Ward a"}]


def test_a_report_is_located_by_the_boundary_of_its_day(telling, wards):
    a, b = square(106.65, 10.75, 0.09), square(106.75, 10.75)
    published(wards["a"].kind, date(2025, 6, 1), a=a, b=b)

    may = receive(telling, channel="portal", at=MAY).report
    july = receive(telling, channel="portal", at=JULY).report

    assert MAY.date() in may.boundary.validity
    assert JULY.date() in july.boundary.validity
    assert may.boundary != july.boundary
    assert may.place == july.place == wards["a"]


def test_a_decision_keeps_what_it_was_made_of(telling):
    report = receive(replace(telling, accuracy=8.5), channel="portal", at=JULY).report

    decision = report.decisions.get()
    assert decision.inputs == {
        "lon": HERE.x,
        "lat": HERE.y,
        "accuracy": 8.5,
        "category": telling.category.code,
        "ward": None,
        "in_alley": False,
        "assets": [],
    }
    assert [each["id"] for each in decision.boundaries] == [report.boundary_id]
    assert decision.responsibilities == [Responsibility.objects.get().pk]


def test_the_same_client_id_and_body_file_one_report(telling):
    telling = replace(telling, client_id="phone-1")
    first = receive(telling, channel="app", at=JULY)

    again = receive(telling, channel="app", at=JULY + timedelta(days=1))

    assert (first.is_new, again.is_new) == (True, False)
    assert again.report == first.report
    assert again.decision == first.decision
    assert again.clock == first.clock
    assert [Report.objects.count(), Notice.objects.count()] == [1, 1]


def test_a_client_id_counts_for_its_own_channel(telling):
    telling = replace(telling, client_id="phone-1")
    receive(telling, channel="app", at=JULY)

    other = receive(telling, channel="portal", at=JULY)

    assert other.is_new


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Other"},
        {"point": north_of(HERE, 10)},
        {"reporter": Reporter(name="Lan", phone="+84901234568")},
        {"answers": {"depth": "1 m"}},
        {"accuracy": 3.0},
        {"public": False},
    ],
)
def test_the_same_client_id_with_another_body_is_refused(telling, change):
    telling = replace(telling, client_id="phone-1")
    receive(telling, channel="app", at=JULY)

    with pytest.raises(SentBefore):
        receive(replace(telling, **change), channel="app", at=JULY)

    assert Report.objects.count() == 1


def test_another_photo_under_the_same_client_id_is_another_body(telling):
    telling = replace(telling, client_id="phone-1")
    one, other = (look_into([picture(size=size)]) for size in [(8, 8), (9, 9)])
    receive(replace(telling, uploads=one), channel="app", at=JULY)

    with pytest.raises(SentBefore):
        receive(replace(telling, uploads=other), channel="app", at=JULY)


@pytest.mark.parametrize("drawn", ["new_code", "secrets.token_urlsafe"])
def test_a_code_drawn_twice_is_drawn_again(telling, monkeypatch, drawn):
    taken = receive(telling, channel="portal", at=JULY).report
    same = {"new_code": taken.code, "secrets.token_urlsafe": taken.public_id}[drawn]
    fresh = same[::-1]
    left = [fresh, same]
    monkeypatch.setattr(f"incidents.intake.{drawn}", lambda *_: left.pop())

    report = receive(telling, channel="portal", at=JULY).report

    assert fresh in (report.code, report.public_id)


def test_a_broken_constraint_is_not_taken_for_a_retry(telling):
    receive(telling, channel="portal", at=JULY)

    with pytest.raises(IntegrityError, match="agrees_with_its_source"):
        receive(replace(telling, place_source="later"), channel="portal", at=JULY)


def test_without_the_city_s_deadlines_nothing_is_filed(telling):
    DeadlineRule.objects.all().delete()

    with pytest.raises(NoDeadlineRule):
        receive(telling, channel="portal", at=JULY)

    assert not Report.objects.exists()


def test_the_code_can_be_read_and_is_not_the_public_id(telling):
    report = receive(telling, channel="portal", at=JULY).report

    assert read_code(report.code) == report.code
    assert "-250709-" in report.code
    drawn = report.code.split("-")[2]
    assert drawn not in report.public_id.upper()


def test_strangers_see_the_snapped_point(telling):
    report = receive(telling, channel="portal", at=JULY).report

    assert (report.public_point, report.world_cell) == snap(HERE)
    assert report.public_point != report.point
    assert report.public_point.distance(report.point) < 0.0003


@pytest.mark.parametrize(("category", "asked"), [(False, True), (True, False)])
def test_a_report_is_public_only_if_category_and_reporter_let_it(
    telling, category, asked
):
    Category.objects.update(is_public=category)
    telling.category.refresh_from_db()

    receive(replace(telling, public=asked), channel="portal", at=JULY)

    assert not Report.objects.public().exists()


def test_the_contact_is_sealed_and_found_by_the_exact_phone_or_mail(telling):
    contact = receive(telling, channel="portal", at=JULY).report.contact

    kept = bytes(contact.sealed) + (contact.phone_index + contact.email_index).encode()
    for told in ["lan@example.org", "901234567"]:
        assert told.lower().encode() not in kept.lower()
    assert open_contact(contact, by="worker", why="notice", at=JULY) == LAN
    assert contact.readings.get().reason == "notice"


def test_a_report_without_a_reporter_owes_nobody_a_notice(telling):
    receive(replace(telling, reporter=None), channel="internal", at=JULY)

    assert [Contact.objects.count(), Notice.objects.count()] == [0, 0]


def test_the_history_is_chained(telling):
    events = receive(telling, channel="portal", at=JULY).report.events
    first, second, third = events.order_by("sequence")

    assert bytes(second.prev_hash) == bytes(first.hash)
    assert bytes(third.prev_hash) == bytes(second.hash)


def test_nothing_personal_is_in_the_history(telling):
    report = receive(telling, channel="portal", at=JULY).report

    written = str(list(report.events.values_list("arguments", flat=True)))
    for told in ["901234567", "example.org", "Mất nắp"]:
        assert told not in written


def test_intake_sends_nothing_and_leaves_a_job_for_each_thing_to_do(telling):
    uploads = look_into([picture()])

    receive(replace(telling, uploads=uploads), channel="portal", at=JULY)

    assert mail.outbox == []
    asked = ProcrastinateJob.objects.values_list("task_name", "args")
    assert sorted(asked) == [
        (
            "incidents.prepare_attachment",
            {"attachment_id": Attachment.objects.get().pk},
        ),
        ("incidents.send_notice", {"notice_id": Notice.objects.get().pk}),
        ("incidents.tell_staff", {"event_id": Notice.objects.get().event_id}),
    ]


def test_report_notice_and_job_stand_or_fall_together(telling, monkeypatch):
    def fail(*_args, **_given):
        raise RuntimeError("the queue is away")

    monkeypatch.setattr("incidents.intake.defer", fail)

    with pytest.raises(RuntimeError):
        receive(telling, channel="portal", at=JULY)

    kept = [Report, Contact, Notice, Event, Transfer, ProcrastinateJob]
    assert [model.objects.count() for model in kept] == [0] * 6


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_under_one_client_id_file_one_report(telling):
    telling = replace(telling, client_id="phone-1")

    def send(_turn):
        try:
            return receive(telling, channel="portal", at=JULY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        filings = list(pool.map(send, range(20)))

    assert [filing.is_new for filing in filings].count(True) == 1
    assert len({filing.report.code for filing in filings}) == 1
    kept = [Report, Contact, Notice, Transfer]
    assert [model.objects.count() for model in kept] == [1] * 4
    assert ProcrastinateJob.objects.count() == 2
