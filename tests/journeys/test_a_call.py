"""An operator at the telephone: a call taken, kept, joined, passed on by the keys."""

from __future__ import annotations

from time import monotonic

import pytest

from incidents.models import CallDraft, Following, Membership, Report, Status

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

Role = Membership.Role
RING = "/staff/call?phone=%2B84901234567"
#: So many keys, and so many seconds from the ringing to the transfer, at the most.
MOST, SECONDS = 40, 60


class Keys:
    """Hands on a keyboard: every key counts but those of free text."""

    def __init__(self, page):
        self.page, self.pressed = page, 0

    def say(self, text):
        """Type what the caller tells in their own words."""
        self.page.keyboard.type(text)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


@pytest.fixture
def desk(visit, staff):
    """An operator who has signed in, at a desk of the usual size."""
    page = visit(viewport=DESKTOP)
    sign_in(page, staff(Role.OPERATOR, "tt-1022"))
    return page


def take(page, *, words="Mất nắp cống giữa đường, xe tránh không kịp."):
    """Take a call down to the point where it could be filed; return the keys."""
    keys = Keys(page)
    page.goto(RING)
    page.locator("[name=name]:focus").wait_for()
    keys.say("Nguyễn Thị Lan")
    keys.press("Tab", "Tab")
    keys.say("45 Lê Lợi, trước chợ")
    keys.press("Tab", *"bt", "Tab")
    keys.press(*"mat nap", "Tab")
    keys.say(words)
    return keys


def proposed(page):
    """Wait until the page says where the call would go."""
    said = page.locator(".call-proposed")
    said.wait_for()
    return said.inner_text()


def kept(page):
    """Wait until the draft is kept."""
    page.locator("[data-said='kept']", has_text="Đã lưu nháp").wait_for()


def test_a_call_is_taken_and_transferred_in_forty_keystrokes_and_a_minute(desk, city):
    began = monotonic()
    keys = take(desk)
    unit = proposed(desk)
    taken = monotonic() - began
    desk.locator("call-map canvas").wait_for()
    keep_shot(desk, "call-1280")
    assert serious(desk) == []
    assert desk.evaluate("document.documentElement.scrollHeight") <= 1000

    began = monotonic()
    keys.press("Control+Enter")
    desk.wait_for_url("**/xong")
    passed_on = monotonic() - began

    keep_shot(desk, "call-done-1280")
    assert serious(desk) == []
    report = Report.objects.select_related("organisation", "category").get()
    assert keys.pressed <= MOST
    assert taken + passed_on <= SECONDS
    assert (report.channel, report.status) == ("hotline", Status.TRANSFERRED)
    assert report.organisation.name in unit
    assert report.category.code == "HT-THOATNUOC.mat-nap"
    assert report.place.code == "26743"
    assert desk.locator(".call-code").inner_text().split() != []
    desk.keyboard.press("n")
    desk.wait_for_url("**/cuoc-goi/*")
    assert desk.evaluate("document.activeElement.name") == "phone"
    assert (desk.complaints, desk.strangers) == ([], [])


def test_a_question_is_answered_in_the_call_by_the_keys(desk, city):
    keys = Keys(desk)
    desk.goto(RING)
    desk.locator("[name=name]:focus").wait_for()
    keys.say("Nguyễn Thị Lan")
    keys.press("Tab", "Tab", "Tab", "Tab")
    keys.press(*"thu tuc", "Tab")
    keys.say("phuong cu cua toi sap nhap vao dau")
    desk.locator(".call-articles", has_text="Nghị quyết 1685").wait_for()
    keep_shot(desk, "call-articles-1280")
    assert serious(desk) == []

    with desk.expect_navigation():
        keys.press("F4")
    desk.locator("[name=answer]:focus").wait_for()
    assert "168 đơn vị" in desk.locator("[name=answer]").input_value()
    keep_shot(desk, "call-answer-1280")
    assert serious(desk) == []
    keys.press("F8")
    desk.wait_for_url("**/xong")

    keep_shot(desk, "call-answered-1280")
    assert serious(desk) == []
    report = Report.objects.get()
    assert keys.pressed <= MOST
    assert (report.status, report.kind) == (Status.ANSWERED, "question")
    answered = report.events.get(code="answered")
    assert answered.arguments["article"] == "sap-xep-phuong-xa"
    assert desk.locator(".call-code").is_visible()
    assert desk.complaints == []


def test_a_line_that_drops_loses_nothing(desk, city):
    take(desk)
    kept(desk)
    desk.goto("/lam-viec/tong-dai")
    assert desk.locator(".desk-drafts").inner_text().count("Lan") == 1
    keep_shot(desk, "queue-drafts-1280")

    desk.goto(RING)

    assert desk.locator("[name=name]").input_value() == "Nguyễn Thị Lan"
    assert desk.locator("#call-ward-find").input_value() == "Phường Bến Thành"
    proposed(desk)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/xong")
    assert not CallDraft.objects.exists()


def test_a_session_that_ends_in_mid_call_loses_nothing(desk, city, django_user_model):
    take(desk)
    kept(desk)
    desk.context.clear_cookies(name="sessionid")
    desk.locator("[name=description]").press_sequentially(" Gọi lại chiều nay.")
    desk.locator("[data-said='signed-out']").wait_for()
    keep_shot(desk, "call-signed-out-1280")
    desk.keyboard.press("Control+Enter")
    desk.wait_for_timeout(800)
    assert not Report.objects.exists()

    other = desk.context.new_page()
    sign_in(other, django_user_model.objects.get())
    desk.bring_to_front()
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/xong")

    assert Report.objects.get().description.endswith("Gọi lại chiều nay.")


def test_the_second_caller_is_added_to_the_first_one_s_case_by_one_key(desk, city):
    take(desk)
    desk.keyboard.press("Control+Enter")
    desk.wait_for_url("**/xong")
    first = Report.objects.get()

    take(desk, words="Nắp cống mất rồi, coi chừng.")
    desk.locator("button[name=join]").wait_for()
    keep_shot(desk, "call-alike-1280")
    assert serious(desk) == []
    desk.keyboard.press("F2")
    desk.wait_for_url("**/xong")

    keep_shot(desk, "call-joined-1280")
    assert Following.objects.get().report == first
    assert Report.objects.count() == 1
    assert desk.complaints == []


def test_the_queue_is_worked_by_the_keys_and_they_can_be_switched_off(desk, city):
    for name in ("Lan", "Mai"):
        desk.goto("/staff/call")
        keys = Keys(desk)
        keys.say("0901234567" if name == "Lan" else "0987654321")
        keys.press("Tab")
        keys.say(name)
        keys.press("Tab", "Tab")
        keys.say("Lê Lợi")
        keys.press("Tab", *"bt", "Tab", *"o ga", "Tab")
        keys.say("Ổ gà sâu.")
        proposed(desk)
        keys.press("Control+Shift+Enter")
        desk.wait_for_url("**/xong")
    desk.goto("/lam-viec/tong-dai")
    desk.keyboard.press("j")
    desk.keyboard.press("?")
    keep_shot(desk, "queue-keys-1280")
    assert serious(desk) == []
    desk.locator("dialog input[data-keys-off]").check()
    desk.keyboard.press("Escape")
    desk.keyboard.press("t")
    desk.wait_for_timeout(300)
    assert not Report.objects.filter(status=Status.TRANSFERRED).exists()

    desk.locator("[data-open-keys]").click()
    desk.locator("dialog input[data-keys-off]").uncheck()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    desk.keyboard.type("tcg")
    assert desk.locator("#find-code").input_value() == "tcg"
    assert not Report.objects.filter(status=Status.TRANSFERRED).exists()

    desk.keyboard.press("Tab")
    desk.keyboard.press("j")
    with desk.expect_navigation():
        desk.keyboard.press("t")
    assert Report.objects.filter(status=Status.TRANSFERRED).count() == 1
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    keep_shot(desk, "case-desk-1280")
    for part in ("told", "decision", "place", "contact", "timeline"):
        box = desk.locator(f"#{part}-title").bounding_box()
        assert box["y"] + box["height"] <= DESKTOP["height"], part
    assert serious(desk) == []
    with desk.expect_navigation():
        desk.keyboard.press("t")
    assert Report.objects.filter(status=Status.TRANSFERRED).count() == 2


@pytest.mark.parametrize("javascript", [True, False])
def test_a_call_is_taken_on_a_phone_and_without_javascript(
    visit, city, staff, javascript
):
    page = visit(viewport=PHONE, javascript=javascript)
    sign_in(page, staff(Role.OPERATOR, "tt-1022"))
    page.goto(RING)
    page.fill("[name=name]", "Lan")
    page.fill("[name=address]", "45 Lê Lợi")
    if javascript:
        page.fill("#call-ward-find", "ben thanh")
        page.fill("#call-category-find", "mat nap")
        page.fill("[name=description]", "Mất nắp cống")
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    else:
        page.select_option("[name=ward]", "26743")
        page.select_option("[name=category]", "HT-THOATNUOC.mat-nap")
        page.fill("[name=description]", "Mất nắp cống")
        page.locator("button[value=look]").click()
        page.wait_for_load_state()
        assert proposed(page)
    keep_shot(page, f"call-{'js' if javascript else 'plain'}-390")
    page.locator("button[value=transfer]").click()
    page.wait_for_url("**/xong")

    assert Report.objects.get().status == Status.TRANSFERRED
    assert (page.complaints, page.strangers) == ([], [])
