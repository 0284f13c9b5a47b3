"""A city leader hangs the figures on a screen in a room, and takes them down again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from incidents.models import Event, Report, WallLink

from .conftest import PHONE, keep_shot, serious, sign_in
from .test_a_month_is_led import led

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["led"]

ROOM = {"width": 1920, "height": 1080}
LARGER = {"width": 3840, "height": 2160}
MINUTE = 61_000
#: What a staff member posts, and nobody by a wall's link.
POSTED = [
    "/lam-viec/dieu-hanh/man-hinh-lon",
    "/lam-viec/tong-dai/chuyen",
    "/lam-viec/don-vi/tiep-nhan",
    "/lam-viec/don-vi/phan-cong",
    "/lam-viec/uu-tien",
    "/lam-viec/xuat-du-lieu",
]
SEND = """async address => {
  const body = new URLSearchParams({text: 'x'});
  const said = {method: 'POST', redirect: 'manual', body};
  const answer = await fetch(address, said);
  return answer.type === 'opaqueredirect' ? 302 : answer.status;
}"""
#: Words smaller than they may be on a wall; what is not on its screen or in its box.
SMALL = """least => [...document.querySelectorAll('.wall *')]
  .filter(each => !each.closest('.unseen, svg') && each.checkVisibility()
    && [...each.childNodes].some(one => one.nodeType === 3 && one.data.trim())
    && parseFloat(getComputedStyle(each).fontSize) < least)
  .map(each => each.outerHTML.slice(0, 80))"""
OUTSIDE = """() => [...document.querySelectorAll('.wall *')]
  .filter(each => !each.closest('.unseen') && each.checkVisibility())
  .filter(each => { const box = each.getBoundingClientRect();
    const frame = each.parentElement.closest('section, li, .wall-sheet');
    const most = frame ? frame.getBoundingClientRect() : box;
    return box.right > innerWidth + 1 || box.bottom > innerHeight + 1
      || box.right > most.right + 1 || box.bottom > most.bottom + 1; })
  .map(each => each.outerHTML.slice(0, 80))"""


def test_a_screen_in_a_room(visit, led):
    leader = visit()
    sign_in(leader, led)
    leader.goto("/lam-viec/dieu-hanh")
    sums = leader.locator(".sums b").all_inner_texts()
    leader.get_by_role("link", name="Màn hình lớn").click()
    leader.get_by_role("textbox", name="Phòng").fill("Phòng giao ban tầng 2")
    leader.get_by_role("combobox", name="Liên kết có hiệu lực trong").select_option("7")
    leader.get_by_role("button", name="Tạo liên kết").click()
    way = leader.locator("#wall-address").input_value()
    assert serious(leader) == []
    keep_shot(leader, "wall-made-desktop")
    phone = visit(viewport=PHONE, dark=True)
    phone.context.add_cookies(leader.context.cookies())
    phone.goto("/lam-viec/dieu-hanh/man-hinh-lon")
    keep_shot(phone, "wall-made-phone")

    room = visit(viewport=ROOM)
    room.clock.install()
    room.goto(way)
    assert room.locator(".wall-sums b").all_inner_texts() == sums
    for case in Report.objects.all():
        assert case.public_id not in room.content()
        assert case.description not in room.content()
    assert room.context.cookies() == []
    assert room.locator("a, form, button, input").count() == 0
    for screen in (ROOM, LARGER):
        room.set_viewport_size(screen)
        large = screen["width"] / ROOM["width"]
        assert room.evaluate(SMALL, 23.9 * large) == []
        assert room.evaluate(OUTSIDE) == []
        figure = room.locator(".wall-sums b").first
        size = figure.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
        assert size >= 64 * large
        assert serious(room) == []
        keep_shot(room, f"wall-{screen['width']}")
    for screen in (PHONE, {"width": 320, "height": 640}):
        room.set_viewport_size(screen)
        wide = room.evaluate("document.documentElement.scrollWidth")
        assert wide <= screen["width"]
        keep_shot(room, f"wall-{screen['width']}")
    room.set_viewport_size(ROOM)

    happened = Event.objects.count()
    answers = {address: room.evaluate(SEND, address) for address in [*POSTED, way]}
    assert answers.pop(way) == 405
    assert set(answers.values()) <= {302, 403, 405}
    assert (Event.objects.count(), WallLink.objects.count()) == (happened, 1)
    room.complaints.clear()  # The browser notes each refusal.

    room.context.set_offline(True)
    room.clock.fast_forward(MINUTE)
    expect(room.get_by_role("status")).to_contain_text("Mất kết nối từ")
    assert room.locator(".wall-sums b").all_inner_texts() == sums
    assert room.evaluate(OUTSIDE) == []
    keep_shot(room, "wall-lost")
    room.context.set_offline(False)
    room.clock.fast_forward(MINUTE)
    expect(room.get_by_role("status")).to_be_empty()
    room.complaints.clear()

    with leader.expect_navigation():
        leader.get_by_role("button", name="Thu hồi").click()
    expect(leader.get_by_text("Đã thu hồi: trong vòng một phút")).to_be_visible()
    room.clock.fast_forward(MINUTE)
    expect(room.get_by_role("heading", level=1)).to_have_text(
        "Liên kết này không hiển thị số liệu"
    )
    assert serious(room) == []
    keep_shot(room, "wall-over")
    assert (leader.complaints, leader.strangers, room.strangers) == ([], [], [])


def test_a_screen_without_scripts_asks_anew_by_itself(visit, led):
    leader = visit()
    sign_in(leader, led)
    leader.goto("/lam-viec/dieu-hanh/man-hinh-lon")
    leader.get_by_role("textbox", name="Phòng").fill("Sảnh")
    leader.get_by_role("button", name="Tạo liên kết").click()
    way = leader.locator("#wall-address").input_value()

    room = visit(viewport=ROOM, javascript=False)
    room.goto(way)

    refresh = room.locator("meta[http-equiv=refresh]")
    assert refresh.get_attribute("content") == "60"
