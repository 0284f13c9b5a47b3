"""What a screen reader is told on each screen, word for word; and a way by it alone.

The kept texts stand in `screens/`. Where a screen is meant to have changed, delete its
file, run this once, and read what was written anew before keeping it.
"""

from __future__ import annotations

import re
from pathlib import Path

from incidents.models import Report

from .conftest import PHONE
from .filling_in import (
    begin,
    choose_category,
    describe,
    go_on,
    heading,
    name_ward,
    review,
    send,
    stand_at,
    tell_who,
)

SCREENS = Path(__file__).with_name("screens")
#: What is another every day.
CHANGING = (
    (re.compile(r"\d{2}/\d{2}/\d{4}"), "<day>"),
    (re.compile(r"1022-\d{6}-[0-9A-Z]{6}-[0-9A-Z]"), "<code>"),
    (re.compile(r"http://localhost:\d+"), "<site>"),
)


def told(page):
    said = page.get_by_role("main").aria_snapshot()
    for changing, steady in CHANGING:
        said = changing.sub(steady, said)
    return said + "\n"


def hears(page, name):
    """Compare what is told with the kept text; a missing one is written, and fails."""
    kept = SCREENS / f"{name}.yml"
    said = told(page)
    if not kept.exists():
        SCREENS.mkdir(exist_ok=True)
        kept.write_text(said)
        raise AssertionError(f"{kept.name} was not kept yet: read it, and run again")
    assert said == kept.read_text(), name


def test_every_screen_says_what_it_is_and_the_report_is_sent_by_role_and_name(
    visit, city
):
    page = visit(viewport=PHONE)
    page.goto("/gui-phan-anh")
    page.get_by_role("button", name="Không, tiếp tục").wait_for()
    hears(page, "1-start")
    begin(page)
    page.get_by_role("combobox", name="Địa chỉ, hoặc gần chỗ nào").wait_for()
    hears(page, "2-place")
    go_on(page)
    hears(page, "3-place-missing")
    name_ward(page)
    go_on(page)
    heading(page, "Sự việc gì?").wait_for()
    hears(page, "4-category")
    choose_category(page, "xa ban", "Đổ rác, xà bần trái phép")
    hears(page, "5-category-found")
    go_on(page)
    heading(page, "Thêm vài chi tiết").wait_for()
    hears(page, "6-questions")
    go_on(page)
    heading(page, "Bạn thấy gì?").wait_for()
    hears(page, "7-words")
    describe(page, "Xà bần đổ đầy đầu hẻm.")
    heading(page, "Hình ảnh, video, bản ghi âm").wait_for()
    hears(page, "8-files")
    go_on(page)
    heading(page, "Trả lời bạn bằng cách nào?").wait_for()
    hears(page, "9-who")
    go_on(page)
    hears(page, "10-who-missing")
    tell_who(page)
    page.get_by_text("Ủy ban nhân dân").first.wait_for()
    hears(page, "11-seen")
    review(page)
    page.get_by_text("Dự kiến chuyển").wait_for()
    hears(page, "12-review")
    code = send(page)
    page.get_by_role("button", name="In").wait_for()
    hears(page, "13-receipt")

    assert Report.objects.get(code=code).declared_ward.code == "27316"
    assert page.complaints == []


def test_a_position_between_two_wards_is_asked_about_aloud(visit, city):
    page = visit(viewport=PHONE)
    begin(page)
    stand_at(page, 10.80, 106.6999, 60)

    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_role("button", name="Dùng ngay vị trí này").click()
    page.get_by_role("status").get_by_text(
        "có thể thuộc Phường An Đông hoặc Phường Bến Thành"
    ).wait_for()
    hears(page, "place-between-two")
    asked = page.get_by_role("group", name="Sự việc ở phường nào?")
    asked.get_by_role("radio", name="Phường Bến Thành").check()
    go_on(page)
    heading(page, "Sự việc gì?").wait_for()
    page.go_back()
    heading(page, "Sự việc ở đâu?").wait_for()

    assert (
        page.get_by_role("combobox", name="Phường, xã").input_value()
        == "Phường Bến Thành"
    )


def test_which_of_two_wards_it_was_is_no_answer_for_another_point(visit, city):
    page = visit(viewport=PHONE)
    begin(page)
    stand_at(page, 10.80, 106.6999, 60)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_role("button", name="Dùng ngay vị trí này").click()
    asked = page.get_by_role("group", name="Sự việc ở phường nào?")
    asked.get_by_role("radio", name="Phường Bến Thành").check()

    stand_at(page, 10.80, 106.65, 10)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_text("Vị trí của bạn: Phường An Đông, ± 10 m").wait_for()

    assert page.get_by_role("combobox", name="Phường, xã").input_value() == ""


def test_a_category_that_needs_a_place_leads_back_to_it(visit, city):
    page = visit(viewport=PHONE)
    begin(page)
    page.get_by_role("checkbox", name="Sự việc không có địa điểm").check()
    go_on(page)
    choose_category(page, "o ga", "Ổ gà, mặt đường hư")

    go_on(page)
    said = page.get_by_role("alert").filter(has_text="cần có địa điểm")
    said.get_by_role("link", name="Cho biết địa điểm").click()
    heading(page, "Sự việc ở đâu?").wait_for()
    name_ward(page)
    go_on(page)
    go_on(page)

    heading(page, "Thêm vài chi tiết").wait_for()
