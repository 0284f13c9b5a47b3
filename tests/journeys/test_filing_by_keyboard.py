"""A report from the first screen to its code, and no mouse."""

from __future__ import annotations

import pytest

from incidents.models import Report

from .conftest import DESKTOP, keep_shot
from .filling_in import CODE, heading

NAME = """
() => {
  const on = document.activeElement;
  const own = on.getAttribute("aria-label") ?? "";
  const labels = [...(on.labels ?? [])].map((label) => label.textContent);
  const text = on.matches("button, a, summary") ? on.textContent : "";
  return [own, ...labels, text].join(" ");
}
"""


@pytest.fixture
def page(visit, city):
    page = visit(viewport=DESKTOP)
    page.goto("/gui-phan-anh")
    return page


def tab_to(page, name, *, back=False):
    """Press Tab until what has this name has the focus; it must be within reach."""
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if name in page.evaluate(NAME):
            return
    raise AssertionError(f"{name} is not reached by Tab")


def press(page, name, key="Enter"):
    tab_to(page, name)
    page.keyboard.press(key)


def on(page, name):
    """Whether the screen has come, with the focus on its heading."""
    heading(page, name).wait_for()
    focused = page.evaluate("document.activeElement.textContent")
    assert name in focused, focused


def test_the_whole_form_goes_by_the_keyboard(page):
    keys = page.keyboard
    press(page, "Không, tiếp tục")
    on(page, "Sự việc ở đâu?")
    press(page, "Tiếp tục")
    assert (
        page.get_by_role("alert").get_by_text("Hãy cho biết sự việc ở đâu").is_visible()
    )
    tab_to(page, "Phường, xã")
    keys.type("an d")
    keys.press("ArrowDown")
    keys.press("Enter")
    press(page, "Tiếp tục")
    on(page, "Sự việc gì?")
    tab_to(page, "Tìm loại sự việc")
    keys.type("xa ban")
    keys.press("Enter")
    keep_shot(page, "filing-keyboard-category-1280")
    press(page, "Tiếp tục")
    on(page, "Thêm vài chi tiết")
    press(page, "Vài bao", " ")
    press(page, "Tiếp tục")
    on(page, "Bạn thấy gì?")
    tab_to(page, "Nội dung phản ánh")
    keys.type("Xà bần đầy hẻm.")
    press(page, "Tiếp tục")
    on(page, "Hình ảnh, video, bản ghi âm")
    press(page, "Tiếp tục")
    on(page, "Trả lời bạn bằng cách nào?")
    tab_to(page, "Họ và tên")
    keys.type("Lê Thị Phím")
    tab_to(page, "Thư điện tử")
    keys.type("phim@example.org")
    keys.press("Enter")
    on(page, "công chúng sẽ thấy gì?")
    press(page, "Xem lại và gửi")
    on(page, "Xem lại và gửi")
    press(page, "Sửa: Nội dung")
    on(page, "Bạn thấy gì?")
    tab_to(page, "Nội dung phản ánh")
    keys.press("Control+End")
    keys.type(" Từ tối qua.")
    press(page, "Tiếp tục")
    on(page, "Xem lại và gửi")
    keep_shot(page, "filing-keyboard-review-1280")
    press(page, "Gửi phản ánh")
    page.wait_for_url("**/gui-phan-anh/1022-*")

    code = CODE.search(page.get_by_role("main").inner_text()).group()
    report = Report.objects.get(code=code)
    assert report.description == "Xà bần đầy hẻm. Từ tối qua."
    assert (report.declared_ward.code, report.answers) == (
        "27316",
        {"amount": "vai-bao"},
    )
    assert page.complaints == []
