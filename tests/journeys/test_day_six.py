"""The citizen six days later: the code is lost and nothing has come.

By the e-mail to one's own reports, to the case that is late, to its unit by a reminder;
and when the result is there, what one thinks of it, and that it is not done.
"""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.timezone import localdate
from PIL import Image

from incidents import handover, media, resolution, work
from incidents.media import look_into
from incidents.models import (
    Category,
    Organisation,
    Rating,
    RefusalReason,
    Report,
    Status,
)
from tests.factories import AttachmentFactory, focal_point, operator

from .conftest import DESKTOP, PHONE, keep_shot, serious
from .test_a_report_from_pin_to_resolved import work_off

MAIL = "sau.ngay@example.org"
UNIT = "ubnd-27316"
#: The narrowest there is, or a desktop at four times its size.
SMALL = {"width": 320, "height": 640}
FILED = {
    "category": "MT.xa-ban",
    "lat": 10.80,
    "lon": 106.65,
    "place_source": "tap",
    "description": "Xà bần đổ đầy đầu hẻm từ tối qua.",
    "reporter": {"name": "Nguyễn Sáu", "email": MAIL},
}


@pytest.fixture
def clock(monkeypatch):
    """A clock for the whole site, which can be put forward."""
    now = timezone.now

    class Clock:
        ahead = timedelta()

        def forward(self, **by):
            self.ahead += timedelta(**by)

        @property
        def at(self):
            return now() + self.ahead

    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.at)
    return clock


@pytest.fixture
def filed(city, client, clock):
    """A report of six working days ago, still with its unit, and an older one."""
    Category.objects.update(routes_itself_on=[])
    reports = []
    for category in ("HT-THOATNUOC.mat-nap", FILED["category"]):
        told = FILED | {"category": category}
        client.post("/api/v1/reports", told, content_type="application/json")
        report = Report.objects.latest("pk")
        unit = Organisation.objects.get(code=UNIT)
        at = clock.at
        handover.accept_and_transfer(report, to=unit, by=operator(), at=at, reason="x")
        clock.forward(hours=3)
        reports.append(report)
    first, second = reports
    sent = AttachmentFactory.create(report=second, original=photo("#a65"))
    media.prepare(sent.pk)
    resolve(first, clock, text="Đã đậy nắp mới.")
    second.refresh_from_db()
    work.start(second, by=focal_point(second.organisation), at=clock.at)
    clock.forward(days=12)
    return second


def photo(colour):
    """A photo that can be told from another."""
    written = BytesIO()
    Image.new("RGB", (640, 480), colour).save(written, "JPEG")
    return SimpleUploadedFile("photo.jpg", written.getvalue())


def resolve(report, clock, *, text):
    """Publish a result of the unit, with a photo of it."""
    report.refresh_from_db()
    by = focal_point(report.organisation)
    if report.status != Status.IN_PROGRESS:
        work.start(report, by=by, at=clock.at)
    photos = look_into([photo("#7a8")])
    resolution.propose_result(
        report, by=by, at=clock.at, outcome="fixed", text=text, uploads=photos
    )
    work_off()
    resolution.publish_result(report, by=operator(), at=clock.at)
    work_off()


def digits(mailoutbox):
    return re.search(r"\b\d{6}\b", mailoutbox[-1].body).group()


def look(page, name, *, javascript):
    """Keep what the page looks like; nobody may be kept out by it."""
    keep_shot(page, name)
    assert (
        page.evaluate("document.documentElement.scrollWidth")
        <= (page.viewport_size["width"])
    )
    if javascript:
        assert serious(page) == []


@pytest.mark.parametrize(
    ("viewport", "dark", "javascript"),
    [
        (PHONE, False, True),
        (DESKTOP, True, True),
        (PHONE, True, False),
        (SMALL, False, True),
    ],
    ids=["phone", "desktop-dark", "phone-without-javascript", "small-phone"],
)
def test_day_six_overdue_with_a_lost_code(
    visit, filed, clock, mailoutbox, viewport, dark, javascript
):
    tag = f"{viewport['width']}{'-dark' if dark else ''}"
    work.commit_to(
        filed,
        by=focal_point(filed.organisation),
        at=clock.at,
        until=localdate(clock.at) + timedelta(days=5),
        text="Xe chở xà bần hỏng, phải chờ xe khác.",
    )
    me = visit(viewport=viewport, dark=dark, javascript=javascript)

    me.goto("/tra-cuu")
    look(me, f"six-lookup-{tag}", javascript=javascript)
    me.get_by_role("link", name="Phản ánh của tôi").click()
    me.get_by_label("Thư điện tử hoặc số điện thoại").fill(MAIL)
    look(me, f"six-prove-{tag}", javascript=javascript)
    me.get_by_role("button", name="Gửi mã cho tôi").click()
    me.wait_for_url("**/phan-anh-cua-toi/ma")
    work_off()
    me.get_by_label("Mã sáu chữ số").fill("000000")
    me.get_by_role("button", name="Tiếp tục").click()
    assert "Bạn còn 4 lần thử" in me.get_by_role("alert").inner_text()
    look(me, f"six-code-{tag}", javascript=javascript)
    me.complaints.clear()  # The browser notes that the wrong digits were refused.
    me.get_by_label("Mã sáu chữ số").fill(digits(mailoutbox))
    me.get_by_role("button", name="Tiếp tục").click()

    me.wait_for_url("**/phan-anh-cua-toi")
    assert me.locator("main .list-link").count() == 2
    look(me, f"six-mine-{tag}", javascript=javascript)
    me.get_by_role("link", name=filed.code).click()
    me.wait_for_url(f"**/{filed.code}")
    said = me.locator("main").inner_text()
    assert "Quá hạn" in said
    assert "cam kết xử lý xong chậm nhất ngày" in said
    assert "Xe chở xà bần hỏng" in said
    assert FILED["description"] in said
    look(me, f"six-overdue-{tag}", javascript=javascript)

    me.get_by_role("link", name="Đôn đốc").click()
    look(me, f"six-remind-{tag}", javascript=javascript)
    me.get_by_role("button", name="Đôn đốc").click()
    me.wait_for_url(f"**/{filed.code}")
    said = me.locator("main").inner_text()
    assert "Đã gửi đôn đốc" in said
    assert re.search(r"có thể đôn đốc lại từ ngày \d\d/\d\d/\d{4}", said)
    assert me.get_by_role("link", name="Đôn đốc").count() == 0
    look(me, f"six-reminded-{tag}", javascript=javascript)

    clock.forward(days=1)
    resolve(filed, clock, text="Đã dọn một phần.")
    assert mailoutbox[-1].to == [MAIL]
    assert "đã được xử lý" in mailoutbox[-1].subject
    me.goto(re.search(r"http\S+/tra-cuu/\S+", mailoutbox[-1].body).group())
    look(me, f"six-result-{tag}", javascript=javascript)
    me.get_by_role("link", name="Đánh giá").click()
    # A day has gone by, and with it the proof.
    prove(me, mailoutbox)
    me.wait_for_url("**/danh-gia")
    me.get_by_role("link", name=filed.code).click()
    me.wait_for_url(f"**/{filed.code}")
    assert me.locator(".before-after.is-pair img").count() == 2
    look(me, f"six-both-{tag}", javascript=javascript)
    me.get_by_role("link", name="Đánh giá").click()
    for aspect, face in [
        ("Việc tiếp nhận", "Hài lòng"),
        ("Việc xử lý", "Rất không hài lòng"),
    ]:
        group = me.get_by_role("group", name=aspect)
        group.get_by_role("radio", name=face, exact=True).check()
    me.get_by_label("Ý kiến của bạn").fill("Còn một nửa đống.")
    look(me, f"six-rate-{tag}", javascript=javascript)
    me.get_by_role("button", name="Gửi đánh giá").click()
    me.wait_for_url(f"**/{filed.code}")
    rating = Rating.objects.get(report=filed)
    assert (rating.reception, rating.handling, rating.feedback) == (4, 1, None)
    assert "Còn một nửa" not in me.locator("main").inner_text()

    me.get_by_role("link", name="Chưa xong: phản ánh lại").click()
    me.get_by_label("Việc gì chưa xong?").fill("Nửa đống còn nguyên.")
    look(me, f"six-reopen-{tag}", javascript=javascript)
    me.get_by_role("button", name="Phản ánh lại").click()
    me.wait_for_url(f"**/{filed.code}")
    filed.refresh_from_db()
    assert filed.status == Status.REOPENED
    assert "Nửa đống còn nguyên." in me.locator("main").inner_text()
    look(me, f"six-reopened-{tag}", javascript=javascript)
    work_off()
    assert "xử lý lại phản ánh" in mailoutbox[-1].subject
    assert (me.complaints, me.strangers) == ([], [])


def prove(page, mailoutbox):
    """Give the contact, and the digits that come to it."""
    page.get_by_label("Thư điện tử hoặc số điện thoại").fill(MAIL)
    page.get_by_role("button", name="Gửi mã cho tôi").click()
    page.wait_for_url("**/ma")
    work_off()
    page.get_by_label("Mã sáu chữ số").fill(digits(mailoutbox))
    page.get_by_role("button", name="Tiếp tục").click()


def test_what_is_asked_is_answered_and_a_refusal_is_rated(
    visit, city, client, clock, mailoutbox
):
    Category.objects.update(routes_itself_on=[])
    client.post("/api/v1/reports", FILED, content_type="application/json")
    report, desk = Report.objects.get(), operator()
    handover.ask_for_information(
        report, by=desk, at=clock.at, text="Đống xà bần nằm ở đầu hẻm nào?"
    )
    work_off()
    me = visit(viewport=PHONE)

    me.goto(re.search(r"http\S+/tra-cuu/\S+", mailoutbox[-1].body).group())
    look(me, "six-asked-390", javascript=True)
    me.get_by_role("link", name="Trả lời").click()
    prove(me, mailoutbox)
    me.wait_for_url("**/bo-sung")
    assert "đầu hẻm nào" in me.locator("main").inner_text()
    look(me, "six-answer-390", javascript=True)
    me.get_by_role("button", name="Gửi câu trả lời").click()
    assert me.get_by_role("alert").first.inner_text()
    look(me, "six-answer-missing-390", javascript=True)
    me.complaints.clear()  # The browser notes that the empty answer was refused.
    me.get_by_label("Câu trả lời của bạn").fill("Hẻm 12, cạnh trường học.")
    me.get_by_role("button", name="Gửi câu trả lời").click()
    me.wait_for_url(f"**/{report.code}")
    assert "Hẻm 12, cạnh trường học." in me.locator("main").inner_text()

    reason = RefusalReason.objects.first()
    handover.refuse(
        report, by=desk, at=clock.at, reason=reason, text="Hẻm này thuộc tỉnh khác."
    )
    me.reload()
    said = me.locator("main").inner_text()
    assert said.count("Hẻm này thuộc tỉnh khác.") == 1
    look(me, "six-refused-390", javascript=True)
    with me.expect_navigation():
        me.get_by_role("link", name="Đánh giá việc tiếp nhận").click()
    assert me.get_by_role("group").count() == 1
    me.get_by_role("radio", name="Bình thường").check()
    me.get_by_role("button", name="Gửi đánh giá").click()
    me.wait_for_url(f"**/{report.code}")
    assert report.ratings.get().reception == 3
    assert (me.complaints, me.strangers) == ([], [])


def test_by_keyboard_alone_from_the_lost_code_to_the_case(visit, filed, mailoutbox):
    me = visit(viewport=DESKTOP)
    me.goto("/phan-anh-cua-toi")

    press_to(me, "Thư điện tử hoặc số điện thoại")
    me.keyboard.type(MAIL)
    me.keyboard.press("Enter")
    me.wait_for_url("**/ma")
    work_off()
    # The field for the code has the focus already.
    me.keyboard.type(digits(mailoutbox))
    me.keyboard.press("Enter")
    me.wait_for_url("**/phan-anh-cua-toi")
    press_to(me, filed.code)
    me.keyboard.press("Enter")

    me.wait_for_url(f"**/{filed.code}")
    press_to(me, "Đôn đốc")
    assert (me.complaints, me.strangers) == ([], [])


def press_to(page, name):
    """Press Tab until something of that name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(
            """() => {
                const it = document.activeElement;
                return (it.labels?.[0] ?? it).textContent;
            }"""
        )
        if name in here:
            return
    pytest.fail(f"Tab does not come to “{name}”.")
