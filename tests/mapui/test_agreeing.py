from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import arbitrating, finding, handover
from incidents.models import (
    Arbitration,
    Event,
    Membership,
    Organisation,
    Report,
    Status,
)
from tests.factories import (
    CaseFactory,
    OrganisationFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    picture,
    somebody,
)

from .case_page import act, page, status_of

pytestmark = pytest.mark.django_db

Role = Membership.Role


@pytest.fixture
def unit():
    return OrganisationFactory.create(name="Sở Xây dựng")


@pytest.fixture
def part(unit):
    return OrganisationFactory.create(name="Đội thoát nước", parent=unit)


@pytest.fixture
def case(unit):
    case = CaseFactory.create(status=Status.VERIFYING, organisation=unit)
    case.clocks.update(due_at=timezone.now() + timedelta(days=3))
    return case


@pytest.fixture
def at_work(client, unit):
    client.force_login(focal_point(unit).user)
    return client


@pytest.fixture
def lead():
    desk = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    return somebody(Role.SHIFT_LEAD, desk)


def text_of(client, case):
    return client.get(page(case)).content.decode()


def fresh(case):
    return Report.objects.get(pk=case.pk)


def test_what_was_found_is_recorded_and_then_the_case_is_shared(at_work, case, part):
    beside = OrganisationFactory.create()
    before = text_of(at_work, case)
    assert "Phân công đơn vị trực thuộc" not in before

    act(at_work, case, "record_verification", verification="true")
    seen = fresh(case)
    offered = text_of(at_work, case)
    refused = act(at_work, seen, "share", subunit=beside.code)
    given = act(at_work, seen, "share", subunit=part.code)

    assert f'value="{part.code}"' in offered
    assert f'value="{beside.code}"' not in offered
    assert refused.status_code == 422
    assert "chuyển trả về tổng đài" in refused.content.decode()
    assert given.status_code == 302
    assert fresh(case).subunit == part
    at_work.force_login(focal_point(part).user)
    theirs = text_of(at_work, case)
    assert "<b>Đội thoát nước</b> thực hiện" in theirs
    assert "Chuyển trả" not in theirs
    listed = at_work.get("/lam-viec/don-vi").content.decode()
    assert case.public_id in listed


def test_a_duplicate_is_named_and_an_operator_agrees(at_work, case, unit):
    master = CaseFactory.create(
        status=Status.IN_PROGRESS, organisation=unit, category=case.category
    )
    said = {"verification": "duplicate", "text": "Cùng một hố"}

    unnamed = act(at_work, case, "record_verification", **said)
    act(at_work, case, "record_verification", master=master.public_id, **said)
    at_work.force_login(operator().user)
    shown = text_of(at_work, case)
    act(at_work, fresh(case), "agree_duplicate")

    assert unnamed.status_code == 422
    assert f'href="{page(master)}"' in shown
    assert "Duyệt: trùng phản ánh đã có" in shown
    assert "Công bố kết quả" not in shown
    held = fresh(case)
    assert (held.status, held.master) == (Status.DUPLICATE, master)


def test_an_operator_gives_back_what_does_not_end(at_work, case):
    said = {"verification": "not_true", "text": "Không thấy hố nào"}
    act(at_work, case, "record_verification", **said)
    at_work.force_login(operator().user)

    offered = text_of(at_work, case)
    act(at_work, fresh(case), "decline_untrue", text="Ảnh chụp nơi khác")

    assert "do-decline_untrue" in offered
    assert "do-send_result_back" not in offered
    assert status_of(case) == Status.VERIFYING
    at_work.force_login(focal_point(case.organisation).user)
    assert "Ảnh chụp nơi khác" in text_of(at_work, case)


def test_who_ends_a_case_as_not_true_is_an_operator_alone(at_work, case):
    said = {"verification": "not_true", "text": "Không thấy hố nào"}
    act(at_work, case, "record_verification", **said)

    theirs = act(at_work, fresh(case), "end_untrue")
    at_work.force_login(operator().user)
    answer = act(at_work, fresh(case), "end_untrue")

    assert theirs.status_code == 403
    assert answer.status_code == 302
    assert status_of(case) == Status.RESOLVED


@pytest.mark.parametrize(("inside", "shown"), [("", "reporter"), ("staff", "staff")])
def test_progress_is_for_the_reporter_or_for_staff_as_its_writer_says(
    at_work, case, inside, shown
):
    act(at_work, case, "note", text="Đã đặt vật tư", inside=inside)

    event = case.events.latest("sequence")
    assert (event.code, event.visibility) == (Event.Code.PROGRESS, shown)
    looked = at_work.get(f"/api/v1/reports/{case.code}").json()
    told = [line["text"] for line in looked["timeline"]]
    assert ("Đã đặt vật tư" in told) is (shown == "reporter")


def test_a_return_shows_its_reason_and_its_photo_to_the_desk_alone(at_work, case):
    reason = ReturnReasonFactory.create(name="Chủ sở hữu khác")

    unsaid = act(at_work, case, "send_back", text="Của VNPT")
    answer = act(
        at_work, case, "send_back", return_reason=reason.code, attachments=picture()
    )

    assert (unsaid.status_code, answer.status_code) == (422, 302)
    photo = case.attachments.get()
    at_work.force_login(operator().user)
    said = text_of(at_work, case)
    assert "Chủ sở hữu khác" in said
    assert photo.public_id in said
    looked = at_work.get(f"/tra-cuu/{case.code}").content.decode()
    assert photo.public_id not in looked


def test_the_page_says_who_of_the_unit_may_approve_today(at_work, case, unit):
    Organisation.objects.filter(pk=unit.pk).update(leader_approves=True)
    leader = somebody(Role.LEADER, unit)
    leader.user.first_name = "Bà Hoa"
    leader.user.save()
    Report.objects.filter(pk=case.pk).update(status="in_progress")
    said = {"outcome": "answered", "text": "Đã trả lời"}
    version = {"version": fresh(case).version}
    at_work.post(f"{page(case)}/ket-qua", said | version)

    at_work.force_login(operator().user)
    desk = text_of(at_work, case)
    too_soon = act(at_work, fresh(case), "publish_result")
    at_work.force_login(leader.user)
    act(at_work, fresh(case), "approve_result")

    assert "Bà Hoa" in desk
    assert "Công bố kết quả" not in desk
    assert too_soon.status_code == 409
    assert fresh(case).approval == ""


def passed_around(case, to):
    now = timezone.now()
    for unit in (to, None):
        reason = ReturnReasonFactory.create()
        by = focal_point(case.organisation)
        case = handover.send_back(case, by=by, at=now, reason=reason, text="Không phải")
        if unit:
            case = handover.transfer(
                case, to=unit, by=operator(), at=now, reason="Địa bàn"
            )
    return case


def test_operators_see_that_it_waits_and_the_shift_lead_decides(client, case, lead):
    to, named = OrganisationFactory.create_batch(2)
    back = passed_around(case, to)
    client.force_login(operator().user)
    queue = client.get("/lam-viec/tong-dai?tab=transfer").content.decode()
    seen = text_of(client, case)
    refused = act(client, back, "transfer", organisation=named.code, reason="x")

    client.force_login(lead.user)
    listed = client.get("/lam-viec/phan-xu").content.decode()
    decided = act(
        client, fresh(case), "arbitrate", organisation=named.name, text="Theo hồ sơ"
    )

    assert "Chờ trưởng ca quyết định" in queue
    assert "Chờ trưởng ca quyết định" in seen
    assert refused.status_code == 409
    assert "chỉ trưởng ca" in refused.content.decode()
    assert "Còn 59 phút" in listed
    assert to.label in listed
    assert decided.status_code == 302
    held = fresh(case)
    assert (held.organisation, held.is_arbitrated) == (named, True)
    after = client.get("/lam-viec/phan-xu").content.decode()
    assert "Theo hồ sơ" in after
    assert "Trong một giờ" in after


def test_a_decision_that_is_late_is_shown_as_late(client, case, lead):
    passed_around(case, OrganisationFactory.create())
    Arbitration.objects.update(due_at=timezone.now() - timedelta(minutes=7, seconds=30))
    client.force_login(lead.user)

    assert "Trễ 7 phút" in client.get("/lam-viec/phan-xu").content.decode()


def test_the_page_of_disputes_is_for_the_desk(client, unit):
    client.force_login(focal_point(unit).user)

    assert client.get("/lam-viec/phan-xu").status_code == 404


def test_the_named_unit_asks_the_shift_lead_again(client, case, lead, unit):
    back = passed_around(case, OrganisationFactory.create())
    given = arbitrating.arbitrate(
        back, to=unit, by=lead, at=timezone.now(), text="Theo hồ sơ"
    )
    client.force_login(focal_point(unit).user)

    seen = text_of(client, given)
    act(client, given, "appeal", text="Có biên bản")

    assert "do-send_back" not in seen
    assert fresh(case).awaits_arbiter


def test_transfers_are_counted_for_who_answers_for_them(client, case, unit, lead):
    other = OrganisationFactory.create(name="Công ty Cấp nước")
    passed_around(case, other)
    address = "/lam-viec/chuyen"

    client.force_login(lead.user)
    every = client.get(address)
    sheet = client.get(f"{address}.csv").content.decode("utf-8-sig")
    client.force_login(somebody(Role.LEADER, unit).user)
    ours = client.get(address)
    client.force_login(somebody(Role.LEADER).user)
    none = client.get(address)
    client.force_login(focal_point(unit).user)

    assert "Công ty Cấp nước" in every.content.decode()
    assert [(row.giver, row.taker) for row in ours.context["rows"]] == [(unit, other)]
    assert none.context["rows"] == []
    assert "Sở Xây dựng" in sheet
    assert "100" in sheet
    assert client.get(address).status_code == 404
    assert client.get(f"{address}.csv").status_code == 404


def test_days_that_are_none_are_said_to_be_none(client, lead):
    client.force_login(lead.user)

    answer = client.get("/lam-viec/chuyen?from=2026-02-01&to=2026-01-01")

    assert answer.status_code == 422
    assert client.get("/lam-viec/chuyen.csv?from=x").status_code == 422


def test_what_corrections_teach_stands_in_the_workshop_and_is_put_aside(client, unit):
    seat = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    client.force_login(somebody(Role.ADMINISTRATOR, seat).user)
    address, other = "/lam-viec/xuong/goi-y", OrganisationFactory.create(name="Khác")
    empty = client.get(address).content.decode()
    category = None
    for _turn in range(2):
        told = {"category": category} if category else {}
        case = CaseFactory.create(status="transferred", organisation=unit, **told)
        category = case.category
        now, desk = timezone.now(), operator()
        handover.transfer(case, to=other, by=desk, at=now, reason="Nhầm")

    shown = client.get(address)
    said = {
        "category": category.code,
        "place": "",
        "corrects": unit.code,
        "organisation": other.code,
    }
    unsaid = client.post(address, said)
    aside = client.post(address, said | {"reason": "Chỉ trong đợt mưa"})

    assert "Chưa có lần sửa nào" in empty
    text = shown.content.decode()
    assert f"?category={category.code}&amp;unit={unit.code}" in text
    assert (unsaid.status_code, aside.status_code) == (422, 302)
    assert client.get(address).context["rows"] == []


def test_ways_out_are_listed_for_operators_as_what_they_are(client, case):
    by = focal_point(case.organisation)
    finding.record_verification(
        case, outcome="not_true", text="Không có", by=by, at=timezone.now()
    )
    client.force_login(operator().user)

    listed = client.get("/lam-viec/tong-dai?tab=approval").content.decode()

    assert "Chờ tổng đài duyệt: không đúng như phản ánh" in listed
