"""An officer where there is no line: what is done is kept, and sent by itself once."""

from __future__ import annotations

import pytest

from incidents import work
from incidents.models import Attachment, Event, Membership, Result, Sending, Status
from tests.factories import focal_point

from .conftest import PHONE, keep_shot, serious, sign_in, until
from .test_a_ward_officer import INBOX, TOUCH, UNIT, cases, photo, row

__all__ = ["cases", "photo"]
Role = Membership.Role
OUTBOX = "/lam-viec/hop-gui"


@pytest.fixture
def officer(visit, cases, staff):
    """A phone of an officer that has the unit's pages with it."""
    page = visit(viewport=PHONE, service_workers="allow", **TOUCH)
    sign_in(page, staff(Role.FIELD_OFFICER, UNIT))
    page.goto(INBOX)
    assert until(page, lambda: page.evaluate("!!navigator.serviceWorker.controller"))
    return page


def keeps(page, path):
    """Tell whether the phone has a page with it."""
    asked = "path => caches.match(new URL(path, location.origin).href).then(Boolean)"
    return page.evaluate(asked, path)


def go_offline(page):
    page.context.set_offline(True)
    page.complaints.clear()


def states(page):
    return page.locator("out-box [data-state]").all_inner_texts()


def test_a_result_with_its_photo_is_sent_by_itself_when_the_line_is_back(
    officer, cases, photo
):
    case = cases[1]
    form = f"/lam-viec/phan-anh/{case.public_id}/ket-qua"
    officer.goto(form)
    assert until(officer, lambda: keeps(officer, form) and keeps(officer, OUTBOX))

    go_offline(officer)
    officer.goto(INBOX)
    officer.locator("outbox-state").get_by_text("Không có mạng").wait_for()
    keep_shot(officer, "line-list-390")
    officer.locator(f"{row(case)} a[href$='/ket-qua']").tap()
    officer.locator(".outcome:has(input[value=fixed])").tap()
    officer.locator("input[capture]").set_input_files(photo)
    officer.locator(".taken img").wait_for()
    officer.fill("textarea[name=text]", "Đã dọn sạch.")
    officer.locator(".send-bar button").tap()
    officer.locator(".kept-note").wait_for()
    keep_shot(officer, "line-kept-390")
    officer.locator(".kept-note a.btn-quiet").tap()
    officer.locator("out-box[data-ready]").wait_for()
    assert states(officer) == ["Đang chờ mạng"]
    keep_shot(officer, "line-waiting-390")
    assert serious(officer) == []
    assert not Result.objects.exists()

    officer.context.set_offline(False)
    assert until(officer, lambda: states(officer) == ["Đã gửi"])
    keep_shot(officer, "line-sent-390")
    result = Result.objects.get()
    assert (result.report_id, result.outcome) == (case.pk, "fixed")
    assert Attachment.objects.get(result=result).kind == "photo"
    assert Sending.objects.count() == 1
    case.refresh_from_db()
    assert case.status == Status.AWAITING


def test_what_others_changed_meanwhile_is_said_and_nothing_is_lost(officer, cases):
    case = cases[2]
    page = f"/lam-viec/phan-anh/{case.public_id}"
    officer.goto(page)
    assert until(officer, lambda: keeps(officer, page) and keeps(officer, OUTBOX))
    go_offline(officer)
    officer.locator("form[action$='/acknowledge'] button").tap()
    officer.locator(".outbox-note").wait_for()
    officer.locator("#do-note > summary").tap()
    officer.fill("#do-note textarea", "Đã đến nơi, chờ xe.")
    officer.locator("#do-note button.btn:visible").last.tap()
    assert until(officer, lambda: officer.locator(".outbox-note").count() == 2)

    colleague = focal_point(case.organisation)
    work.acknowledge(case, by=colleague, at=case.received_at)
    officer.context.set_offline(False)
    officer.goto(OUTBOX)
    assert until(officer, lambda: states(officer) == ["Chưa được nhận"] * 2)
    keep_shot(officer, "line-refused-390")
    assert serious(officer) == []
    press, note = officer.locator(".kept").nth(1), officer.locator(".kept").nth(0)
    assert "đã tiếp nhận" in press.locator("[data-changes] li").inner_text()
    note.locator("[data-again]").tap()
    assert until(officer, lambda: "Đã gửi" in states(officer))
    press.locator("[data-away]").tap()
    press.locator("[data-away]").tap()
    assert until(officer, lambda: states(officer) == ["Đã gửi"])

    note = case.events.get(code=Event.Code.PROGRESS)
    assert note.note.text == "Đã đến nơi, chờ xe."
    assert case.events.filter(code=Event.Code.ACKNOWLEDGED).count() == 1


def test_who_signs_out_leaves_no_page_behind(officer, cases):
    case = f"/lam-viec/phan-anh/{cases[0].public_id}"
    officer.goto(case)
    assert until(officer, lambda: keeps(officer, case))

    officer.locator(".sign-out button:visible").first.tap()
    officer.wait_for_url("**/")

    names = officer.evaluate("caches.keys()")
    assert not [name for name in names if name.startswith("pages-")]
    officer.context.set_offline(True)
    with pytest.raises(Exception, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        officer.goto(case)
