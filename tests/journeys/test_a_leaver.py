"""Somebody is invited, somebody leaves, somebody stands in: nothing is left behind."""

from __future__ import annotations

import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts import tasks
from accounts.models import User
from incidents.models import Category, Membership, Organisation, Report, Status
from tests.factories import PASSWORD, CaseFactory

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

Role = Membership.Role
UNIT = "ubnd-27316"
LINK = re.compile(r"https?://[^/]+(/accounts/invitation/\S+)")
#: By the password: another button beside it signs in by a passkey.
SIGN_IN = re.compile(r"^Đăng nhập$")
NEW_PASSWORD = "cau-that-dai-1022"  # noqa: S105


def work_off(mailoutbox):
    """Do what the worker would do by now; return the letters it sent."""
    mailoutbox.clear()
    for job in ProcrastinateJob.objects.filter(task_name__startswith="accounts."):
        getattr(tasks, job.task_name.removeprefix("accounts."))(**job.args)
        ProcrastinateJob.objects.filter(pk=job.pk).delete()
    return mailoutbox


def shot(page, name):
    """Keep a picture of the page, once axe has found nothing on it."""
    keep_shot(page, name)
    assert serious(page) == []


def press(page, name):
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


def follow(page, name):
    page.get_by_role("link", name=name).first.click()
    page.wait_for_load_state()


@pytest.fixture
def ward(city, staff):
    """A ward with an administrator, a leader, and an officer who has three cases."""
    unit = Organisation.objects.get(code=UNIT)
    people = {role: staff(role, UNIT) for role in (Role.ADMINISTRATOR, Role.LEADER)}
    names = {Role.ADMINISTRATOR: "Võ Thị Quản", Role.LEADER: "Lê Văn Lãnh"}
    for role, user in people.items():
        user.first_name = names[role]
        user.save()
    leaver = staff(Role.FIELD_OFFICER, UNIT)
    leaver.first_name, leaver.email = "Trần Văn Nghỉ", "nghi@example.org"
    leaver.save()
    category = Category.objects.get(code="MT.xa-ban")
    for _ in range(3):
        CaseFactory.create(
            category=category,
            status=Status.IN_PROGRESS,
            organisation=unit,
            assignee=leaver,
        )
    return people | {"leaver": leaver, "unit": unit}


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_invited_handed_over_and_deputised(visit, ward, mailoutbox, viewport):
    width = viewport["width"]
    manager = visit(viewport=viewport)
    sign_in(manager, ward[Role.ADMINISTRATOR])
    manager.goto("/lam-viec/nguoi")
    shot(manager, f"people-{width}")

    follow(manager, "Mời người mới")
    manager.get_by_label("Họ và tên").fill("Phạm Thị Mới")
    manager.get_by_label("Thư điện tử công vụ").fill("moi@example.org")
    manager.get_by_label("Cán bộ hiện trường").check()
    shot(manager, f"people-invite-{width}")
    press(manager, "Gửi lời mời")
    assert "moi@example.org" in manager.locator(".messages").inner_text()
    shot(manager, f"person-invited-{width}")

    (letter,) = work_off(mailoutbox)
    assert letter.to == ["moi@example.org"]
    colleague = visit(viewport=viewport)
    colleague.goto(LINK.search(letter.body).group(1))
    assert "Chào mừng Phạm Thị Mới" in colleague.locator("h1").inner_text()
    assert LINK.search(letter.body).group(1).split("/")[-1] not in colleague.url
    for field in colleague.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    shot(colleague, f"invitation-{width}")
    press(colleague, "Đặt mật khẩu")
    shot(colleague, f"signing-in-invited-{width}")
    colleague.locator("input[name=password]").fill(NEW_PASSWORD)
    press(colleague, SIGN_IN)
    assert "/lam-viec" in colleague.url
    new = User.objects.get(email="moi@example.org")

    leaver = visit(viewport=viewport)
    sign_in(leaver, ward["leaver"])
    leaver.goto("/lam-viec/don-vi")
    manager.goto(f"/lam-viec/nguoi/{ward['leaver'].pk}")
    shot(manager, f"person-{width}")
    follow(manager, "Nghỉ việc: bàn giao")
    moves = manager.locator(".moves").inner_text()
    assert re.search(r"3\s+vụ đang giữ", moves)
    assert re.search(r"1\s+vai trò kết thúc hôm nay", moves)
    manager.get_by_label("Ai nhận bàn giao?").select_option(label="Phạm Thị Mới")
    shot(manager, f"people-leave-{width}")
    press(manager, "Bàn giao và khóa tài khoản")
    assert "Đã giao 3 vụ cho Phạm Thị Mới" in manager.locator(".messages").inner_text()
    shot(manager, f"person-left-{width}")

    assert set(Report.objects.values_list("assignee", flat=True)) == {new.pk}
    colleague.goto("/lam-viec/don-vi?mine=1")
    keep_shot(colleague, f"unit-after-hand-over-{width}")
    assert colleague.locator("main a[href*='/lam-viec/phan-anh/']").count() >= 3
    leaver.reload()
    assert "/accounts/login" in leaver.url
    leaver.locator("input[name=username]").fill("nghi@example.org")
    leaver.locator("input[name=password]").fill(PASSWORD)
    press(leaver, SIGN_IN)
    assert "/accounts/login" in leaver.url
    shot(leaver, f"signing-in-refused-{width}")

    awaiting = CaseFactory.create(
        category=Category.objects.get(code="MT.xa-ban"),
        status=Status.AWAITING,
        approval="leader",
        organisation=ward["unit"],
    )
    there = f"/lam-viec/phan-anh/{awaiting.public_id}"
    colleague.goto(there)
    assert colleague.locator("form[action$='/approve_result']").count() == 0
    manager.goto(f"/lam-viec/nguoi/{ward[Role.LEADER].pk}")
    follow(manager, "Cử người thay")
    manager.get_by_label("Ai làm thay?").select_option(label="Phạm Thị Mới")
    shot(manager, f"people-deputy-{width}")
    press(manager, "Cử thay")
    shot(manager, f"person-deputised-{width}")
    manager.goto("/lam-viec/nguoi")
    assert "thay Lê Văn Lãnh" in manager.locator("main").inner_text()
    shot(manager, f"people-after-{width}")

    colleague.goto(there)
    with colleague.expect_navigation():
        colleague.locator("form[action$='/approve_result'] button").last.click()
    awaiting.refresh_from_db()
    assert (awaiting.status, awaiting.approval) == (Status.AWAITING, "")
    for page in (manager, colleague):
        assert (page.complaints, page.strangers) == ([], [])


def test_all_of_it_without_javascript_and_in_the_dark(visit, ward, mailoutbox):
    manager = visit(viewport={"width": 320, "height": 640}, javascript=False, dark=True)
    sign_in(manager, ward[Role.ADMINISTRATOR])
    manager.goto("/lam-viec/nguoi/moi")
    press(manager, "Gửi lời mời")
    assert "Hãy" in manager.locator(".summary-bad").inner_text()
    keep_shot(manager, "people-invite-refused-320-dark")

    manager.goto(f"/lam-viec/nguoi/{ward['leaver'].pk}/ban-giao")
    keep_shot(manager, "people-leave-320-dark")
    press(manager, "Bàn giao và khóa tài khoản")

    assert "3 vụ trả về đơn vị" in manager.locator(".messages").inner_text()
    keep_shot(manager, "person-left-320-dark")
    assert not Report.objects.exclude(assignee=None).exists()


PAGES = ["", "/moi", "/{leaver}", "/{leaver}/ban-giao", "/{leaver}/vai-tro"]


@pytest.mark.parametrize(
    ("locale", "dark", "width"), [("vi-VN", True, 1280), ("en-GB", True, 390)]
)
def test_nothing_keeps_anybody_out(visit, ward, locale, dark, width):
    page = visit(viewport={"width": width, "height": 800}, locale=locale, dark=dark)
    sign_in(page, ward[Role.ADMINISTRATOR])
    role = ward[Role.LEADER].memberships.get().pk
    steps = [f"/lam-viec/vai-tro/{role}/{step}" for step in ("doi", "ket-thuc", "thay")]
    people = [
        "/lam-viec/nguoi" + each.format(leaver=ward["leaver"].pk) for each in PAGES
    ]

    for address in [*people, *steps, "/accounts/profile", "/accounts/password"]:
        page.goto(address)
        name = re.sub(r"\d+", "n", address.strip("/")).replace("/", "-")
        keep_shot(page, f"{name}-{width}-{locale[:2]}-dark")
        assert serious(page) == [], address
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address


@pytest.mark.parametrize(("width", "dark"), [(320, False), (1280, True)])
def test_who_stands_before_the_door_is_told_what_to_do(visit, ward, width, dark):
    page = visit(viewport={"width": width, "height": 700}, dark=dark)
    tone = "dark" if dark else "light"
    for name, address in [
        ("sign-in", "/accounts/login"),
        ("forgotten", "/accounts/forgotten"),
        ("forgotten-sent", "/accounts/forgotten/sent"),
        ("reset-dead", "/accounts/reset/MQ/dead"),
        ("invitation-dead", "/accounts/invitation/MQ/dead"),
    ]:
        page.goto(address)
        keep_shot(page, f"door-{name}-{width}-{tone}")
        assert serious(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto("/accounts/login")
    for _ in range(8):
        page.locator("input[name=username]").fill("nobody")
        page.locator("input[name=password]").fill("wrong")
        press(page, SIGN_IN)
    assert "15 phút" in page.locator(".summary-bad").inner_text()
    keep_shot(page, f"door-waits-{width}-{tone}")
    assert serious(page) == []
