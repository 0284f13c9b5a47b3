"""Each screen of the form on the smallest phone and a desktop, by day and by night."""

from __future__ import annotations

import pytest

from .conftest import DESKTOP, PHONE, keep_shot, serious
from .filling_in import snapshot

SMALL = {"width": 320, "height": 640}
ENGLISH = "en-GB"
SAID = {
    "start": {"vi-VN": "Không, tiếp tục", ENGLISH: "No, continue"},
    "next": {"vi-VN": "Tiếp tục", ENGLISH: "Continue"},
    "check": {"vi-VN": "Xem lại và gửi", ENGLISH: "Check and send"},
    "ward": {"vi-VN": "Phường, xã", ENGLISH: "Ward"},
    "category": {"vi-VN": "Ngập nước", ENGLISH: "Flooding"},
    "sent": {"vi-VN": "Đã gửi xong", ENGLISH: "Has arrived"},
}


@pytest.mark.parametrize(
    ("viewport", "locale", "dark"),
    [
        (SMALL, "vi-VN", False),
        (PHONE, ENGLISH, True),
        (DESKTOP, "vi-VN", False),
        (DESKTOP, ENGLISH, True),
    ],
)
def test_each_screen_fits_and_axe_finds_nothing_serious(
    visit, city, viewport, locale, dark
):
    page = visit(viewport=viewport, locale=locale, dark=dark)
    said = {name: words[locale] for name, words in SAID.items()}
    look = f"{viewport['width']}-{locale[:2]}{'-dark' if dark else ''}"

    def fits(name):
        keep_shot(page, f"filing-{name}-{look}")
        assert serious(page) == [], name
        assert (
            page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        )

    def go_on(name="next"):
        page.get_by_role("button", name=said[name], exact=True).click()

    page.goto("/gui-phan-anh")
    page.get_by_role("button", name=said["start"]).wait_for()
    fits("1-start")
    go_on("start")
    fits("2-place")
    page.get_by_role("combobox", name=said["ward"]).press_sequentially("dong")
    page.get_by_role("option").first.wait_for()
    fits("3-ward")
    page.get_by_role("option").first.click()
    go_on()
    fits("4-category")
    page.get_by_role("searchbox").fill("ngap" if locale == "vi-VN" else "flooding")
    page.get_by_role("radio", name=said["category"]).first.check()
    fits("5-chosen")
    go_on()
    fits("6-questions")
    page.get_by_role("radio").nth(1).check()
    go_on()
    page.get_by_role("textbox").fill("Nước ngập cả hẻm, xe chết máy.")
    fits("7-words")
    go_on()
    page.locator("input[type=file]").set_input_files(
        [snapshot("một-tên-tệp-rất-dài.jpg")]
    )
    page.get_by_text(said["sent"]).wait_for()
    fits("8-files")
    go_on()
    go_on()
    fits("9-missing")
    page.get_by_role("textbox").nth(0).fill("Trần Thị Hành Trình")
    page.get_by_role("textbox").nth(2).fill("hanh.trinh@example.org")
    go_on()
    page.locator(".seen-card").wait_for()
    fits("10-seen")
    go_on("check")
    page.locator("[data-ahead=route] p").first.wait_for()
    fits("11-review")
    page.locator("[data-send]").click()
    page.wait_for_url("**/gui-phan-anh/1022-*")
    fits("12-receipt")
    assert (page.complaints, page.strangers) == ([], [])
