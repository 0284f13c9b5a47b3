"""Who must act is written to, with the change itself, and reads nothing of anybody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.utils import IntegrityError
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import contacting, resolution, staff_notices
from incidents.case_exports import answer_export, ask_for_export
from incidents.crews import confirm_result, make_link, report_done, set_aside
from incidents.models import (
    CaseExport,
    Category,
    Duty,
    Membership,
    Organisation,
    StaffNotice,
    Status,
)
from incidents.permissions import actor_of
from tests.factories import (
    JULY,
    LAN,
    CaseFactory,
    MembershipFactory,
    OrganisationFactory,
    focal_point,
    operator,
    somebody,
)

pytestmark = pytest.mark.django_db

Role = Membership.Role
SOON = JULY + timedelta(hours=1)
TYPED = "Cần gọi chị Lan 0901 234 567"
WORDS = {"vi": "Mở", "en": "Open the"}


@pytest.fixture
def unit():
    return OrganisationFactory.create(leader_approves=True)


@pytest.fixture
def desk():
    return OrganisationFactory.create(type=Organisation.Type.OPERATOR)


@pytest.fixture
def case(unit):
    return CaseFactory.create(
        status=Status.IN_PROGRESS, organisation=unit, description=TYPED
    )


def person(name, role, organisation, **more):
    return MembershipFactory.create(
        organisation=organisation,
        role=role,
        user__username=name,
        user__email=f"{name}@unit.example",
        **more,
    ).user


def worked_off(*, at=SOON):
    """Let the worker write what is owed, and return to whom it wrote."""
    done = set()
    while True:
        jobs = ProcrastinateJob.objects.filter(
            task_name__in=["incidents.tell_staff", "incidents.send_staff_notice"]
        ).exclude(pk__in=done)
        if not jobs:
            break
        for job in jobs:
            done.add(job.pk)
            if job.task_name == "incidents.tell_staff":
                staff_notices.tell_staff(**job.args, at=at)
            else:
                staff_notices.send(**job.args, at=at)
    return sorted(
        address.partition("@")[0] for sent in mail.outbox for address in sent.to
    )


def read():
    """Return all that was written, in every part."""
    return " ".join(
        part
        for sent in mail.outbox
        for part in (sent.subject, sent.body, sent.alternatives[0][0])
    )


def names_nobody(case=None):
    said = read()
    kept = [LAN.name, LAN.email, "901234567", "0901 234", TYPED, "Tổ 3"]
    kept += [case.code] if case else []
    return bool(said) and not any(word in said for word in kept)


def propose(case, *, by=None):
    return resolution.propose_result(
        case,
        by=by or focal_point(case.organisation),
        at=JULY,
        outcome="fixed",
        text=TYPED,
        no_photo_because="Trời tối",
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_who_leads_the_unit_hears_that_a_result_waits_for_them(case, unit, language):
    person("chair", Role.LEADER, unit, user__language=language)
    person("mai", Role.FOCAL_POINT, unit)
    person("mayor", Role.LEADER, OrganisationFactory.create())

    propose(case)

    assert worked_off() == ["chair"]
    assert {"vi": "Cần duyệt", "en": "To approve"}[language] in mail.outbox[0].subject
    assert WORDS[language] in mail.outbox[0].body
    assert f"/lam-viec/phan-anh/{case.public_id}" in mail.outbox[0].body
    assert names_nobody(case)


def test_who_stands_in_for_the_leader_hears_too_on_these_days(case, unit):
    chair = person("chair", Role.LEADER, unit)
    for name, days in {"deputy": (8, 12), "another": (12, 15)}.items():
        validity = DateRange(*(date(2025, 7, day) for day in days))
        person(name, Role.LEADER, unit, deputy_for=chair, validity=validity)

    propose(case)

    assert worked_off() == ["chair", "deputy"]


def test_of_an_urgent_result_the_leader_hears_whoever_is_on_duty(case, unit):
    Category.objects.update(urgency=Category.Urgency.URGENT)
    awake = person("awake", Role.FIELD_OFFICER, unit)
    around = DateTimeTZRange(JULY - timedelta(days=1), JULY + timedelta(days=1))
    Duty.objects.create(organisation=unit, user=awake, during=around)
    person("chair", Role.LEADER, unit)

    propose(case)

    assert worked_off() == ["chair"]


@pytest.mark.parametrize("why", ["not set so", "approved since", "sent back since"])
def test_no_leader_hears_of_a_result_that_does_not_wait_for_them(case, unit, why):
    chair = person("chair", Role.LEADER, unit)
    if why == "not set so":
        Organisation.objects.update(leader_approves=False)
    filed = propose(case)
    leads = actor_of(chair, on=JULY.date())
    if why == "approved since":
        resolution.approve_result(filed, by=leads, at=JULY)
    if why == "sent back since":
        resolution.send_result_back(filed, by=leads, at=JULY, text="Thiếu ảnh")

    assert "chair" not in worked_off()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_who_may_grant_a_contact_hears_that_a_unit_asks(case, unit, desk, language):
    person("lead", Role.SHIFT_LEAD, desk, user__language=language)
    person("taker", Role.OPERATOR, desk, user__language=language)
    person("chair", Role.LEADER, unit)

    contacting.ask_for_contact(case, by=focal_point(unit), at=JULY, why=TYPED)

    assert worked_off() == ["lead", "taker"]
    words = {"vi": "Cần quyết định", "en": "To decide"}[language]
    assert all(words in sent.subject for sent in mail.outbox)
    assert names_nobody(case)


def test_where_somebody_is_on_duty_at_the_desk_they_alone_hear_of_it(case, unit, desk):
    person("asleep", Role.OPERATOR, desk)
    awake = person("awake", Role.OPERATOR, desk)
    around = DateTimeTZRange(JULY - timedelta(days=1), JULY + timedelta(days=1))
    Duty.objects.create(organisation=desk, user=awake, during=around)

    contacting.ask_for_contact(case, by=focal_point(unit), at=JULY, why=TYPED)

    assert worked_off() == ["awake"]


@pytest.mark.parametrize("how", ["by a rule", "by somebody"])
def test_nobody_hears_of_what_was_granted_already(case, unit, desk, how, monkeypatch):
    person("lead", Role.SHIFT_LEAD, desk)
    if how == "by a rule":
        rule = contacting.ContactRule(granted_for=(case.category.urgency,))
        monkeypatch.setattr(contacting, "rule_of_city", lambda: rule)
        Category.objects.update(is_public=True)
    asked = contacting.ask_for_contact(case, by=focal_point(unit), at=JULY, why=TYPED)
    if how == "by somebody":
        contacting.grant_contact(asked, by=operator(), at=JULY)

    assert asked.answer == ("granted" if how == "by a rule" else "")
    assert worked_off() == []


def asked_for(by):
    return ask_for_export(
        by=by, at=JULY, reason=TYPED, since=JULY.date(), until=JULY.date()
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_second_person_hears_that_an_export_waits(desk, language):
    person(
        "auditor", Role.AUDITOR, OrganisationFactory.create(), user__language=language
    )
    admin = person("admin", Role.ADMINISTRATOR, desk, user__language=language)
    person("deputy", Role.ADMINISTRATOR, desk, deputy_for=admin)
    person("local", Role.ADMINISTRATOR, OrganisationFactory.create())
    person("taker", Role.OPERATOR, desk)

    asked_for(somebody(Role.SHIFT_LEAD, desk))

    assert worked_off() == ["admin", "auditor"]
    words = {"vi": "Cần quyết định", "en": "To decide"}[language]
    for sent in mail.outbox:
        assert words in sent.subject
        assert "/lam-viec/xuat-du-lieu" in sent.body
        assert "/lam-viec/xuat-du-lieu" in sent.alternatives[0][0]
        assert f'<html lang="{language}">' in sent.alternatives[0][0]
    assert names_nobody()


def test_exactly_those_are_written_to_who_may_answer(desk):
    places = [
        desk,
        OrganisationFactory.create(),
        OrganisationFactory.create(type="city"),
    ]
    people = {
        person(f"{role}-{place.pk}", role, place) for role in Role for place in places
    }

    asked_for(somebody(Role.SHIFT_LEAD, desk))

    may = {
        each
        for each in people
        if (actor := actor_of(each, on=JULY.date())) and actor.reads_access_log
    }
    assert {owed.user for owed in StaffNotice.objects.all()} == may
    assert len(may) > 3


def test_who_asked_is_not_asked_and_what_was_answered_is_not_written_of(desk):
    auditor = person("auditor", Role.AUDITOR, desk)
    other = person("other", Role.AUDITOR, desk)
    export = asked_for(actor_of(auditor, on=JULY.date()))
    (owed,) = StaffNotice.objects.all()

    by = actor_of(other, on=JULY.date())
    answer_export(export, approve=False, by=by, at=JULY)

    assert owed.user == other
    assert worked_off() == []
    owed.refresh_from_db()
    assert owed.state == "dropped"


def test_a_question_that_is_taken_back_is_written_of_to_nobody(desk):
    person("auditor", Role.AUDITOR, desk)
    lead = somebody(Role.SHIFT_LEAD, desk)

    with pytest.raises(RuntimeError), transaction.atomic():
        asked_for(lead)
        raise RuntimeError

    assert not CaseExport.objects.exists()
    assert not StaffNotice.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_the_database_keeps_each_letter_about_one_thing(desk):
    user = person("auditor", Role.AUDITOR, desk)

    with (
        pytest.raises(IntegrityError, match="staff_notice_is_about_one_thing"),
        transaction.atomic(),
    ):
        StaffNotice.objects.create(user=user, asked_at=JULY, next_try_at=JULY)


def crew_did(case, *, maker=None):
    link, _token = make_link(
        case,
        crew="Tổ 3",
        job=TYPED,
        hours=24,
        photos=(),
        by=maker or focal_point(case.organisation),
        at=JULY,
    )
    report_done(
        link,
        outcome="fixed",
        text=TYPED,
        uploads=(),
        no_photo_because="Trời tối",
        at=JULY,
    )
    return link


@pytest.mark.parametrize("language", ["vi", "en"])
def test_whose_case_it_is_hears_that_a_crew_has_done_the_job(case, unit, language):
    case.assignee = person("officer", Role.FIELD_OFFICER, unit, user__language=language)
    case.save()
    person("mai", Role.FOCAL_POINT, unit)

    crew_did(case)

    assert worked_off() == ["officer"]
    assert {"vi": "Cần xác nhận", "en": "To confirm"}[language] in mail.outbox[
        0
    ].subject
    assert names_nobody(case)


def test_where_nobody_has_the_case_the_focal_points_hear_of_the_crew(case, unit):
    person("mai", Role.FOCAL_POINT, unit)
    person("officer", Role.FIELD_OFFICER, unit)

    crew_did(case)

    assert worked_off() == ["mai"]


def test_where_a_part_works_on_it_its_focal_points_hear_of_the_crew(case, unit):
    part = OrganisationFactory.create(parent=unit)
    case.subunit, case.sub_assigned_on = part, JULY.date()
    case.verification = "true"
    case.save()
    person("mai", Role.FOCAL_POINT, unit)
    person("nam", Role.FOCAL_POINT, part)

    crew_did(case)

    assert worked_off() == ["nam"]


@pytest.mark.parametrize("settle", [confirm_result, set_aside])
def test_nobody_hears_of_a_crew_s_word_that_was_seen_to_already(case, unit, settle):
    person("mai", Role.FOCAL_POINT, unit)
    link = crew_did(case)

    settle(case, link.number, by=focal_point(unit), at=JULY)

    assert "mai" not in worked_off()


def test_a_crew_s_note_on_the_way_is_no_letter(case, unit):
    person("mai", Role.FOCAL_POINT, unit)

    make_link(
        case, crew="Tổ 3", job="", hours=2, photos=(), by=focal_point(unit), at=JULY
    )

    assert worked_off() == []
