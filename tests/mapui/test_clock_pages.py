"""Clocks, directives and the calendar of working days, as staff see them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.timezone import localdate

from incidents.directives import direct
from incidents.models import (
    CalendarDay,
    Clock,
    DeadlineRule,
    Directive,
    Extension,
    Recount,
    Report,
    Status,
)
from incidents.permissions import actor_of
from incidents.recounting import recount
from tests.factories import (
    CaseFactory,
    DeadlineRuleFactory,
    MembershipFactory,
    OrganisationFactory,
)

from .case_page import act, page

pytestmark = pytest.mark.django_db


def offered(answer) -> list[str]:
    return [offer.action.name for offer in answer.context["panel"].offers]


def said(answer) -> str:
    return " ".join(strip_tags(answer.content.decode()).split())


def signed_in(role: str, organisation) -> Client:
    client = Client()
    client.force_login(
        MembershipFactory.create(role=role, organisation=organisation).user
    )
    return client


@pytest.fixture
def case(unit):
    """One that the unit works on, due in some days."""
    case = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    case.clocks.update(due_at=timezone.now() + timedelta(days=9))
    return case


@pytest.fixture
def late(case):
    case.clocks.update(due_at=timezone.now() - timedelta(days=2))
    return case


def aim(case: Report, *, minutes: int, step: str = "safe") -> Clock:
    """Let an internal target of a case run out so many minutes from now."""
    rule, _ = DeadlineRule.objects.get_or_create(
        is_target=True,
        step=step,
        urgency="urgent",
        starts_on=date(2000, 1, 1),
        defaults={"amount": 240, "unit": "minutes", "legal_basis": "Chỉ tiêu"},
    )
    due_at = timezone.now() + timedelta(minutes=minutes, seconds=30)
    return Clock.objects.create(
        report=case,
        party="target",
        step=step,
        organisation=case.organisation,
        rule=rule,
        started_at=due_at - timedelta(minutes=240),
        due_at=due_at,
        is_firm=False,
        calendar_version="test",
    )


def test_a_target_is_shown_as_one_by_the_minute(client, case):
    aim(case, minutes=12)

    shown = said(client.get(page(case)))

    assert "Chỉ tiêu (hết nguy hiểm): Còn 12 phút" in shown
    assert "Chỉ tiêu nội bộ: hết nguy hiểm" in shown


def test_a_missed_target_makes_a_case_late_for_nobody(client, case):
    aim(case, minutes=-30)

    answer = client.get(page(case))

    assert "Quá chỉ tiêu 29 phút" in said(answer)
    assert "commit" not in offered(answer)
    assert {"make_safe", "pause"} <= set(offered(answer))


def test_the_end_of_danger_is_offered_while_it_is_timed(client, case):
    assert "make_safe" not in offered(client.get(page(case)))
    clock = aim(case, minutes=60)

    answer = act(client, case, "make_safe", text="Đã rào chắn")

    assert answer.status_code == 302
    clock.refresh_from_db()
    assert clock.stopped_at is not None
    assert "make_safe" not in offered(client.get(page(case)))


def test_the_lists_of_unit_and_desk_tell_the_target_that_runs_out_first(client, case):
    aim(case, minutes=100)
    aim(case, minutes=3, step="acknowledge")

    shown = said(client.get("/lam-viec/don-vi"))

    assert "Chỉ tiêu (đơn vị tiếp nhận): Còn 3 phút" in shown
    assert "hết nguy hiểm" not in shown


def test_a_late_case_offers_what_comes_first_and_says_so(client, late):
    answer = client.get(page(late))

    assert "commit" in offered(answer)
    assert not {"pause", "assign", "write", "extend"} & set(offered(answer))
    assert "các bước khác mở lại" in said(answer)
    assert answer.context["panel"].may_file

    refused = act(client, late, "pause", text="Mưa", paused_until="2099-01-01")
    assert refused.status_code in (409, 422)
    until = localdate() + timedelta(days=3)
    act(client, late, "commit", text="Chờ vật tư", committed_on=until.isoformat())

    assert {"pause", "assign", "write"} <= set(offered(client.get(page(late))))


def test_a_commitment_that_was_not_kept_is_flagged_on_case_and_list(client, late):
    Report.objects.filter(pk=late.pk).update(
        committed_on=localdate() - timedelta(days=1)
    )

    assert "Không giữ cam kết" in said(client.get(page(late)))
    listed = client.get("/lam-viec/don-vi?show=broken")
    assert "Không giữ cam kết" in said(listed)
    assert late.public_id in listed.content.decode()


def test_the_leader_is_offered_more_time_for_the_unit_once(case, unit):
    leader = signed_in("leader", unit)
    assert "extend" in offered(leader.get(page(case)))

    answer = act(leader, case, "extend", working_days="2", text="Chờ thiết bị")

    assert answer.status_code == 302
    assert Extension.objects.get().working_days == 2
    shown = leader.get(page(case))
    assert "extend" not in offered(shown)
    assert "đã gia hạn thêm 2 ngày làm việc" in said(shown)


def test_more_days_than_the_city_allows_are_refused_beside_the_field(case, unit):
    leader = signed_in("leader", unit)

    answer = act(leader, case, "extend", working_days="99", text="Chờ thiết bị")

    assert answer.status_code == 422
    assert "Cho từ 1 đến 5 ngày làm việc." in said(answer)


def test_a_leader_above_directs_from_the_case_and_the_unit_answers_there(
    client, case, unit
):
    above = OrganisationFactory.create(type="department")
    unit.parent = above
    unit.save()
    leader = signed_in("leader", above)
    assert "direct" not in offered(client.get(page(case)))
    assert "direct" in offered(leader.get(page(case)))

    by = (localdate() + timedelta(days=2)).isoformat()
    act(leader, case, "direct", kind="direct", text="Xử lý trước mưa", due_on=by)
    asked = Directive.objects.get()
    shown = client.get(page(case))
    assert "Xử lý trước mưa" in said(shown)
    case.refresh_from_db()
    act(client, case, "answer_directive", directive=asked.pk, text="Sáng mai xong")
    case.refresh_from_db()
    act(leader, case, "close_directive", directive=asked.pk)

    asked.refresh_from_db()
    assert asked.state(at=timezone.now()) == "closed"
    assert "Sáng mai xong" in said(leader.get("/lam-viec/chi-dao?of=given"))
    assert "Xử lý trước mưa" in said(client.get("/lam-viec/chi-dao"))


def test_a_directive_without_words_is_refused_where_it_is_typed(case, unit):
    top = OrganisationFactory.create(type="city")
    leader = signed_in("city_leader", top)

    answer = act(leader, case, "direct", kind="direct", text="", due_on="")

    assert answer.status_code == 422
    assert not Directive.objects.exists()


def test_another_case_s_directive_cannot_be_answered_here(client, case, unit):
    top = OrganisationFactory.create(type="city")
    who = MembershipFactory.create(role="city_leader", organisation=top).user
    other = CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    direct(
        other,
        by=actor_of(who, on=localdate()),
        at=timezone.now(),
        kind="remind",
        text="Nhanh",
        due_on=localdate() + timedelta(days=1),
    )

    asked = Directive.objects.get()
    answer = act(client, case, "answer_directive", directive=asked.pk, text="Xong")

    assert answer.status_code == 422
    assert asked.answer is None


def test_empty_lists_of_directives_say_what_would_stand_there(client, unit):
    assert "Chưa có lãnh đạo nào" in said(client.get("/lam-viec/chi-dao"))
    top = signed_in("city_leader", OrganisationFactory.create(type="city"))
    assert "Bạn chưa chỉ đạo" in said(top.get("/lam-viec/chi-dao"))


@pytest.fixture
def keeper(db):
    return signed_in("administrator", OrganisationFactory.create(type="operator"))


DAY = {
    "on": "2026-12-01",
    "kind": "off",
    "name": "Nghỉ thêm",
    "legal_basis": "Quyết định 1",
}


def test_an_administrator_sees_what_a_change_moves_before_it_is_kept(keeper, case):
    DeadlineRuleFactory.create()
    case.clocks.update(
        started_at=timezone.make_aware(timezone.datetime(2026, 11, 26, 9)),
        due_at=timezone.make_aware(timezone.datetime(2026, 12, 3, 23, 59, 59)),
    )

    looked = keeper.post("/lam-viec/lich", DAY | {"look": ""})
    assert "2 ngày hạn trong 2 đang chạy sẽ dời" in said(looked)
    assert "Hiện nay 01/12/2026 là ngày làm việc." in said(looked)
    assert not CalendarDay.objects.exists()
    assert keeper.post("/lam-viec/lich", DAY | {"keep": ""}).status_code == 302
    recount(Recount.objects.get().pk, at=timezone.now())

    listed = keeper.get("/lam-viec/lich")
    assert "đã dời 2 trong 2 ngày hạn" in said(listed)
    moved = said(keeper.get(f"/lam-viec/lich/{Recount.objects.get().pk}"))
    assert "03/12/2026" in moved
    assert "04/12/2026" in moved


def test_a_day_left_to_the_country_again_needs_its_date_alone(keeper):
    CalendarDay.objects.create(**DAY)

    kept = keeper.post("/lam-viec/lich", {"on": "2026-12-01", "kind": "", "keep": ""})

    assert kept.status_code == 302
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("lacking", ["on", "name", "legal_basis"])
def test_what_a_day_lacks_is_said_beside_its_field(keeper, lacking):
    answer = keeper.post("/lam-viec/lich", DAY | {lacking: "", "keep": ""})

    assert answer.status_code == 422
    assert lacking in answer.context["form"].errors
    assert not CalendarDay.objects.exists()


def test_who_keeps_no_map_finds_no_calendar(client, unit):
    assert client.get("/lam-viec/lich").status_code == 404
    assert client.post("/lam-viec/lich", DAY | {"keep": ""}).status_code == 404
    assert client.get("/lam-viec/lich/1").status_code == 404
