"""The map shows what the list beside it shows, whichever way one comes to it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.gis.geos import Point
from playwright.sync_api import expect

from incidents.models import Category, Status
from tests.factories import ReportFactory

from .conftest import PHONE, serious, until

#: In the middle of the first view, away from its edges.
SPOT = Point(106.70, 10.78, srid=4326)
LATER = {"status": ["in_progress"], "window": ["all"]}


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


def test_filters_in_the_address_hold_for_the_first_tile_and_for_the_next(
    visit, reports
):
    page = visit()
    asked = tiles_asked(page)

    page.goto("/?status=done&window=all")
    assert until(page, lambda: asked)
    page.locator("label.chip", has=page.locator("[value=in_progress]")).click()
    assert until(page, lambda: LATER in asked)

    done, open_ = reports[Status.RESOLVED], reports[Status.ACCEPTED]
    turn = asked.index(LATER)
    assert asked[:turn] == [{"status": ["done"], "window": ["all"]}] * turn
    assert urlsplit(page.url).query == "window=all&status=in_progress"
    assert page.locator(f"#results a[href$='{open_.public_id}']").count() == 1
    assert page.locator(f"#results a[href$='{done.public_id}']").count() == 0
    assert (page.complaints, page.strangers) == ([], [])


def test_where_nothing_is_of_today_a_link_leads_to_all_time_and_the_form_follows(
    visit, reports
):
    page = visit(viewport=PHONE)
    done = reports[Status.RESOLVED]

    page.goto("/?status=done")
    expect(page.locator("#results h2")).to_have_text("0 phản ánh")
    expect(page.locator("[name=window][value=current]")).to_be_checked()
    page.get_by_role("link", name="Xem mọi thời gian").click()
    expect(page.locator(f"#results a[href$='{done.public_id}']")).to_be_visible()
    assert until(page, lambda: "window=all" in page.url)

    expect(page.locator("[name=window][value=all]")).to_be_checked()
    expect(page.locator("[data-when]")).to_have_text("Mọi thời gian")
    page.locator("label.chip", has=page.locator("[value=in_progress]")).click()
    assert until(page, lambda: "status=in_progress" in page.url)
    assert urlsplit(page.url).query == "window=all&status=in_progress"
    assert serious(page) == []
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
