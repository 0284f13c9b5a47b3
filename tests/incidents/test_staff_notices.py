from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import IntegrityError, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from incidents import handover, hearing, letters, resolution, staff_notices, work
from incidents.intake import receive
from incidents.models import (
    Category,
    Duty,
    Event,
    Membership,
    Organisation,
    StaffNotice,
)
from incidents.staff_notices import HEARD
from incidents.tasks import send_staff_notice, tell_staff
from incidents.watching import TOLD
from incidents.workflow import STEPS
from tests.factories import (
    JULY,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
)

pytestmark = pytest.mark.django_db

Role = Membership.Role
TYPED = ["Nắp-cống-kín", "12 Hẻm-kín", "Lan", "901234567", "901 234", "example.org"]


def member(organisation, name, role=Role.FOCAL_POINT, **more):
    return MembershipFactory.create(
        organisation=organisation,
        role=role,
        user__username=name,
        user__email=f"{name}@unit.example",
        **more,
    ).user


def jobs(name):
    return list(
        ProcrastinateJob.objects.filter(task_name=f"incidents.{name}")
        .order_by("id")
        .values_list("args", flat=True)
    )


def work_off():
    """Run what is asked for of the staff's letters, as the worker does."""
    for asked in jobs("tell_staff"):
        tell_staff(**asked)
    for asked in jobs("send_staff_notice"):
        send_staff_notice(**asked)
    return mail.outbox


def told():
    work_off()
    return sorted(address for sent in mail.outbox for address in sent.to)


@pytest.fixture
def urgent(telling):
    telling.category.urgency = Category.Urgency.URGENT
    telling.category.save()
    return telling


@pytest.fixture
def unit(telling):
    """The unit that reports of the fixture go to by themselves."""
    return Organisation.objects.get(code="ubnd-a")


def file(telling):
    return receive(telling, channel="portal", at=JULY).report


def test_the_focal_points_of_a_unit_hear_of_a_case_that_came_by_itself(telling, unit):
    member(unit, "mai")
    member(unit, "deputy", deputy_for=member(unit, "nam"))
    member(unit, "chair", Role.LEADER)
    member(unit, "officer", Role.FIELD_OFFICER)
    member(OrganisationFactory.create(), "elsewhere")
    file(telling)

    assert told() == [
        "deputy@unit.example",
        "mai@unit.example",
        "nam@unit.example",
    ]


@pytest.mark.parametrize(
    "gone", [{"email": ""}, {"is_active": False}, {"memberships": None}]
)
def test_the_unit_hears_a_reply_where_no_letter_reaches_who_has_the_case(gone):
    case = CaseFactory.create(status="in_progress")
    case.assignee = member(case.organisation, "officer", Role.FIELD_OFFICER)
    case.save()
    if "memberships" in gone:
        elsewhere = OrganisationFactory.create()
        Membership.objects.update(organisation=elsewhere)
    else:
        User.objects.filter(username="officer").update(**gone)
    member(case.organisation, "mai")

    hearing.reply(case, at=JULY, text="It is worse now.")

    assert told() == ["mai@unit.example"]


def test_the_unit_hears_of_an_urgent_case_where_who_was_on_duty_has_left_it(
    urgent, unit
):
    moved, mai = member(OrganisationFactory.create(), "moved"), member(unit, "mai")
    around = DateTimeTZRange(JULY - timedelta(days=1), JULY + timedelta(days=1))
    Duty.objects.create(organisation=unit, user=moved, during=around)
    event = file(urgent).events.get(code="transferred")

    assert staff_notices.who_hears(event, at=JULY) == [mai]


def test_they_hear_of_a_case_that_an_operator_transfers(telling, unit):
    other = OrganisationFactory.create()
    member(other, "theirs")
    report = file(telling)
    mail.outbox.clear()

    handover.transfer(report, to=other, by=operator(), at=JULY, reason="Theirs")

    assert told() == ["theirs@unit.example"]


def test_a_letter_names_what_where_and_by_when_and_nothing_of_the_reporter(
    telling, unit
):
    member(unit, "mai")
    telling.category.name = "Mất nắp cống"
    telling.category.save()
    said = {"description": "Nắp-cống-kín", "address": "12 Hẻm-kín"}
    report = file(replace(telling, **said))

    (sent,) = work_off()

    page, kind = sent.alternatives[0]
    assert kind == "text/html"
    for written in (sent.body, page):
        assert "Mất nắp cống" in written
        assert "Ward a" in written
        assert "16/07/2025" in written
        assert f"/lam-viec/phan-anh/{report.public_id}" in written
        for word in [*TYPED, report.code]:
            assert word not in written + sent.subject
    assert sent.subject == "Việc mới: Mất nắp cống, Ward a"
    assert '<html lang="vi">' in page
    assert "\n" not in sent.subject


@pytest.mark.parametrize("code", sorted(HEARD.keys() - {Event.Code.HANDED_OVER}))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_each_letter_is_written_in_the_language_of_who_reads_it(code, language):
    case = CaseFactory.create(
        status="transferred", category__name="Ổ gà", category__name_en="Pothole"
    )
    event = Event.objects.create(
        report=case, sequence=2, at=JULY, code=code, prev_hash=b"", hash=b"2"
    )
    user = member(case.organisation, "mai", user__language=language)

    letter = staff_notices.compose(StaffNotice(event=event, user=user, asked_at=JULY))

    assert {"vi": "Ổ gà", "en": "Pothole"}[language] in letter.subject
    assert f'<html lang="{language}">' in letter.page
    assert ("Mở vụ việc" in letter.body) == (language == "vi")
    assert "{" not in letter.body
    assert case.code not in letter.body + letter.page


def test_an_urgent_case_goes_to_who_is_on_duty_now(urgent, unit):
    member(unit, "asleep")
    awake = member(unit, "awake", Role.FIELD_OFFICER)
    later = member(unit, "later", Role.FIELD_OFFICER)
    shifts = {awake: (-1, 7), later: (7, 15)}
    for user, (begins, ends) in shifts.items():
        during = [JULY + timedelta(hours=each) for each in (begins, ends)]
        Duty.objects.create(
            organisation=unit, user=user, during=DateTimeTZRange(*during)
        )
    event = file(urgent).events.get(code="transferred")

    hears = staff_notices.who_hears(event, at=JULY)

    assert hears == [awake]
    assert staff_notices.who_hears(event, at=JULY + timedelta(hours=7)) == [later]


def test_an_urgent_case_with_nobody_on_duty_goes_to_focal_points_and_leader(
    urgent, unit
):
    member(unit, "mai")
    member(unit, "chair", Role.LEADER)
    file(urgent)

    assert told() == ["chair@unit.example", "mai@unit.example"]
    assert all(sent.subject.startswith("[KHẨN] ") for sent in mail.outbox)


def test_who_keeps_to_one_ward_hears_of_that_ward_only(telling, unit, wards):
    member(unit, "here", place=wards["a"])
    member(unit, "there", place=wards["b"])
    file(telling)

    assert told() == ["here@unit.example"]


def test_who_has_no_address_or_has_left_is_owed_nothing(telling, unit):
    MembershipFactory.create(organisation=unit)
    member(unit, "gone", user__is_active=False)
    file(telling)

    assert told() == []


def test_where_a_unit_has_nobody_the_one_above_it_hears(telling, unit):
    city = OrganisationFactory.create()
    unit.parent = city
    unit.save()
    member(city, "above")
    file(telling)

    assert told() == ["above@unit.example"]


def test_nobody_is_told_of_what_they_did(telling, unit):
    report = file(telling)
    reminded = Event.objects.get(report=report, code="transferred")
    doer = member(unit, "doer")
    member(unit, "other")
    reminded.by_id = doer.pk

    hears = staff_notices.who_hears(reminded, at=JULY)

    assert [user.username for user in hears] == ["other"]


def test_a_reopened_case_reaches_its_officer_and_who_leads(telling, unit):
    officer = member(unit, "officer", Role.FIELD_OFFICER)
    member(unit, "mai")
    member(unit, "chair", Role.LEADER)
    case = CaseFactory.create(
        status="resolved", organisation=unit, assignee=officer, resolved_at=JULY
    )

    resolution.reopen(case, at=JULY, text="Vẫn chưa xong")

    assert told() == [
        "chair@unit.example",
        "mai@unit.example",
        "officer@unit.example",
    ]
    assert "Vẫn chưa xong" not in mail.outbox[0].body


@pytest.mark.parametrize(("urgency", "heard"), [("urgent", 1), ("normal", 0)])
def test_an_urgent_case_that_comes_back_reaches_the_shift_lead(urgency, heard, unit):
    desk = OrganisationFactory.create(type="operator")
    member(desk, "lead", Role.SHIFT_LEAD)
    case = CaseFactory.create(
        status="transferred", organisation=unit, category__urgency=urgency
    )
    reason = ReturnReasonFactory.create()
    handover.send_back(
        case, by=focal_point(unit), at=JULY, reason=reason, text="Không phải của tôi"
    )

    assert len(told()) == heard


def test_a_reminder_of_what_lies_at_the_desk_reaches_the_shift_lead():
    case = CaseFactory.create(status="accepted", received_at=JULY)
    case.clocks.update(due_at=JULY + timedelta(days=7))
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    member(desk, "lead", Role.SHIFT_LEAD)
    member(desk, "operator", Role.OPERATOR)

    hearing.remind(case, at=JULY + timedelta(days=8))

    assert told() == ["lead@unit.example"]


def test_every_step_that_staff_hear_of_asks_for_its_job():
    heard = {step.event for step in STEPS.values()} & HEARD.keys()

    # Not steps: what is the law's, what the clocks say by themselves, what people say
    # of a result once it is told, what a crew says by its link, and what ends when a
    # case goes to others.
    by_itself = {code for codes in TOLD.values() for code in codes}
    said = {Event.Code.HANDED_OVER, Event.Code.CONCERN_RAISED, Event.Code.CREW_DONE}
    said |= {Event.Code.DIRECTIVE_LAPSED}
    assert heard == HEARD.keys() - by_itself - said


def test_a_task_run_twice_owes_and_sends_each_letter_once(telling, unit):
    member(unit, "mai")
    member(unit, "nam")
    file(telling)

    for _ in range(2):
        work_off()

    assert StaffNotice.objects.filter(sent_at__isnull=False).count() == 2
    assert len(mail.outbox) == 2
    assert len(jobs("send_staff_notice")) == 2


def test_a_colleague_who_comes_later_is_not_told_by_a_retry(telling, unit):
    member(unit, "mai")
    file(telling)
    work_off()
    member(unit, "late")

    assert told() == ["mai@unit.example"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_moment_send_each_letter_once(telling, unit):
    member(unit, "mai")
    event = file(telling).events.get(code="transferred")

    def run(_turn):
        try:
            tell_staff(event_id=event.pk)
            for notice in StaffNotice.objects.all():
                send_staff_notice(notice_id=notice.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(run, range(4)))

    assert StaffNotice.objects.count() == 1
    assert len(mail.outbox) == 1


def test_a_server_that_fails_is_asked_again_and_no_address_is_kept(
    telling, unit, monkeypatch, caplog
):
    member(unit, "mai")
    file(telling)

    def fail(_message):
        raise SMTPServerDisconnected("mai@unit.example refused")

    with monkeypatch.context() as broken:
        broken.setattr(letters.EmailMultiAlternatives, "send", fail)
        work_off()

    owed = StaffNotice.objects.get()
    assert (owed.state, owed.sent_at) == ("owed", None)
    assert owed.failure == "mail.SMTPServerDisconnected"
    assert "unit.example" not in caplog.text
    staff_notices.send(owed.pk, at=owed.next_try_at)
    assert [sent.to for sent in mail.outbox] == [["mai@unit.example"]]


def test_the_database_keeps_one_letter_an_event_and_person(telling, unit):
    member(unit, "mai")
    file(telling)
    work_off()
    owed = StaffNotice.objects.get()
    owed.pk = None

    with (
        pytest.raises(IntegrityError, match="staff_hear_of_an_event_once"),
        transaction.atomic(),
    ):
        owed.save(force_insert=True)


def test_who_was_given_a_case_hears_of_it_only_while_they_have_it(unit):
    first = member(unit, "first", Role.FIELD_OFFICER)
    second = member(unit, "second", Role.FIELD_OFFICER)
    case = CaseFactory.create(status="in_progress", organisation=unit)
    giver = focal_point(unit)
    work.assign(case, to=first, by=giver, at=JULY)
    work.assign(case, to=second, by=giver, at=JULY)
    case.refresh_from_db()

    stale, now = case.events.filter(code=Event.Code.ASSIGNED).order_by("sequence")

    assert staff_notices.who_hears(stale, at=JULY) == []
    assert staff_notices.who_hears(now, at=JULY) == [second]
