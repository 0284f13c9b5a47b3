from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.timezone import localdate

from incidents import handover
from incidents.models import (
    DecisionRecord,
    Membership,
    Status,
    Transfer,
)
from tests.factories import (
    JULY,
    LAN,
    AttachmentFactory,
    CaseFactory,
    OrganisationFactory,
    PlaceFactory,
    ResponsibilityFactory,
    ReturnReasonFactory,
    focal_point,
    somebody,
)

from .case_page import act, page, status_of

pytestmark = pytest.mark.django_db

Role = Membership.Role


def decided_anew(case, **given):
    """Add a decision to the one the case began with."""
    known = {"at": JULY, "engine": 1, "inputs": {}, "boundaries": [], "areas": []}
    known |= {"responsibilities": [], "doubts": []}
    known |= {"arguments": {"organisations": "UBND", "area": "Phường A"}}
    known |= {"reason": "settled", "is_approximate": False}
    return DecisionRecord.objects.create(report=case, **known | given)


def in_time(case):
    """Let a case be due in some days: who is late says why before anything else."""
    case.clocks.update(due_at=timezone.now() + timedelta(days=3))
    return case


def test_a_case_shows_what_was_told_decided_and_done(client, desk):
    unit = OrganisationFactory.create(name="Công ty Thoát nước")
    claim = ResponsibilityFactory.create(
        organisation=unit,
        place=PlaceFactory.create(),
        legal_basis="Quyết định 31",
        is_confirmed=False,
    )
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    decided_anew(
        case, organisation=unit, responsibilities=[claim.pk], doubts=["border"]
    )

    said = client.get(page(case)).content.decode()

    for each in (case.description, case.code, unit.name, "Quyết định 31"):
        assert each in said
    for hidden in (LAN.phone, LAN.email):
        assert hidden not in said


def test_a_unit_learns_neither_the_code_nor_anything_of_other_units(client, unit):
    own = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    other = CaseFactory.create(status=Status.TRANSFERRED)

    assert own.code not in client.get(page(own)).content.decode()
    assert client.get(page(other)).status_code == 404
    assert act(client, other, "acknowledge").status_code == 404
    assert client.post(f"{page(other)}/lien-he", {"why": "x"}).status_code == 404
    assert status_of(other) == Status.TRANSFERRED


def test_who_may_only_read_finds_no_button(client):
    auditor = somebody(Role.AUDITOR)
    client.force_login(auditor.user)
    case = CaseFactory.create(status=Status.RECEIVED)

    answer = client.get(page(case))

    assert answer.status_code == 200
    assert not answer.context["panel"].offers
    assert act(client, case, "accept").status_code == 403
    assert client.post(f"{page(case)}/lien-he", {"why": "x"}).status_code == 403


def test_a_step_that_is_none_is_not_there(client, desk):
    case = CaseFactory.create(status=Status.RECEIVED)

    assert act(client, case, "explode").status_code == 404
    assert client.get(f"{page(case)}/accept").url == page(case)


@pytest.mark.parametrize(
    ("was", "action", "said", "becomes"),
    [
        ("received", "accept", {}, "accepted"),
        ("received", "ask", {"text": "Số nhà?"}, "info_requested"),
        ("received", "answer", {"text": "Mở cửa lúc 7:30."}, "answered"),
        ("received", "thank", {}, "thanked"),
        ("received", "point_to_emergency", {}, "emergency"),
        ("received", "note", {"text": "Đang tìm hiểu"}, "received"),
        ("received", "claim", {}, "received"),
        ("accepted", "approve_title", {"public_title": "Mất nắp cống"}, "accepted"),
        ("awaiting", "publish_result", {}, "resolved"),
        ("awaiting", "send_result_back", {"text": "Thiếu ảnh"}, "in_progress"),
    ],
)
def test_an_operator_takes_each_step(client, desk, was, action, said, becomes):
    kind = "question" if action == "answer" else "report"
    case = CaseFactory.create(status=was, kind=kind)

    answer = act(client, case, action, **said)

    assert answer.url == page(case)
    assert status_of(case) == becomes
    after = client.get(answer.url)
    assert [each.level_tag for each in after.context["messages"]] == ["success"]


def test_a_question_that_was_filed_as_a_problem_is_called_one_and_answered(
    client, desk, leaf
):
    case = CaseFactory.create(status="received", category=leaf)
    assert "do-answer" not in client.get(page(case)).content.decode()

    named = {"category": leaf.code, "kind": "question", "reason": "Chỉ hỏi giờ"}
    act(client, case, "reclassify", **named)
    assert "do-answer" in client.get(page(case)).content.decode()
    case.refresh_from_db()
    act(client, case, "answer", text="Mở cửa lúc 7:30.")

    assert status_of(case) == "answered"


@pytest.mark.parametrize(
    ("was", "action", "said", "becomes"),
    [
        ("transferred", "acknowledge", {}, "acknowledged"),
        ("acknowledged", "verify", {}, "verifying"),
        ("acknowledged", "start", {}, "in_progress"),
        ("in_progress", "note", {"text": "Đã đặt vật tư"}, "in_progress"),
        ("paused", "resume", {}, "in_progress"),
        (
            "acknowledged",
            "send_back",
            {"text": "Của Sở Xây dựng", "return_reason": "OTHER_OWNER"},
            "returned",
        ),
    ],
)
def test_a_unit_takes_each_step(client, unit, was, action, said, becomes):
    ReturnReasonFactory.create(code="OTHER_OWNER")
    case = in_time(CaseFactory.create(status=was, organisation=unit))

    answer = act(client, case, action, **said)

    assert answer.url == page(case)
    assert status_of(case) == becomes


def test_a_unit_pauses_until_a_day_to_come(client, unit):
    case = in_time(CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit))
    today = localdate()

    past = act(client, case, "pause", paused_until=today.isoformat(), text="Mưa")
    unsaid = act(client, case, "pause", paused_until="", text="Mưa")
    ahead = act(
        client,
        case,
        "pause",
        paused_until=(today + timedelta(days=2)).isoformat(),
        text="Mưa",
    )

    assert (past.status_code, unsaid.status_code, ahead.status_code) == (422, 422, 302)
    assert "Mưa" in past.content.decode()
    assert status_of(case) == Status.PAUSED


@pytest.mark.parametrize(
    ("was", "action"),
    [("received", "accept"), ("received", "refuse"), ("awaiting", "publish_result")],
)
def test_a_unit_may_not_do_what_operators_do(client, unit, was, action):
    case = CaseFactory.create(status=was, organisation=unit)

    answer = act(client, case, action, refusal_text="x")

    assert answer.status_code in {403, 422}
    assert status_of(case) == was


@pytest.mark.parametrize("action", ["acknowledge", "start", "send_back"])
def test_an_operator_may_not_do_what_units_do(client, desk, action):
    case = CaseFactory.create(status=Status.TRANSFERRED)

    assert act(client, case, action, text="x").status_code == 403
    assert status_of(case) == Status.TRANSFERRED


def test_a_proposed_unit_is_one_press_away(client, desk):
    unit = OrganisationFactory.create(name="Công ty Cấp nước")
    case = CaseFactory.create(status=Status.RECEIVED, organisation=None)
    decided_anew(case, organisation=unit)

    said = client.get(page(case)).content.decode()
    answer = act(client, case, "accept_and_transfer", organisation=unit.code)

    assert f'name="organisation" value="{unit.code}"' in said
    assert answer.url == page(case)
    case.refresh_from_db()
    assert (case.status, case.organisation) == (Status.TRANSFERRED, unit)


def test_another_unit_than_the_proposed_needs_a_reason(client, desk):
    proposed, other = OrganisationFactory.create_batch(2)
    case = CaseFactory.create(status=Status.ACCEPTED, organisation=None)
    decided_anew(case, organisation=proposed)

    without = act(client, case, "transfer", organisation=other.name)
    unknown = act(client, case, "transfer", organisation="Không có", reason="x")
    none = act(client, case, "transfer", organisation="", reason="Vì hẻm nhỏ")
    given = act(client, case, "transfer", organisation=other.name, reason="Vì hẻm nhỏ")

    assert [each.status_code for each in (without, unknown, none)] == [422] * 3
    assert other.name in without.content.decode()
    assert "Vì hẻm nhỏ" in none.content.decode()
    assert given.status_code == 302
    assert Transfer.objects.get(report=case).reason == "Vì hẻm nhỏ"


def test_a_unit_that_returned_a_case_is_not_offered_it_again(client, desk):
    unit = OrganisationFactory.create()
    case = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    reason = ReturnReasonFactory.create()
    handover.send_back(
        case,
        by=focal_point(unit),
        at=timezone.now(),
        reason=reason,
        text="Không phải",
    )

    gathered = client.get(page(case)).context["case"]

    assert gathered.returned_by == unit
    assert gathered.proposed is None


def test_a_case_takes_as_many_statements_however_much_happened(client, desk):
    unit = OrganisationFactory.create()
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    client.get(page(case))
    with CaptureQueriesContext(connection) as few:
        client.get(page(case))

    for turn in range(8):
        case.refresh_from_db()
        act(client, case, "note", text=f"Lần {turn}")
        AttachmentFactory.create(report=case)
        CaseFactory.create(category=case.category)
    client.get(page(case))
    with CaptureQueriesContext(connection) as many:
        client.get(page(case))

    assert len(many) == len(few) <= 18
