"""A crew without accounts: from the officer's link to the result that is confirmed."""

from __future__ import annotations

from incidents.models import CrewLink, Event, Membership, Result, Status

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in, until
from .test_a_ward_officer import SMALL, TOUCH, UNIT, cases, photo

__all__ = ["cases", "photo"]


def test_a_crew_s_one_time_link(visit, cases, staff, photo):
    case = cases[1]
    officer = visit(viewport=PHONE, **TOUCH)
    sign_in(officer, staff(Membership.Role.FOCAL_POINT, UNIT))
    officer.goto(f"/lam-viec/phan-anh/{case.public_id}")
    officer.get_by_role("link", name="Giao việc cho tổ đội").tap()
    officer.get_by_role("textbox", name="Tổ đội").fill("Tổ vệ sinh 2")
    officer.get_by_role("textbox", name="Việc cần làm").fill(
        "Dọn đống gạch vỡ, rửa lối đi."
    )
    officer.get_by_role("button", name="Tạo liên kết").tap()
    officer.locator(".crew-new").wait_for()
    keep_shot(officer, "crew-link-390")
    assert serious(officer) == []
    way = officer.locator("#crew-address").input_value()

    crew = visit(viewport=SMALL, **TOUCH)
    crew.goto(way)
    said = crew.locator("main").inner_text()
    assert "Dọn đống gạch vỡ" in said
    assert case.description not in said
    assert until(crew, lambda: crew.locator("case-map canvas").count() == 1)
    keep_shot(crew, "crew-job-320")
    assert serious(crew) == []
    wide = crew.evaluate("document.documentElement.scrollWidth")
    assert wide <= SMALL["width"]
    crew.locator(".outcome:has(input[value=fixed])").tap()
    crew.locator("input[capture]").set_input_files(photo)
    crew.locator(".taken img").wait_for()
    crew.locator("#done-text").fill("Đã dọn sạch.")
    crew.context.set_offline(True)
    crew.locator(".send-bar button").tap()
    crew.locator(".kept-note").wait_for()
    keep_shot(crew, "crew-kept-320")
    crew.complaints.clear()  # The browser notes that there was no line.
    crew.context.set_offline(False)
    assert until(crew, lambda: CrewLink.objects.filter(spent_at__isnull=False))
    crew.goto(way)
    crew.get_by_text("Đã báo xong").first.wait_for()
    keep_shot(crew, "crew-done-320")
    assert serious(crew) == []

    officer.goto(f"/lam-viec/phan-anh/{case.public_id}/to-doi")
    assert "Đã dọn sạch." in officer.locator("main").inner_text()
    keep_shot(officer, "crew-confirm-390")
    assert serious(officer) == []
    with officer.expect_navigation():
        officer.get_by_role("button", name="Xác nhận là kết quả").tap()
    case.refresh_from_db()
    assert case.status == Status.AWAITING
    assert Result.objects.get(report=case).attachments.count() == 1
    codes = set(case.events.values_list("code", flat=True))
    assert {Event.Code.CREW_LINKED, Event.Code.CREW_DONE} <= codes
    assert (officer.complaints, officer.strangers) == ([], [])
    assert (crew.complaints, crew.strangers) == ([], [])


def test_a_round_on_the_map_on_paper_and_for_a_navigator(visit, cases, staff):
    user = staff(Membership.Role.FOCAL_POINT, UNIT)
    for viewport in (PHONE, DESKTOP):
        page = visit(
            viewport=viewport,
            dark=viewport is DESKTOP,
            geolocation={"latitude": 10.8, "longitude": 106.67},
            permissions=["geolocation"],
        )
        sign_in(page, user)
        page.goto("/lam-viec/don-vi/lo-trinh?of=all")
        page.locator("round-map[data-ready]").wait_for()
        assert page.locator(".stop").count() == 4
        assert serious(page) == []
        page.wait_for_timeout(800)
        keep_shot(page, f"round-{viewport['width']}")
        with page.expect_navigation():
            page.locator("from-here button").click()
        assert "Nơi bạn đang đứng" in page.locator(".round-sum").inner_text()
        assert "106.67" not in page.url
        with page.expect_download() as file:
            page.locator("form[action$='round.gpx'] button").click()
        assert file.value.suggested_filename.endswith(".gpx")
        page.emulate_media(media="print")
        assert page.locator(".job-sheet").first.is_visible()
        assert not page.locator("round-map").is_visible()
        keep_shot(page, f"round-print-{viewport['width']}")
        assert (page.complaints, page.strangers) == ([], [])
