"""The filing form as a person goes through it, screen by screen, by role and name."""

from __future__ import annotations

import re
from io import BytesIO

from PIL import Image

CODE = re.compile(r"1022-\d{6}-[0-9A-Z]{6}-[0-9A-Z]")
WARD = "Phường An Đông"
DUMPING = ("xa ban", "Đổ rác, xà bần trái phép")
NOISE = ("tieng on", "Tiếng ồn")


def heading(page, name):
    """The heading of the screen in view, which has the focus once it is there."""
    return page.get_by_role("heading", name=re.compile(re.escape(name)), level=2)


def go_on(page, name="Tiếp tục"):
    page.get_by_role("button", name=name, exact=True).click()


def begin(page):
    """Come in, see whom to call, and go on."""
    page.goto("/gui-phan-anh")
    go_on(page, "Không, tiếp tục")
    heading(page, "Sự việc ở đâu?").wait_for()


def name_ward(page, typed="an dong", ward=WARD):
    page.get_by_role("combobox", name="Phường, xã").press_sequentially(typed)
    page.get_by_role("option", name=ward).click()


def stand_at(page, latitude, longitude, accuracy):
    """Let the device say where it is, and how surely."""
    page.context.grant_permissions(["geolocation"])
    spot = {"latitude": latitude, "longitude": longitude, "accuracy": accuracy}
    page.context.set_geolocation(spot)


def choose_category(page, typed, name):
    heading(page, "Sự việc gì?").wait_for()
    page.get_by_role("searchbox", name="Tìm loại sự việc").fill(typed)
    page.get_by_role("radio", name=name).check()


def describe(page, words):
    heading(page, "Bạn thấy gì?").wait_for()
    page.get_by_role("textbox", name="Nội dung phản ánh").fill(words)
    go_on(page)


def tell_who(page, *, name="Trần Thị Hành Trình", email="hanh.trinh@example.org"):
    heading(page, "Trả lời bạn bằng cách nào?").wait_for()
    page.get_by_role("textbox", name="Họ và tên").fill(name)
    page.get_by_role("textbox", name="Thư điện tử").fill(email)
    go_on(page)


def until_seen(page, *, words, category=DUMPING):
    """From the category to who sees what, with nothing but what is needed."""
    choose_category(page, *category)
    go_on(page)
    heading(page, "Thêm vài chi tiết").wait_for()
    go_on(page)
    describe(page, words)
    heading(page, "Hình ảnh, video, bản ghi âm").wait_for()
    go_on(page)
    tell_who(page)
    heading(page, "công chúng sẽ thấy gì?").wait_for()


def review(page):
    go_on(page, "Xem lại và gửi")
    heading(page, "Xem lại và gửi").wait_for()


def send(page):
    """Send it and return the code."""
    page.get_by_role("button", name="Gửi phản ánh", exact=True).click()
    page.wait_for_url("**/gui-phan-anh/1022-*")
    return CODE.search(page.get_by_role("main").inner_text()).group()


def snapshot(name="hố.jpg", *, size=(640, 480)):
    """A photo with its own noise, as a phone sends it, and where it was taken in it."""
    photo = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "TELLTALE"
    written = BytesIO()
    photo.save(written, "JPEG", quality=90, exif=exif)
    return {"name": name, "mimeType": "image/jpeg", "buffer": written.getvalue()}
