"""The whole form as one page: questions, a photo, mistakes, and the receipt."""

from __future__ import annotations

from incidents.models import Report

from .conftest import PHONE, keep_shot
from .filling_in import CODE, snapshot


def choose(page, branch, name):
    page.get_by_text(branch, exact=True).click()
    page.get_by_role("radio", name=name).check()


def test_without_javascript_everything_can_be_filed_on_one_page(visit, city):
    page = visit(viewport=PHONE, javascript=False)
    page.goto("/gui-phan-anh")
    keep_shot(page, "filing-without-javascript-390")
    for number in ("113", "114", "115", "1022"):
        assert page.get_by_role("main").get_by_role("link", name=number).is_visible()

    choose(page, "Thoát nước", "Ngập nước")
    page.get_by_role("button", name="Hiện câu hỏi của loại sự việc này").click()
    page.get_by_role("radio", name="Đầu gối", exact=True).check()
    page.get_by_role("button", name="Gửi phản ánh", exact=True).click()

    summary = page.get_by_role("alert", name="Có chỗ cần bạn xem lại")
    for missing in ("cần có địa điểm", "Hãy viết", "họ tên"):
        assert missing.casefold() in summary.inner_text().casefold(), missing
    keep_shot(page, "filing-without-javascript-mistakes-390")

    page.get_by_role("combobox", name="Phường, xã").select_option("27316")
    page.get_by_role("textbox", name="Địa chỉ").fill("Hẻm 12 An Dương Vương")
    page.get_by_role("textbox", name="Nội dung phản ánh").fill("Nước ngập cả hẻm.")
    page.get_by_label("Chọn ảnh, video, bản ghi âm").set_input_files([snapshot()])
    page.get_by_role("textbox", name="Họ và tên").fill("Trần Thị Hành Trình")
    page.get_by_role("textbox", name="Số điện thoại").fill("0901 234 567")
    page.get_by_role("button", name="Gửi phản ánh", exact=True).click()

    code = CODE.search(page.get_by_role("main").inner_text()).group()
    keep_shot(page, "receipt-without-javascript-390")
    report = Report.objects.get(code=code)
    assert (report.place_source, report.declared_ward.code) == ("ward", "27316")
    assert report.answers == {"depth": "dau-goi"}
    assert report.attachments.count() == 1
    assert page.strangers == []
