"""A ward officer's morning on a phone: from the inbox to results, tap by tap."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.timezone import localdate
from PIL import Image

from incidents import handover
from incidents.intake import receive
from incidents.models import (
    Attachment,
    Category,
    Clock,
    Event,
    Membership,
    Notice,
    Organisation,
    Report,
    Result,
    Status,
)
from incidents.permissions import actor_of
from tests.factories import TellingFactory

from .conftest import DESKTOP, PHONE, SHOTS, keep_shot, serious, sign_in, until

Role = Membership.Role
UNIT = "ubnd-27316"
INBOX = "/lam-viec/don-vi"
SMALL = {"width": 320, "height": 640}
TOUCH = {"has_touch": True, "is_mobile": True}


class Thumb:
    """Taps on a page, and counts them."""

    def __init__(self, page):
        self.page, self.taps = page, 0

    def tap(self, selector):
        self.page.locator(selector).first.tap()
        self.taps += 1

    def go(self, selector):
        """Tap what leads to another page, and wait until it is there."""
        with self.page.expect_navigation():
            self.tap(selector)


@pytest.fixture
def photo():
    """A photo of the work done, as a phone makes it."""
    written = BytesIO()
    Image.new("RGB", (640, 480), "#7a8").save(written, "JPEG")
    return {"name": "sau.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


@pytest.fixture
def cases(city, staff):
    """Four cases in the hands of a ward, the first of them late."""
    desk = actor_of(staff(Role.OPERATOR, "tt-1022"), on=localdate())
    category = Category.objects.get(code="MT.xa-ban")
    said = [
        "Xà bần đổ đầy đầu hẻm từ tối qua.",
        "Đống gạch vỡ chắn lối đi bộ.",
        "Xe ba gác đổ xà bần lúc nửa đêm.",
        "Bao xi măng cũ bỏ ngoài vỉa hè.",
    ]
    return [_held(category, words, turn, desk) for turn, words in enumerate(said)]


def _held(category, words, turn, desk):
    now = timezone.now()
    telling = TellingFactory.create(
        category=category,
        description=words,
        point=Point(106.65 + turn * 0.004, 10.8, srid=4326),
        address=f"{12 + turn} An Dương Vương",
    )
    report = receive(telling, channel="portal", at=now).report
    if report.status == Status.RECEIVED:
        unit = report.decisions.latest("pk").organisation
        handover.accept_and_transfer(report, to=unit, by=desk, at=now)
    if turn == 0:
        gone = now - timedelta(days=2)
        started = now - timedelta(days=9)
        Clock.objects.filter(report=report).update(started_at=started, due_at=gone)
    report.refresh_from_db()
    assert (report.status, report.organisation.code) == (Status.TRANSFERRED, UNIT)
    return report


def row(report):
    return f".job:has(a[href$='{report.public_id}'])"


def fill_in_result(thumb, photo, *, text):
    """Say on the page of a result what was done, and send it."""
    thumb.tap(".outcome:has(input[value=fixed])")
    thumb.page.locator("input[capture]").set_input_files(photo)
    thumb.taps += 1
    thumb.page.locator(".taken img").wait_for()
    thumb.page.fill("textarea[name=text]", text)
    keep_shot(thumb.page, f"unit-result-{thumb.page.viewport_size['width']}")
    thumb.go(".send-bar button")
    assert urlsplit(thumb.page.url).path == INBOX


def test_from_the_inbox_to_a_result(visit, cases, staff, photo):
    late, second, third, fourth = cases
    Organisation.objects.filter(code=UNIT).update(leader_approves=True)
    leads = staff(Role.LEADER, UNIT)
    page = visit(viewport=PHONE, **TOUCH)
    sign_in(page, staff(Role.FOCAL_POINT, UNIT))
    assert urlsplit(page.url).path == INBOX
    thumb = Thumb(page)
    keep_shot(page, "unit-390")
    assert serious(page) == []
    assert not page.locator(".bulk-bar").is_visible()
    sentences = " / ".join(page.locator(".sentences a").all_inner_texts())
    assert next(" ".join(each.split()) for each in sentences.split(" / ")) == (
        "1 vụ quá hạn"
    )

    thumb.go(".sentences a")
    assert page.locator(".job").count() == 1
    assert page.locator(row(late)).is_visible()
    thumb.go(".narrow a:has-text('Chờ tiếp nhận')")
    for each in (second, third):
        thumb.tap(f"{row(each)} .choose")
    keep_shot(page, "unit-chosen-390")
    assert page.locator("chosen-count").inner_text() == "Đã chọn 2"
    thumb.go(".bulk-bar button:has-text('Tiếp nhận')")
    second.refresh_from_db()
    third.refresh_from_db()
    assert second.status == third.status == Status.ACKNOWLEDGED
    assert page.locator(".job").count() == 2
    assert thumb.taps == 5  # Two cases acknowledged, by way of the late ones.

    thumb.go(".narrow a")
    thumb.go(f"{row(second)} h3 a")
    keep_shot(page, "unit-case-390")
    assert serious(page) == []
    way = page.locator(".told-place a")
    assert way.get_attribute("href") == (
        "https://www.google.com/maps/dir/?api=1&destination=10.800000,106.654000"
    )
    assert way.get_attribute("rel") == "noreferrer"
    thumb.tap("#do-write > summary")
    page.select_option("#do-write select[name=words]", label="Hỏi rõ địa điểm")
    asked = page.locator("#do-write textarea").input_value()
    assert asked.startswith("Chúng tôi đã đến nơi")
    thumb.go("#do-write button.btn:visible")
    event = second.events.get(code=Event.Code.MESSAGE)
    assert event.note.text == asked
    assert Notice.objects.filter(event=event).count() == 1
    assert not second.contact.readings.exists()
    assert "Lan" not in page.locator("main").inner_text()

    thumb.go(".file-result")
    fill_in_result(thumb, photo, text="Đã dọn sạch, rửa đường.")
    second.refresh_from_db()
    assert second.status == Status.AWAITING

    before = thumb.taps
    thumb.go(f"{row(fourth)} a[href$='/ket-qua']")
    fill_in_result(thumb, photo, text="Đã thu gom lúc sáng.")
    fourth.refresh_from_db()
    assert fourth.status == Status.AWAITING
    # Result, outcome, camera, send: what was not even acknowledged is told in four.
    assert thumb.taps - before == 4
    assert thumb.taps == 17
    keep_shot(page, "unit-after-390")

    leader = visit(viewport=PHONE, **TOUCH)
    sign_in(leader, leads)
    leader.goto(f"{INBOX}?show=results")
    approval = Thumb(leader)
    approval.go(f"{row(second)} h3 a")
    keep_shot(leader, "unit-approval-390")
    assert serious(leader) == []
    approval.go("form[action$='/approve_result'] button")
    second.refresh_from_db()
    # The unit's own word is given; an operator publishes it.
    assert (second.approval, approval.taps) == ("", 2)
    for each in (page, leader):
        assert (each.complaints, each.strangers) == ([], [])


def test_a_bad_line_takes_neither_words_nor_photos(visit, cases, staff, photo):
    late = cases[0]
    page = visit(viewport=PHONE, **TOUCH)
    sign_in(page, staff(Role.FIELD_OFFICER, UNIT))
    page.goto(f"/lam-viec/phan-anh/{late.public_id}/ket-qua")
    page.locator(".outcome:has(input[value=fixed])").tap()
    page.fill("textarea[name=text]", "Đã dọn xong.")
    page.locator("input[capture]").set_input_files(photo)

    page.wait_for_timeout(500)
    page.reload()
    assert page.locator("textarea[name=text]").input_value() == "Đã dọn xong."
    assert page.locator("input[value=fixed]").is_checked()
    assert page.get_by_text("Ảnh cần chọn lại").is_visible()
    page.locator(".send-bar button").tap()
    page.locator(".summary-bad").wait_for()
    assert "ảnh" in page.locator(".summary-bad").inner_text()

    page.locator("input[capture]").set_input_files(photo)
    page.context.set_offline(True)
    page.locator(".send-bar button").tap()
    page.locator(".kept-note").wait_for()
    keep_shot(page, "unit-offline-390")
    page.context.set_offline(False)
    assert until(page, lambda: Result.objects.filter(report=late).exists())
    assert Attachment.objects.filter(result__report=late).count() == 1
    late.refresh_from_db()
    assert late.status == Status.AWAITING
    kept = page.evaluate(
        "Object.keys(localStorage).filter((k) => k.startsWith('draft-'))"
    )
    assert kept == []


def test_who_was_signed_out_finds_the_words_again(visit, cases, staff):
    user, there = staff(Role.FIELD_OFFICER, UNIT), f"{cases[0].public_id}/ket-qua"
    page = visit(viewport=PHONE, **TOUCH)
    sign_in(page, user)
    page.goto(f"/lam-viec/phan-anh/{there}")
    page.locator(".outcome:has(input[value=not_found])").tap()
    page.fill("textarea[name=text]", "Đến nơi không còn thấy.")

    page.context.clear_cookies(name="sessionid")
    Thumb(page).go(".send-bar button")
    assert urlsplit(page.url).path == "/accounts/login"
    sign_in(page, user)
    page.goto(f"/lam-viec/phan-anh/{there}")
    assert page.locator("textarea").input_value() == "Đến nơi không còn thấy."
    Thumb(page).go(".send-bar button")

    cases[0].refresh_from_db()
    assert cases[0].status == Status.AWAITING


def test_who_is_late_says_why_and_by_when(visit, cases, staff):
    late = cases[0]
    page = visit(viewport=PHONE, **TOUCH)
    sign_in(page, staff(Role.FOCAL_POINT, UNIT))
    page.goto(f"/lam-viec/phan-anh/{late.public_id}")
    day = localdate() + timedelta(days=3)

    assert page.locator("#do-commit").get_attribute("open") is not None
    page.fill("#do-commit textarea", "Phải chờ xe cẩu.")
    page.fill("#do-commit input[type=date]", day.isoformat())
    keep_shot(page, "unit-commit-390")
    assert serious(page) == []
    Thumb(page).go("#do-commit button.btn:visible")

    late.refresh_from_db()
    assert late.committed_on == day
    page.goto(INBOX)
    assert f"Cam kết xong {day:%d/%m/%Y}" in page.locator(row(late)).inner_text()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_map_of_a_unit_leads_to_its_cases(visit, cases, staff, viewport):
    page = visit(viewport=viewport, dark=viewport is DESKTOP)
    sign_in(page, staff(Role.FOCAL_POINT, UNIT))

    page.locator(".switch a:has-text('Bản đồ')").click()
    page.locator("unit-map[data-ready]").wait_for()
    assert page.locator(".job-pin").count() == 4
    assert page.locator(".job").count() == 4
    page.locator(".job-pin-late").focus()
    page.keyboard.press("Enter")
    page.locator(".pin-card").wait_for()
    page.wait_for_timeout(1_000)
    # As high as the window: a taller page would move the map under its pins.
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"unit-map-{viewport['width']}.png")
    assert serious(page) == []
    page.locator(".pin-title").click()
    page.wait_for_load_state()

    assert urlsplit(page.url).path == f"/lam-viec/phan-anh/{cases[0].public_id}"
    assert (page.complaints, page.strangers) == ([], [])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_of_a_unit_fit_and_are_clean(visit, cases, staff, dark):
    user = staff(Role.FOCAL_POINT, UNIT)
    Report.objects.filter(pk=cases[1].pk).update(
        assignee=user, reminded_at=timezone.now()
    )
    addresses = {
        "unit": INBOX,
        "result": f"/lam-viec/phan-anh/{cases[0].public_id}/ket-qua",
        "replies": "/lam-viec/mau-tra-loi",
        "reply": "/lam-viec/mau-tra-loi/them",
    }
    for viewport in (SMALL, PHONE, DESKTOP):
        page = visit(viewport=viewport, dark=dark)
        sign_in(page, user)
        for name, address in addresses.items():
            page.goto(address)
            keep_shot(page, f"unit-{name}-{viewport['width']}{'-dark' * dark}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"], (name, viewport)
            assert serious(page) == [], (name, viewport)
        assert (page.complaints, page.strangers) == ([], [])
        page.context.close()
