"""A caller who cannot say where it is: a link, a pin, and the case goes on."""

from __future__ import annotations

import re

from incidents.models import LocationLink, Membership, Report, Status

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in, until
from .test_a_call import RING, Keys
from .test_a_report_from_pin_to_resolved import act, work_off

LINK = re.compile(r"https?://\S+/vi-tri/[\w-]+")
TOUCH = {"has_touch": True, "is_mobile": True}


def told_by_phone(desk):
    """Take the call of somebody who knows no street there, and send the link."""
    keys = Keys(desk)
    desk.goto(RING)
    desk.locator("[name=name]:focus").wait_for()
    keys.say("Nguyễn Thị Lan")
    desk.fill("[name=email]", "lan@example.org")
    desk.fill("#call-category-find", "mat nap")
    desk.locator("#call-category-find").press("Tab")
    keys.say("Nắp cống vỡ giữa đường, tôi không biết đây là đường nào.")
    keys.press("F7")
    desk.wait_for_url("**/xong")


def test_a_caller_drops_the_pin_and_the_operator_goes_on(
    visit, city, staff, mailoutbox
):
    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff(Membership.Role.OPERATOR, "tt-1022"))
    told_by_phone(desk)
    assert desk.get_by_text("Anh/chị sẽ nhận một đường dẫn").is_visible()
    keep_shot(desk, "located-asked-1280")
    assert serious(desk) == []
    report = Report.objects.get()
    assert (report.status, report.point) == (Status.RECEIVED, None)
    desk.keyboard.press("o")
    desk.wait_for_url(f"**/{report.public_id}")
    act(desk, "claim")
    assert desk.locator("case-map").count() == 0
    work_off()
    asked = next(sent for sent in mailoutbox if LINK.search(sent.body))
    assert asked.to == ["lan@example.org"]

    caller = visit(viewport=PHONE, **TOUCH)
    caller.goto(LINK.search(asked.body).group())
    keep_shot(caller, "located-link-390")
    assert serious(caller) == []
    assert report.code not in caller.content()
    caller.get_by_role("button", name="Chọn vị trí trên bản đồ").tap()
    caller.locator("pin-picker canvas").wait_for()
    caller.locator("pin-picker").scroll_into_view_if_needed()
    box = caller.locator("pin-picker canvas").bounding_box()
    caller.touchscreen.tap(
        box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5
    )
    caller.get_by_text("Đã chọn trên bản đồ: Phường Bến Thành").wait_for()
    caller.evaluate("scrollTo(0, 0)")
    keep_shot(caller, "located-pin-390")
    assert serious(caller) == []
    assert caller.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    caller.get_by_role("button", name="Gửi vị trí").tap()
    caller.get_by_role("heading", level=1, name="Đã nhận vị trí").wait_for()
    keep_shot(caller, "located-sent-390")
    assert serious(caller) == []
    assert LocationLink.objects.get().used_at is not None

    desk.reload()
    assert until(desk, lambda: desk.locator("case-map canvas").count() == 1)
    assert "Phường Bến Thành" in desk.locator("#place-title ~ dl").inner_text()
    keep_shot(desk, "located-arrived-1280")
    assert serious(desk) == []
    act(desk, "accept_and_transfer")
    report.refresh_from_db()
    assert (report.status, report.place_source) == (Status.TRANSFERRED, "tap")
    assert report.organisation.code == "tt-gtht"
    assert report.place.code == "26743"
    for page in (desk, caller):
        assert (page.complaints, page.strangers) == ([], [])


def test_a_link_that_was_used_leads_to_the_hotline(visit, city, staff, mailoutbox):
    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff(Membership.Role.OPERATOR, "tt-1022"))
    told_by_phone(desk)
    work_off()
    way = next(LINK.search(each.body) for each in mailoutbox if LINK.search(each.body))
    caller = visit(viewport=PHONE, **TOUCH)
    caller.goto(way.group())
    caller.get_by_role("combobox", name="Phường, xã").fill("ben thanh")
    caller.get_by_role("option", name="Phường Bến Thành").tap()
    caller.locator("[name=address]").fill("Trước số 45 Lê Lợi")
    caller.get_by_role("button", name="Gửi vị trí").tap()
    caller.get_by_role("heading", level=1, name="Đã nhận vị trí").wait_for()

    caller.goto(way.group())

    keep_shot(caller, "located-spent-390")
    assert serious(caller) == []
    assert caller.locator("pin-picker").count() == 0
    assert caller.locator("main a[href^='tel:']").count() == 1
    report = Report.objects.get()
    assert (report.place_source, report.declared_ward.code) == ("ward", "26743")
