"""Somebody looks round their part of the city, finds what is there, and follows it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from incidents.models import Category, Contact, Following, Status
from tests.factories import ReportFactory

from .conftest import PHONE, SHOTS, keep_shot, serious, until

WEST, EAST = Point(106.63, 10.78, srid=4326), Point(106.77, 10.78, srid=4326)
NARROW = {"width": 320, "height": 640}
LOOKS = [
    ("1280", {}),
    ("1280-dark", {"dark": True}),
    ("390", {"viewport": PHONE}),
    ("390-dark", {"viewport": PHONE, "dark": True}),
    ("320", {"viewport": NARROW}),
]


@pytest.fixture
def reports(city):
    """One in the west, two in the east, and one that lies nowhere."""
    category = Category.objects.get(code="HT-DUONGBO.o-ga")
    places = {"west": WEST, "east": EAST, "done": EAST, "nowhere": None}
    return {
        name: ReportFactory.create(
            category=category,
            point=point,
            status=Status.RESOLVED if name == "done" else Status.IN_PROGRESS,
            resolved_at=timezone.now() if name == "done" else None,
        )
        for name, point in places.items()
    }


def opened(page, address="/"):
    """Open the map and wait until it is drawn."""
    page.goto(address)
    page.locator("incident-map.is-drawn").wait_for(state="attached")
    return page


def listed(page):
    links = page.locator("#results .list-link").evaluate_all(
        "links => links.map(link => link.getAttribute('href').split('/').pop())"
    )
    return set(links)


def ids(reports, *names):
    return {reports[name].public_id for name in names}


def asked(page):
    return {name: said[0] for name, said in parse_qs(urlsplit(page.url).query).items()}


def drag(page, by):
    """Move the map by hand, so many pixels to the left."""
    box = page.locator("incident-map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4
    page.mouse.move(x + by / 2, y)
    page.mouse.down()
    page.mouse.move(x - by / 2, y, steps=8)
    page.wait_for_timeout(300)  # Held still, so that the map does not glide on.
    page.mouse.up()


def keep_screen(page, name):
    """Keep what is on the screen: a whole page would take its sheet apart."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def test_the_list_follows_the_map_and_the_address_opens_the_same_view_elsewhere(
    visit, reports
):
    page = opened(visit())
    assert listed(page) == ids(reports, "west", "east", "done", "nowhere")

    drag(page, 440)
    assert until(page, lambda: listed(page) == ids(reports, "east", "done"))
    page.locator("label.chip", has=page.locator("[value=in_progress]")).click()
    assert until(page, lambda: listed(page) == ids(reports, "east"))
    other = opened(visit(), page.url)

    assert set(asked(page)) == {"bbox", "status", "window"}
    assert (
        page.locator("#results-said").text_content() == "1 phản ánh trong khung bản đồ"
    )
    assert listed(other) == ids(reports, "east")
    assert other.locator("[value=in_progress]").is_checked()
    other.wait_for_timeout(500)
    assert urlsplit(other.url).fragment == urlsplit(page.url).fragment
    assert (page.complaints, page.strangers) == ([], [])


def test_the_list_stays_whole_for_who_does_not_want_it_to_follow(visit, reports):
    page = opened(visit())

    page.locator("#in-step").uncheck()
    drag(page, 440)
    page.wait_for_timeout(1_000)
    assert "bbox" not in asked(page)
    page.reload()
    page.locator("label.in-step").wait_for()

    assert not page.locator("#in-step").is_checked()
    page.locator("#in-step").check()
    assert until(page, lambda: listed(page) == ids(reports, "east", "done"))


def test_a_ward_is_found_with_the_keyboard_alone(visit, reports):
    page = opened(visit())
    box = page.get_by_role(
        "combobox", name="Tìm địa chỉ, phường, xã hoặc quận, huyện cũ"
    )

    box.focus()
    page.keyboard.type("ben thanh")
    page.locator("#place-found [role=option]", has_text="Phường Bến Thành").wait_for()
    assert serious(page) == []
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "place-found-0"
    page.keyboard.press("Enter")

    assert until(page, lambda: asked(page) == {"ward": "26743", "window": "current"})
    assert box.get_attribute("aria-expanded") == "false"
    assert page.locator("#filter-ward").input_value() == "26743"
    assert until(page, lambda: re.match(r"o=1[0-5]", urlsplit(page.url).fragment))
    assert (page.complaints, page.strangers) == ([], [])


def test_escape_leaves_the_search_and_nothing_found_is_said(visit, reports):
    page = opened(visit())
    box = page.locator("#place-q")

    box.fill("phuong")
    page.locator("#place-found [role=option]").first.wait_for()
    box.press("Escape")
    assert not page.locator("#place-found").is_visible()
    box.fill("không đâu cả")

    assert until(
        page, lambda: "gõ ít chữ hơn" in page.locator("#place-said").inner_text()
    )


def test_near_me_goes_there_and_lists_what_is_there(visit, reports):
    there = {"latitude": EAST.y, "longitude": EAST.x, "accuracy": 20}
    page = opened(visit(geolocation=there, permissions=["geolocation"]))

    page.get_by_role("button", name="Gần tôi").click()

    assert until(page, lambda: listed(page) == ids(reports, "east", "done"))
    assert urlsplit(page.url).fragment.startswith("o=15/10.78")
    assert page.complaints == []


def test_who_refuses_to_say_where_they_are_reads_what_to_do(visit, reports):
    page = opened(visit())

    page.get_by_role("button", name="Gần tôi").click()

    said = page.locator(".map-said")
    assert until(page, lambda: "cài đặt trình duyệt" in said.inner_text())
    assert listed(page) == ids(reports, "west", "east", "done", "nowhere")


def test_what_has_no_place_is_listed_from_the_map(visit, reports):
    page = opened(visit(viewport=PHONE))

    page.get_by_role(
        "link", name="1 phản ánh không có vị trí trên bản đồ"
    ).first.click()
    assert until(page, lambda: listed(page) == ids(reports, "nowhere"))
    page.locator("#results [data-whole-city]").click()

    assert until(page, lambda: len(listed(page)) == 4)
    assert asked(page) == {"window": "current"}


def test_a_panel_is_followed_and_the_e_mail_may_come_later(visit, reports):
    page = opened(visit())
    page.locator(f"#results a[href$='{reports['east'].public_id}']").click()

    page.get_by_role("button", name="Tôi cũng gặp sự cố này").click()
    page.locator(".follow-done:focus").wait_for()
    page.get_by_label("Báo tôi khi xử lý xong").fill("mai@")
    page.get_by_role("button", name="Báo cho tôi").click()
    assert page.locator("#follow-email:invalid").count() == 1
    page.get_by_label("Báo tôi khi xử lý xong").fill("mai@example.org")
    page.get_by_role("button", name="Báo cho tôi").click()
    page.get_by_text("gửi cho bạn một thư").wait_for()

    assert serious(page) == []
    keep_screen(page, "following-1280")
    assert Following.objects.get().report == reports["east"]
    assert Contact.objects.get(following__isnull=False).email_index
    assert (page.complaints, page.strangers) == ([], [])


def test_a_case_is_followed_and_left_without_javascript(visit, reports):
    page = visit(viewport=PHONE, javascript=False)
    page.goto(f"/su-viec/{reports['east'].public_id}")

    page.get_by_role("button", name="Tôi cũng gặp sự cố này").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("Cảm ơn bạn")
    keep_shot(page, "follow-390")
    page.get_by_role("link", name="Xem hoặc ngừng theo dõi").click()
    keep_shot(page, "followed-390")
    page.get_by_role("button", name="Ngừng theo dõi").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Bạn đã ngừng theo dõi"
    assert Following.objects.get().ended_at is not None


def test_a_map_that_cannot_be_loaded_says_so_and_the_list_works(visit, reports):
    page = visit(viewport=PHONE)
    page.route("**/incident-map*.js", lambda route: route.abort())
    page.goto("/")

    page.get_by_text("Không tải được bản đồ").wait_for()
    assert page.locator(".map-wait").is_hidden()
    keep_screen(page, "map-failed-390")
    page.locator("#results .list-link").first.click()
    page.locator("#panel h2").wait_for()
    page.keyboard.press("Escape")
    page.unroute("**/incident-map*.js")
    page.locator(".to-map").click()
    assert until(page, lambda: page.evaluate("scrollY") == 0)
    page.get_by_role("button", name="Thử lại").click()

    page.locator("incident-map.is-drawn").wait_for(state="attached")


def test_tiles_that_do_not_come_are_said_once_with_a_way_to_ask_again(visit, reports):
    page = visit()
    page.route("**/tiles/reports/**", lambda route: route.abort())
    opened(page)

    said = page.locator(".map-said")
    assert until(page, lambda: "chưa tải được" in said.inner_text())
    assert page.get_by_role("button", name="Thử lại").count() == 1
    page.unroute("**/tiles/reports/**")
    with page.expect_response("**/tiles/reports/**"):
        page.get_by_role("button", name="Thử lại").click()

    assert said.inner_text() == ""


def test_a_list_that_does_not_come_says_so_and_can_be_asked_again(visit, reports):
    page = opened(visit(viewport=PHONE))
    page.locator(".sheet-handle").click()

    page.context.set_offline(True)
    page.locator("label.chip", has=page.locator("[value=done]")).click()
    page.get_by_role("alert").get_by_text("Chưa tải được danh sách").wait_for()
    page.context.set_offline(False)
    page.locator(".list-failed button").click()

    assert until(page, lambda: listed(page) == ids(reports, "done"))
    assert page.locator(".list-failed").count() == 0


def test_a_panel_that_does_not_come_can_be_asked_again(visit, reports):
    page = opened(visit())
    there = f"/su-viec/{reports['east'].public_id}"

    page.context.set_offline(True)
    page.locator("incident-map").evaluate(
        "(map, url) => map.dispatchEvent("
        "new CustomEvent('report-chosen', {bubbles: true, detail: {url}}))",
        there,
    )
    page.locator("#panel .list-failed").wait_for()
    page.context.set_offline(False)
    page.locator("#panel .list-failed button").click()

    page.locator(f"[data-panel='{reports['east'].public_id}']").wait_for()


def test_the_panel_shows_what_was_asked_for_last(visit, reports):
    page = opened(visit())
    slow, quick = (reports[name].public_id for name in ("east", "west"))
    page.route(f"**/su-viec/{slow}", lambda route: None)
    with page.expect_request(f"**/su-viec/{slow}"):
        page.locator(f"#results a[href$='{slow}']").click()

    with page.expect_event("requestfailed", lambda each: each.url.endswith(slow)):
        page.locator(f"#results a[href$='{quick}']").click()

    page.locator(f"[data-panel='{quick}']").wait_for()
    page.unroute(f"**/su-viec/{slow}")


def test_a_wrong_date_is_said_once_and_asks_for_no_tile(visit, reports):
    page = visit()
    tiles = []
    page.on("request", lambda each: "/tiles/reports" in each.url and tiles.append(each))

    opened(page, "/?from=2025-99-99&status=done")
    page.wait_for_timeout(1_000)

    assert page.get_by_role("alert").filter(has_text="Từ ngày").count() == 1
    assert (tiles, page.complaints) == ([], [])


def test_a_phone_draws_the_list_up_over_the_map_and_puts_it_down(visit, reports):
    page = opened(visit(viewport=PHONE))

    page.locator(".sheet-handle").click()
    page.get_by_role("button", name="Bản đồ").wait_for()
    page.wait_for_timeout(800)
    assert page.evaluate("document.activeElement.matches('.list-link')")
    keep_screen(page, "atlas-list-390")
    page.locator(".to-map").click()

    assert until(page, lambda: page.evaluate("scrollY") == 0)
    assert page.evaluate("document.activeElement.id") == "map"


@pytest.mark.parametrize(("name", "look"), LOOKS, ids=[name for name, _ in LOOKS])
def test_the_map_is_fit_to_be_seen_and_used(visit, reports, name, look):
    page = opened(visit(**look))
    page.wait_for_timeout(600)

    keep_screen(page, f"atlas-{name}")
    assert serious(page) == []
    page.locator("#results .list-link").first.click()
    page.locator("#panel h2").wait_for()
    page.wait_for_timeout(600)
    keep_screen(page, f"atlas-panel-{name}")

    assert serious(page) == []
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
