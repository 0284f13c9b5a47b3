"""A reload, a closed tab, a dead line, a step back: nothing that was said is lost."""

from __future__ import annotations

from django.contrib.gis.geos import Point

from incidents.models import Category, Report, StagedFile, Status
from tests.factories import ReportFactory

from .conftest import PHONE, keep_shot, serious
from .filling_in import (
    WARD,
    begin,
    choose_category,
    describe,
    go_on,
    heading,
    name_ward,
    review,
    send,
    snapshot,
    stand_at,
    tell_who,
    until_seen,
)


def settle(page):
    """Wait for what is written down a moment after the last key."""
    page.wait_for_timeout(500)


def until_files(page):
    begin(page)
    name_ward(page)
    go_on(page)
    choose_category(page, "xa ban", "Đổ rác, xà bần trái phép")
    go_on(page)
    page.get_by_role("group", name="bao nhiêu").get_by_role(
        "radio", name="Vài bao"
    ).check()
    go_on(page)
    describe(page, "Xà bần đầy hẻm.")
    page.get_by_label("Chọn ảnh, video, bản ghi âm").set_input_files([snapshot()])
    page.get_by_role("listitem").get_by_text("Đã gửi xong").wait_for()
    settle(page)


def test_a_reload_stays_on_its_screen_with_all_that_was_said_and_sent(visit, city):
    page = visit(viewport=PHONE)
    until_files(page)

    page.reload()
    heading(page, "Hình ảnh, video, bản ghi âm").wait_for()
    page.get_by_role("listitem").filter(has_text="hố.jpg").wait_for()
    go_on(page)
    tell_who(page)
    review(page)
    report = Report.objects.get(code=send(page))

    assert report.answers == {"amount": "vai-bao"}
    assert report.attachments.count() == 1
    assert page.evaluate("localStorage.getItem('filing-draft')") is None


def test_a_closed_tab_is_gone_on_with_or_begun_afresh(visit, city):
    page = visit(viewport=PHONE)
    until_files(page)
    context = page.context
    page.close()

    page = context.new_page()
    page.goto("/gui-phan-anh")
    page.get_by_text("vẫn còn trên thiết bị này").wait_for()
    keep_shot(page, "filing-draft-390")
    assert serious(page) == []
    page.get_by_role("button", name="Viết tiếp").click()
    heading(page, "Hình ảnh, video, bản ghi âm").wait_for()
    page.goto("/gui-phan-anh")
    page.get_by_role("button", name="Viết lại từ đầu").click()
    page.wait_for_load_state()
    go_on(page, "Không, tiếp tục")

    assert page.get_by_role("combobox", name="Phường, xã").input_value() == ""
    assert "hanh.trinh" not in str(page.evaluate("JSON.stringify(localStorage)"))


def test_back_goes_one_screen_back_by_the_browser_and_by_the_button(visit, city):
    page = visit(viewport=PHONE)
    begin(page)
    name_ward(page)
    go_on(page)
    heading(page, "Sự việc gì?").wait_for()

    page.go_back()
    heading(page, "Sự việc ở đâu?").wait_for()
    page.go_forward()
    heading(page, "Sự việc gì?").wait_for()
    page.get_by_role("button", name="Quay lại").click()
    heading(page, "Sự việc ở đâu?").wait_for()

    assert page.get_by_role("combobox", name="Phường, xã").input_value() == WARD


def test_a_line_that_dies_while_sending_loses_nothing_and_files_nothing_twice(
    visit, city
):
    page = visit(viewport=PHONE)
    begin(page)
    name_ward(page)
    go_on(page)
    until_seen(page, words="Xà bần đầy hẻm.")
    review(page)

    def reach_and_break(route):
        route.fetch()  # It arrives; only the answer is lost.
        route.abort()

    page.route("**/gui-phan-anh", reach_and_break)
    page.get_by_role("button", name="Gửi phản ánh", exact=True).click()
    page.get_by_role("alert").get_by_text("Chưa gửi được").wait_for()
    keep_shot(page, "filing-dead-line-390")
    page.unroute("**/gui-phan-anh")
    code = send(page)

    assert Report.objects.get().code == code


def test_a_file_that_is_taken_back_is_taken_back_on_the_server_too(visit, city):
    page = visit(viewport=PHONE)
    until_files(page)
    assert StagedFile.objects.count() == 1

    page.get_by_role("button", name="Bỏ hố.jpg").click()
    page.get_by_role("listitem").filter(has_text="hố.jpg").wait_for(state="detached")
    page.wait_for_timeout(500)

    assert not StagedFile.objects.exists()


def test_what_is_open_nearby_is_shown_and_can_be_followed_instead(visit, city):
    category = Category.objects.get(code="HT-DUONGBO.o-ga")
    spot = Point(106.652, 10.802, srid=4326)
    shown = ReportFactory.create(category=category, point=spot, status=Status.ACCEPTED)
    page = visit(viewport=PHONE)
    begin(page)
    stand_at(page, 10.8021, 106.6521, 10)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_text(f"Vị trí của bạn: {WARD}").wait_for()
    go_on(page)
    choose_category(page, "o ga", "Ổ gà, mặt đường hư")
    go_on(page)

    heading(page, "Đã có ai phản ánh chưa?").wait_for()
    keep_shot(page, "filing-nearby-390")
    assert serious(page) == []
    page.get_by_role("link", name="Tôi cũng gặp sự cố này").click()
    page.wait_for_url(f"**/su-viec/{shown.public_id}/theo-doi")

    assert not Report.objects.exclude(pk=shown.pk).exists()
