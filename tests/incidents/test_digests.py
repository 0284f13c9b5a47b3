from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from incidents import digests, letters
from incidents.digests import briefs_of, send_due
from incidents.errors import NotSent
from incidents.models import CalendarDay, Clock, Digest, Membership, Result
from tests.factories import (
    CaseFactory,
    ContractFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
)

pytestmark = pytest.mark.django_db

Role = Membership.Role
#: Wednesday the 16th of July 2025, half past seven in the city.
MORNING = datetime(2025, 7, 16, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="UBND phường A")


def person(unit, name, role=Role.FOCAL_POINT, **more):
    return MembershipFactory.create(
        organisation=unit,
        role=role,
        user__username=name,
        user__email=f"{name}@unit.example",
        **more,
    ).user


def case(unit, *, due=MORNING - DAY, **more):
    """A case that a unit has in hand, due when it is said."""
    made = CaseFactory.create(
        **{"status": "in_progress", "organisation": unit, "place": None} | more
    )
    Clock.objects.filter(report=made).update(due_at=due)
    return made


def addresses():
    return sorted(address for sent in mail.outbox for address in sent.to)


def test_who_answers_for_a_unit_reads_its_morning_in_three_sentences(unit):
    person(unit, "mai")
    ward = PlaceFactory.create(name="Phường An Đông")
    late = case(unit, category__name="Ổ gà", place=ward)
    case(unit, due=MORNING + 2 * DAY)
    case(unit, due=MORNING + timedelta(hours=9), category__name="Đèn tắt")
    again = case(unit, status="reopened", due=MORNING + 20 * DAY)
    Result.objects.create(
        report=again,
        round=1,
        organisation=unit,
        outcome="fixed",
        text="Done",
        at=MORNING,
        published_at=MORNING,
    )
    filed = case(unit, status="awaiting", due=MORNING + 20 * DAY, category__name="Rác")

    assert send_due(at=MORNING) == 1

    (sent,) = mail.outbox
    page, _kind = sent.alternatives[0]
    assert sent.subject.startswith("Sáng 16/07: 1 vụ quá hạn, 2 vụ đến hạn tuần này")
    for written in (sent.body, page):
        assert "Ổ gà" in written
        assert "Phường An Đông" in written
        assert "07:30 15/07" in written
        assert "Đèn tắt" in written
        assert "Rác" in written
        for shown in (late, filed):
            assert f"/lam-viec/phan-anh/{shown.public_id}" in written
        assert "/lam-viec/don-vi?show=again" in written
        for word in ["A hole, says Lan", "0901", "901234567", late.code]:
            assert word not in written + sent.subject
    assert "\n" not in sent.subject


def test_it_is_written_in_the_language_of_its_reader(unit):
    person(unit, "mai", user__language="en")
    case(unit, category__name="Ổ gà", category__name_en="Pothole")

    send_due(at=MORNING)

    (sent,) = mail.outbox
    assert sent.subject == "Morning of 16/07: 1 case is overdue"
    assert "Pothole" in sent.body
    assert '<html lang="en">' in sent.alternatives[0][0]


def test_where_there_is_nothing_to_say_nobody_is_written_to(unit):
    person(unit, "mai")
    case(unit, due=MORNING + 20 * DAY)
    case(OrganisationFactory.create())

    assert send_due(at=MORNING) == 0
    assert not Digest.objects.exists()


@pytest.mark.parametrize(
    "at",
    [
        MORNING - timedelta(minutes=1),
        MORNING + timedelta(hours=2, minutes=30),
        MORNING + 3 * DAY,
    ],
    ids=["before half past seven", "after ten", "on a Saturday"],
)
def test_it_comes_on_the_mornings_of_working_days_only(unit, at):
    person(unit, "mai")
    case(unit)

    assert send_due(at=at) == 0


def test_a_day_the_city_takes_off_has_no_letter(unit):
    CalendarDay.objects.create(on=date(2025, 7, 16), kind="off", name="Nghỉ")
    person(unit, "mai")
    case(unit)

    assert send_due(at=MORNING) == 0


def test_only_who_answers_for_the_unit_and_has_an_address_is_written_to(unit):
    person(unit, "mai")
    person(unit, "chair", Role.LEADER)
    person(unit, "officer", Role.FIELD_OFFICER)
    person(unit, "gone", user__is_active=False)
    MembershipFactory.create(organisation=unit)
    case(unit)

    send_due(at=MORNING)

    assert addresses() == ["chair@unit.example", "mai@unit.example"]


def test_a_leader_reads_of_all_below_and_of_who_works_by_contract(unit):
    person(unit, "chair", Role.LEADER)
    below = OrganisationFactory.create(parent=unit)
    contractor = OrganisationFactory.create()
    ContractFactory.create(owner=below, contractor=contractor)
    case(below)
    case(contractor)

    (brief,) = briefs_of(None, at=MORNING).values()

    assert brief.counts["late"] == 2


def test_who_keeps_to_one_ward_reads_of_that_ward_only(unit):
    here, there = PlaceFactory.create_batch(2)
    person(unit, "here", place=here)
    mine = case(unit, place=here)
    case(unit, place=there)
    case(unit, place=None)

    (brief,) = briefs_of(None, at=MORNING).values()

    assert brief.counts["late"] == 1
    assert [row.report for row in brief.late] == [mine]


def test_who_holds_two_roles_reads_each_case_once(unit):
    user = person(unit, "mai")
    MembershipFactory.create(organisation=unit, role=Role.LEADER, user=user)
    below = OrganisationFactory.create(parent=unit)
    MembershipFactory.create(organisation=below, user=user)
    case(below)

    (brief,) = briefs_of(None, at=MORNING).values()

    assert (brief.counts["late"], len(brief.late)) == (1, 1)


def test_a_long_list_names_a_few_and_leads_to_the_rest(unit):
    person(unit, "mai")
    for turn in range(digests.NAMED + 3):
        case(unit, due=MORNING - DAY - timedelta(minutes=turn))

    send_due(at=MORNING)

    (sent,) = mail.outbox
    page, _kind = sent.alternatives[0]
    assert page.count("/lam-viec/phan-anh/") == digests.NAMED
    assert f"({digests.NAMED + 3})" in page
    assert "Xem tất cả" in page


def test_a_morning_run_again_sends_nothing_more(unit):
    person(unit, "mai")
    case(unit)
    send_due(at=MORNING)
    person(unit, "late-comer")

    assert send_due(at=MORNING + timedelta(minutes=15)) == 0
    assert send_due(at=MORNING + DAY) == 2
    assert addresses().count("mai@unit.example") == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_moment_send_each_letter_once(unit):
    for name in ("mai", "nam", "chair"):
        person(unit, name)
    case(unit)

    def run(_turn):
        try:
            return send_due(at=MORNING)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        sent = sum(workers.map(run, range(4)))

    assert sent == 3
    assert addresses() == [f"{name}@unit.example" for name in ("chair", "mai", "nam")]


def test_what_could_not_be_sent_goes_out_the_next_time(unit, monkeypatch):
    person(unit, "mai")
    person(unit, "nam")
    case(unit)
    posted = letters.EmailMultiAlternatives.send

    def fail_for_one(message):
        if message.to == ["mai@unit.example"]:
            raise SMTPServerDisconnected("mai@unit.example")
        return posted(message)

    with monkeypatch.context() as broken:
        broken.setattr(letters.EmailMultiAlternatives, "send", fail_for_one)
        with pytest.raises(NotSent, match="1 of 2 digests of 2025-07-16") as refused:
            send_due(at=MORNING)
    assert "example" not in str(refused.value)

    assert send_due(at=MORNING + timedelta(minutes=15)) == 1
    assert addresses() == ["mai@unit.example", "nam@unit.example"]


def statements(run):
    """Return how many were run, those about single letters aside."""
    with CaptureQueriesContext(connection) as ran:
        run()
    edges = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "UPDATE")
    single = ("FOR UPDATE", "incidents_outlet")
    return len(
        [
            each
            for each in ran
            if not each["sql"].startswith(edges)
            and not any(word in each["sql"] for word in single)
        ]
    )


def test_a_morning_takes_as_many_statements_for_one_reader_as_for_twenty(unit):
    person(unit, "mai")
    case(unit)
    one = statements(lambda: send_due(at=MORNING))
    for turn in range(19):
        other = OrganisationFactory.create()
        person(other, f"person-of-{turn}")
        case(other)

    twenty = statements(lambda: send_due(at=MORNING + DAY))

    assert len(mail.outbox) == 21
    assert (one, twenty) == (8, 8)


def test_each_heading_lists_the_cases_it_counts(unit):
    reader = person(unit, "mai")
    both = case(unit, status="awaiting")

    brief = briefs_of([reader], at=MORNING)[reader.pk]

    assert (brief.counts["late"], brief.counts["results"]) == (1, 1)
    assert [row.report for row in brief.late] == [both]
    assert [row.report for row in brief.results] == [both]
