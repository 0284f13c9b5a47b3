"""The map shows what the list beside it shows, whichever way one comes to it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.gis.geos import Point

from incidents.models import Category, Report, Status
from tests.factories import ReportFactory, picture

from .conftest import PHONE, serious

#: In the middle of the first view, away from its edges.
SPOT = Point(106.70, 10.78, srid=4326)


@pytest.fixture
def reports(city):
    """One that is done and one in progress, both public."""
    category = Category.objects.get(code="HT-DUONGBO.o-ga")
    return {
        status: ReportFactory.create(category=category, status=status, point=SPOT)
        for status in (Status.ACCEPTED, Status.RESOLVED)
    }


def tiles_asked(page):
    """The filters of every tile of reports that the page has asked for so far."""
    asked = []

    def remember(request):
        address = urlsplit(request.url)
        if address.path.startswith("/tiles/reports/"):
            asked.append(parse_qs(address.query))

    page.on("request", remember)
    return asked


def until(page, happened):
    """Wait for what the page does by itself, as long as a phone may take."""
    for _ in range(100):
        if happened():
            return True
        page.wait_for_timeout(100)
    return False


def test_filters_in_the_address_hold_for_the_first_tile_and_for_the_next(
    visit, reports
):
    page = visit()
    asked = tiles_asked(page)

    page.goto("/?status=done")
    assert until(page, lambda: asked)
    page.locator("label.chip", has=page.locator("[value=in_progress]")).click()
    assert until(page, lambda: {"status": ["in_progress"]} in asked)

    done, open_ = reports[Status.RESOLVED], reports[Status.ACCEPTED]
    turn = asked.index({"status": ["in_progress"]})
    assert asked[:turn] == [{"status": ["done"]}] * turn
    assert urlsplit(page.url).query == "status=in_progress"
    assert page.locator(f"#results a[href$='{open_.public_id}']").count() == 1
    assert page.locator(f"#results a[href$='{done.public_id}']").count() == 0
    assert (page.complaints, page.strangers) == ([], [])


def test_a_map_that_is_only_looked_at_asks_for_no_tile_again(visit, reports):
    page = visit()
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))

    page.goto("/")
    assert until(page, lambda: any("/tiles/reports/" in each for each in addresses))
    page.wait_for_timeout(4_000)  # Longer than its tiles are fresh.

    tiles = [each for each in addresses if "/tiles/" in each]
    assert sorted(tiles) == sorted(set(tiles))


def test_the_map_goes_to_the_ward_that_is_filtered_for(visit, reports):
    page = visit()
    page.goto("/")
    page.locator("#results a").first.wait_for()
    page.wait_for_timeout(1_000)

    page.locator(".filters summary").click()
    page.select_option("#filter-ward", "26743")

    assert until(page, lambda: "o=13" in urlsplit(page.url).fragment)


def test_a_report_opens_beside_the_map_and_closes_by_key_to_where_one_was(
    visit, reports
):
    page = visit()
    page.goto("/")
    link = page.locator(f"#results a[href$='{reports[Status.ACCEPTED].public_id}']")

    link.focus()
    page.keyboard.press("Enter")
    page.locator("#panel h2").wait_for()
    assert page.evaluate("document.activeElement.closest('#panel') !== null")
    assert serious(page) == []
    page.keyboard.press("Escape")

    assert page.locator("#panel h2").count() == 0
    assert link.evaluate("each => each === document.activeElement")
    assert urlsplit(page.url).path == "/"


def test_a_draft_outlives_a_reload_and_ends_with_its_report(visit, city):
    page = visit(viewport=PHONE)
    page.goto("/gui-phan-anh")
    page.select_option("select[name=category]", "MT.xa-ban")
    page.fill("textarea[name=description]", "Xà bần đổ đầu hẻm")
    page.fill("input[name='reporter.name']", "Trần Thị Hành Trình")
    page.wait_for_timeout(600)

    page.reload()

    assert page.input_value("textarea[name=description]") == "Xà bần đổ đầu hẻm"
    assert page.input_value("input[name='reporter.name']") == ""
    page.select_option("select[name=ward]", "27316")
    page.fill("input[name='reporter.name']", "Trần Thị Hành Trình")
    page.fill("input[name='reporter.email']", "hanh.trinh@example.org")
    page.locator(".submit-bar button").click()
    page.wait_for_url("**/gui-phan-anh/1022-*")
    page.goto("/gui-phan-anh")
    assert page.input_value("textarea[name=description]") == ""
    assert Report.objects.count() == 1


def test_words_and_photos_outlast_a_network_that_fails_and_a_form_that_lacks(
    visit, city
):
    page = visit(viewport=PHONE)
    page.goto("/gui-phan-anh")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture("a").read()}
    page.set_input_files("input[name=attachments]", [photo])
    page.select_option("select[name=category]", "MT.xa-ban")
    page.select_option("select[name=ward]", "27316")
    page.fill("textarea[name=description]", "Xà bần đổ đầu hẻm")

    page.locator(".submit-bar button").click()
    page.locator(".summary-bad").wait_for()
    page.fill("input[name='reporter.name']", "Trần Thị Hành Trình")
    page.fill("input[name='reporter.email']", "hanh.trinh@example.org")
    page.context.set_offline(True)
    page.locator(".submit-bar button").click()
    assert until(page, lambda: page.locator("[data-said=unsent]").inner_text())
    page.context.set_offline(False)
    page.locator(".submit-bar button").dblclick(no_wait_after=True)
    page.wait_for_url("**/gui-phan-anh/1022-*")

    report = Report.objects.get()
    assert report.description == "Xà bần đổ đầu hẻm"
    assert report.attachments.count() == 1


def test_a_category_is_found_by_letters_without_diacritics(visit, city):
    page = visit(viewport=PHONE)
    page.goto("/gui-phan-anh")

    page.fill("#find-category", "xa ban")
    page.locator(".found button").first.click()

    assert page.input_value("select[name=category]") == "MT.xa-ban"
    assert page.locator(".found button").count() == 0
    assert serious(page) == []
    assert page.complaints == []
