"""The page of a case as a unit sees it: what is asked first, and every verb it has."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import localdate

from incidents.history import Happening, last_event, record
from incidents.models import (
    Clock,
    Event,
    Membership,
    Notice,
    ReplyTemplate,
    Report,
    Status,
)
from tests.factories import CaseFactory, MembershipFactory, focal_point

from .case_page import act, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(unit):
    """One that the unit has taken and that is not due yet."""
    case = CaseFactory.create(status=Status.ACKNOWLEDGED, organisation=unit)
    soon = timezone.now() + timedelta(days=3)
    Clock.objects.filter(report=case).update(due_at=soon)
    return case


@pytest.fixture
def late(case):
    Clock.objects.filter(report=case).update(due_at=timezone.now() - timedelta(days=2))
    return case


def offered(answer):
    return [offer.action.name for offer in answer.context["panel"].offers]


def test_a_late_case_asks_for_the_reason_and_the_day_before_all_else(client, late):
    answer = client.get(page(late))

    assert offered(answer)[0] == "commit"
    said = answer.content.decode()
    asked = said.index("Vụ này quá hạn: cho biết lý do và ngày cam kết")
    assert asked < said.index('class="btn btn-large btn-wide file-result"')


def test_who_is_in_time_is_asked_for_no_commitment(client, case):
    answer = client.get(page(case))

    assert "commit" not in offered(answer)
    assert "quá hạn" not in answer.content.decode().partition("<main")[2]


def test_a_commitment_is_kept_told_and_shown(client, late):
    until = localdate() + timedelta(days=5)

    answer = act(
        client, late, "commit", text="Chờ vật tư", committed_on=until.isoformat()
    )

    assert answer.status_code == 302
    late.refresh_from_db()
    assert late.committed_on == until
    assert Notice.objects.filter(event__code=Event.Code.COMMITTED).count() == 1
    assert f"Đã cam kết xong {until:%d/%m/%Y}" in strip(client.get(page(late)))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"text": "Chờ", "committed_on": ""}, "committed_on"),
        ({"text": "Chờ", "committed_on": "2020-01-01"}, "committed_on"),
        ({"text": "Chờ", "committed_on": "tomorrow"}, "committed_on"),
        ({"text": "", "committed_on": "2020-01-01"}, "committed_on"),
    ],
)
def test_what_a_commitment_lacks_is_said_beside_its_field(client, late, said, field):
    answer = act(client, late, "commit", **said)

    assert answer.status_code == 422
    failure = answer.context["failure"]
    assert failure.form.errors[field]
    assert 'id="do-commit" open' in " ".join(answer.content.decode().split())


def test_a_unit_writes_to_the_reporter_and_sees_no_contact(client, case):
    answer = act(client, case, "write", text="Nhà số mấy?")

    assert answer.status_code == 302
    event = case.events.get(code=Event.Code.MESSAGE)
    assert event.note.text == "Nhà số mấy?"
    assert Notice.objects.filter(event=event).count() == 1
    shown = client.get(page(case)).content.decode()
    assert "Nhà số mấy?" in shown
    assert "lan@example.org" not in shown


def test_what_the_reporter_answered_stands_first_until_somebody_acts(client, case):
    wrote = [Happening(code=Event.Code.REPLIED, text="Số 12, cổng xanh")]
    record(case, wrote, at=timezone.now(), after=last_event(case))

    before = client.get(page(case))
    act(client, case, "verify")
    after = client.get(page(case))

    assert "Người phản ánh vừa trả lời" in before.content.decode()
    assert "Người phản ánh vừa trả lời" not in after.content.decode()
    assert "Số 12, cổng xanh" in after.content.decode()


def test_a_reminder_is_shown_where_the_work_is_chosen(client, case):
    Report.objects.update(reminded_at=timezone.now())

    assert "Người phản ánh đã đôn đốc" in client.get(page(case)).content.decode()


def test_a_case_is_given_to_a_colleague(client, case, unit):
    officer = MembershipFactory.create(
        organisation=unit, role=Membership.Role.FIELD_OFFICER, user__first_name="Tư"
    ).user
    stranger = MembershipFactory.create().user

    refused = act(client, case, "assign", assignee=stranger.pk)
    nobody = act(client, case, "assign", assignee="")
    given = act(client, case, "assign", assignee=officer.pk)

    assert (refused.status_code, nobody.status_code) == (422, 422)
    assert given.status_code == 302
    case.refresh_from_db()
    assert case.assignee == officer
    assert "giao cho Tư" in client.get(page(case)).content.decode()


@pytest.mark.parametrize(
    ("action", "purpose"),
    [("write", "message"), ("note", "progress"), ("send_back", "return")],
)
def test_ready_words_are_put_into_any_form_without_a_script(
    client, case, unit, action, purpose
):
    ready = ReplyTemplate.objects.create(
        organisation=unit, purpose=purpose, name="Câu mẫu", text="Đang chuẩn bị."
    )

    answer = act(client, case, action, pick="1", words=ready.pk, text="Sáng nay:")

    assert answer.status_code == 200
    said = answer.content.decode()
    assert "Sáng nay:\nĐang chuẩn bị." in said
    assert "Lỗi:" not in said
    assert case.events.count() == 1


def test_the_way_there_and_the_point_to_copy_are_on_the_page(client, case):
    said = client.get(page(case)).content.decode()

    assert "destination=10.800000,106.700000" in said
    assert 'data-text="10.800000, 106.700000"' in said


def test_a_city_without_a_map_of_ways_offers_none(client, case, settings):
    settings.CITY = replace(settings.CITY, directions="")

    assert "Chỉ đường" not in client.get(page(case)).content.decode()


@pytest.mark.parametrize("action", ["commit", "write", "assign"])
def test_another_unit_finds_none_of_it(client, late, action):
    client.force_login(
        focal_point(CaseFactory.create(status="paused").organisation).user
    )

    assert act(client, late, action, text="Chờ").status_code == 404
    late.refresh_from_db()
    assert late.version == 1


def strip(answer):
    """The words of a page without its tags."""
    said = answer.content.decode()
    parts = [part.partition(">")[2] for part in said.split("<")]
    return " ".join("".join(parts).split())
