"""At night, in the rain, on a thin line: a position that jumps, a photo that fails."""

from __future__ import annotations

import re
from io import BytesIO
from time import monotonic

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.views.decorators.gzip import gzip_page
from PIL import Image

from incidents.models import Attachment, Report, StagedFile

from .conftest import PHONE, keep_shot, serious
from .filling_in import (
    WARD,
    begin,
    choose_category,
    describe,
    go_on,
    heading,
    review,
    send,
    snapshot,
    stand_at,
    tell_who,
)

#: 3G where it is poor: 400 kbit/s each way, and 400 ms until anything comes.
THIN = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}
KB = 1024


@pytest.fixture(autouse=True)
def _packed(monkeypatch):
    """Serve scripts and styles packed, as the site does."""
    plain = StaticFilesHandler.serve

    def serve(self, request):
        answer = plain(self, request)
        return gzip_page(lambda _: answer)(request)

    monkeypatch.setattr(StaticFilesHandler, "serve", serve)


def thin_line(page):
    """Put the page on a thin line; return how many bytes came over it, as they come."""
    came = []
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", THIN)
    line.on(
        "Network.loadingFinished", lambda each: came.append(each["encodedDataLength"])
    )
    return came


def test_the_first_screen_can_be_used_within_three_seconds_on_a_thin_line(visit, city):
    page = visit(viewport=PHONE)
    came = thin_line(page)

    begun = monotonic()
    page.goto("/gui-phan-anh", wait_until="commit")
    go_on(page, "Không, tiếp tục")
    heading(page, "Sự việc ở đâu?").wait_for()
    took = monotonic() - begun
    page.wait_for_load_state("networkidle")

    assert took < 3, f"{took:.1f} s"
    assert sum(came) <= 90 * KB, f"{sum(came) / KB:.0f} KB"


def test_a_wet_phone_files_with_a_jumping_position_and_a_photo_that_fails(visit, city):
    page = visit(viewport=PHONE)
    thin_line(page)
    tries = []

    def fail_once(route):
        tries.append(route.request.method)
        route.abort() if tries.count("POST") == 1 else route.continue_()

    page.route("**/gui-phan-anh/tep", fail_once)
    begin(page)
    page.context.grant_permissions(["geolocation"])

    said = page.get_by_role("status").filter(has_text="±")
    stand_at(page, 10.801, 106.651, 80)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    said.get_by_text("± 80 m, đang tìm chính xác hơn…").wait_for()
    stand_at(page, 10.802, 106.652, 35)
    said.get_by_text("± 35 m, đang tìm chính xác hơn…").wait_for()
    stand_at(page, 10.83, 106.74, 150)
    page.wait_for_timeout(600)
    keep_shot(page, "wet-phone-position-390")
    page.get_by_role("button", name="Dùng ngay vị trí này").click()
    page.get_by_text(f"Vị trí của bạn: {WARD}, ± 35 m").wait_for()
    go_on(page)
    choose_category(page, "nap cong", "Mất nắp cống, nắp hố ga")
    go_on(page)
    page.get_by_role("group", name="rào chắn").get_by_role(
        "radio", name="Không"
    ).check()
    go_on(page)
    describe(page, "Mất nắp cống giữa đường, trời mưa không thấy gì.")

    photo = snapshot("hố.jpg", size=(3200, 2400))
    page.get_by_label("Chọn ảnh, video, bản ghi âm").set_input_files([photo])
    failed = page.get_by_role("alert").get_by_text("Chưa gửi được hố.jpg")
    failed.wait_for(timeout=30_000)
    keep_shot(page, "wet-phone-failed-390")
    assert serious(page) == []
    page.unroute("**/gui-phan-anh/tep")
    page.get_by_role("button", name="Thử lại: hố.jpg").click()
    page.get_by_role("listitem").get_by_text(re.compile(r"Đã gửi \d+ %")).wait_for()
    page.get_by_role("listitem").get_by_text("Đã gửi xong").wait_for(timeout=120_000)
    keep_shot(page, "wet-phone-sent-390")
    go_on(page)
    tell_who(page)
    review(page)
    keep_shot(page, "wet-phone-review-390")
    code = send(page)

    report = Report.objects.get(code=code)
    assert (report.place_source, report.accuracy) == ("gps", 35)
    assert (round(report.point.y, 4), round(report.point.x, 4)) == (10.802, 106.652)
    assert report.answers == {"marked": "no"}
    attached = Attachment.objects.get(report=report)
    with attached.original.open("rb") as kept:
        sent = Image.open(BytesIO(kept.read()))
    assert max(sent.size) == 2560
    assert not sent.getexif()
    assert not StagedFile.objects.exists()


def test_a_report_is_not_sent_silently_without_a_file(visit, city):
    page = visit(viewport=PHONE)
    page.route("**/gui-phan-anh/tep", lambda route: route.abort())
    begin(page)
    stand_at(page, 10.80, 106.65, 10)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_text(f"Vị trí của bạn: {WARD}").wait_for()
    go_on(page)
    choose_category(page, "o ga", "Ổ gà, mặt đường hư")
    go_on(page)
    heading(page, "Thêm vài chi tiết").wait_for()
    go_on(page)
    describe(page, "Ổ gà sâu.")
    page.get_by_label("Chọn ảnh, video, bản ghi âm").set_input_files([snapshot()])
    page.get_by_role("alert").get_by_text("Chưa gửi được").wait_for()
    go_on(page)
    tell_who(page)
    review(page)

    page.get_by_role("button", name="Gửi phản ánh", exact=True).click()
    asked = page.get_by_role("alertdialog", name="Các tệp này chưa gửi được:")
    asked.wait_for()
    keep_shot(page, "filing-without-a-file-390")
    assert not Report.objects.exists()
    asked.get_by_role("button", name="Gửi không kèm tệp này").click()
    page.wait_for_url("**/gui-phan-anh/1022-*")

    assert Report.objects.get().attachments.count() == 0


def test_a_file_taken_out_on_its_way_holds_up_no_other(visit, city):
    page = visit(viewport=PHONE)
    stuck = []
    page.route("**/gui-phan-anh/tep", lambda each: stuck.append(each), times=1)
    begin(page)
    page.goto("/gui-phan-anh#tep")
    files = [snapshot("một.jpg"), snapshot("hai.jpg")]
    page.get_by_label("Chọn ảnh, video, bản ghi âm").set_input_files(files)
    page.get_by_role("listitem").filter(has_text="hai.jpg").get_by_text(
        "Đang chờ"
    ).wait_for()

    page.get_by_role("button", name="Bỏ một.jpg").click()

    page.get_by_role("listitem").get_by_text("Đã gửi xong").wait_for()
    assert len(stuck) == 1
    assert StagedFile.objects.get().name == "hai.jpg"
