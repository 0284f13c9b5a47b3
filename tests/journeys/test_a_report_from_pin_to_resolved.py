"""The whole way of a report: a citizen, an operator, a unit, and the citizen again."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import tasks
from incidents.models import Membership, Report, Status

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in
from .filling_in import begin, go_on, review, send, until_seen

Role = Membership.Role
UNIT = "ubnd-27316"


@pytest.fixture
def photo():
    """A photo of the work done, as a phone makes it."""
    written = BytesIO()
    Image.new("RGB", (640, 480), "#7a8").save(written, "JPEG")
    return {"name": "sau.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


def work_off():
    """Do what the worker would do by now."""
    for job in ProcrastinateJob.objects.order_by("id"):
        getattr(tasks, job.task_name.removeprefix("incidents."))(**job.args)


def act(page, name):
    """Press the button of a step on the case page, unfolding its form first."""
    form = page.locator(f"form[action$='/{name}']").first
    folded = page.locator(f"details#do-{name}:not([open]) > summary")
    if folded.count():
        folded.click()
    with page.expect_navigation():
        form.locator("button").last.click()


def open_case(page, report):
    page.goto(f"/lam-viec/phan-anh/{report.public_id}")


def through_desk_and_unit(visit, staff, report, photo, *, viewport, javascript):
    """Carry a report from the operators' queue to a published result."""
    desk = visit(viewport=viewport, javascript=javascript)
    sign_in(desk, staff(Role.OPERATOR, "tt-1022"))
    desk.goto("/lam-viec/tong-dai")
    keep_shot(desk, f"queue-{viewport['width']}")
    assert javascript is False or serious(desk) == []
    desk.locator(f"a[href$='{report.public_id}']").first.click()
    desk.wait_for_load_state()
    keep_shot(desk, f"case-{viewport['width']}")
    assert javascript is False or serious(desk) == []
    act(desk, "accept_and_transfer")
    report.refresh_from_db()
    assert (report.status, report.organisation.code) == (Status.TRANSFERRED, UNIT)

    unit = visit(viewport=viewport, javascript=javascript)
    sign_in(unit, staff(Role.FOCAL_POINT, UNIT))
    unit.goto("/lam-viec/don-vi")
    keep_shot(unit, f"unit-{viewport['width']}")
    assert javascript is False or serious(unit) == []
    open_case(unit, report)
    act(unit, "acknowledge")
    act(unit, "start")
    unit.locator("a[href$='/ket-qua']").click()
    form = unit.locator("form.filing-result")
    form.locator("input[value=fixed]").check()
    form.locator("textarea[name=text]").fill("Đã dọn sạch, rửa đường.")
    form.locator("input[type=file]").last.set_input_files(photo)
    form.locator(".send-bar button").click()
    unit.wait_for_url("**/lam-viec/don-vi")
    unit.wait_for_load_state()
    report.refresh_from_db()
    assert report.status == Status.AWAITING
    work_off()

    open_case(desk, report)
    act(desk, "publish_result")
    report.refresh_from_db()
    assert report.status == Status.RESOLVED
    for page in (desk, unit):
        assert (page.complaints, page.strangers) == ([], [])


def test_by_the_map_on_a_desktop(visit, city, staff, photo, mailoutbox):
    citizen = visit(viewport=DESKTOP)
    citizen.goto("/")
    citizen.locator("incident-map canvas").wait_for()
    keep_shot(citizen, "map-1280")
    assert serious(citizen) == []
    begin(citizen)
    citizen.get_by_role("button", name="Chọn vị trí trên bản đồ").click()
    citizen.locator("pin-picker canvas").wait_for()
    box = citizen.locator("pin-picker canvas").bounding_box()
    citizen.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5)
    citizen.get_by_text("Đã chọn trên bản đồ: Phường An Đông").wait_for()
    keep_shot(citizen, "filing-1280")
    assert serious(citizen) == []
    go_on(citizen)
    until_seen(citizen, words="Xà bần đổ đầy đầu hẻm từ tối qua.")
    review(citizen)
    keep_shot(citizen, "filing-review-1280")
    assert serious(citizen) == []

    code = send(citizen)
    keep_shot(citizen, "receipt-1280")
    report = Report.objects.get(code=code)
    assert report.place_source == "tap"
    assert report.place.code == "27316"
    through_desk_and_unit(
        visit, staff, report, photo, viewport=DESKTOP, javascript=True
    )
    work_off()

    citizen.goto("/tra-cuu")
    citizen.fill("input[name=code]", code.lower().replace("-", " "))
    citizen.locator("main form button").click()
    citizen.wait_for_load_state()
    keep_shot(citizen, "lookup-1280")
    said = citizen.locator("main").inner_text()
    assert "Đã xử lý" in said
    assert "Đã dọn sạch, rửa đường." in said
    assert citizen.locator(".photos img").count() == 1
    assert "Hành Trình" not in said
    assert serious(citizen) == []
    assert (citizen.complaints, citizen.strangers) == ([], [])
    assert [sent.to for sent in mailoutbox] == [["hanh.trinh@example.org"]] * 3


def test_without_javascript_on_a_phone(visit, city, staff, photo):
    citizen = visit(viewport=PHONE, javascript=False)
    citizen.goto("/gui-phan-anh")
    citizen.get_by_text("Vệ sinh môi trường", exact=True).click()
    citizen.get_by_role("radio", name="Đổ rác, xà bần trái phép").check()
    citizen.select_option("select[name=ward]", "27316")
    citizen.fill("input[name=address]", "Hẻm 12 An Dương Vương")
    citizen.fill("textarea[name=description]", "Xà bần đổ đầy đầu hẻm từ tối qua.")
    citizen.fill("input[name='reporter.name']", "Trần Thị Hành Trình")
    citizen.fill("input[name='reporter.email']", "hanh.trinh@example.org")

    code = send(citizen)
    keep_shot(citizen, "receipt-390")
    report = Report.objects.get(code=code)
    assert (report.place_source, report.point) == ("ward", None)
    through_desk_and_unit(visit, staff, report, photo, viewport=PHONE, javascript=False)

    citizen.goto("/tra-cuu")
    citizen.fill("input[name=code]", code)
    citizen.locator("main form button").click()
    citizen.wait_for_load_state()
    keep_shot(citizen, "lookup-390")
    assert "Đã xử lý" in citizen.locator("main").inner_text()
    assert (citizen.complaints, citizen.strangers) == ([], [])
