"""What one person looks at, another sees by its address; pins on pins open."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from playwright.sync_api import expect

from gis_data.models import Place
from incidents.models import Category, Report
from tests.factories import ReportFactory

from .conftest import PHONE, keep_shot, serious, until

SPOT = Point(106.70, 10.78, srid=4326)


@pytest.fixture
def reports(city):
    """Three in progress at one very point, and one that is done elsewhere."""
    category = Category.objects.get(code="HT-DUONGBO.o-ga")
    ward = Place.objects.get(code="26743")
    for status, point in [
        *[("accepted", SPOT)] * 3,
        ("resolved", Point(106.72, 10.80, srid=4326)),
    ]:
        ReportFactory.create(category=category, status=status, point=point, place=ward)
    Report.objects.update(received_at=timezone.now())


def test_an_address_shows_the_same_elsewhere_and_what_shares_a_point_opens(
    visit, reports
):
    page = visit(reduced_motion="reduce")
    page.goto("/?status=in_progress#o=18/10.78/106.7")
    page.locator("incident-map.is-drawn").wait_for()
    page.locator(".time-box summary").click()
    slider = page.get_by_role("slider", name="Tháng")
    slider.press("ArrowLeft")
    expect(page.locator("#results h2")).to_contain_text("0 phản ánh")
    slider.press("ArrowRight")
    expect(page.locator("#results h2")).to_contain_text("3 phản ánh")
    this_month = f"{timezone.localdate():%Y-%m}-01"
    assert until(page, lambda: this_month in page.url)
    expect(page.locator("time-slider [data-play]")).to_be_hidden()

    other = visit(viewport=PHONE)
    other.goto(page.url)
    other.locator("incident-map.is-drawn").wait_for()

    expect(other.locator("#results h2")).to_contain_text("3 phản ánh")
    expect(other.locator("#filter-from")).to_have_value(this_month)
    expect(other.locator("[name=status][value=in_progress]")).to_be_checked()
    asked = parse_qs(urlsplit(other.url).query)
    assert asked.keys() == {"status", "window", "from", "to"}
    assert asked["window"] == ["all"]
    expect(other.locator("[name=window][value=all]")).to_be_checked()
    assert urlsplit(other.url).fragment == urlsplit(page.url).fragment

    page.locator(".time-box summary").click()
    box = page.locator("incident-map canvas").bounding_box()
    point = Report.objects.filter(status="accepted").first().public_point
    # Dots a degree, on a map of 512 to a tile at zoom 18.
    east = (point.x - 106.7) / 360 * 512 * 2**18
    north = (point.y - 10.78) / 360 * 512 * 2**18 / 0.9824
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def opened():
        page.mouse.click(middle[0] + east, middle[1] - north)
        page.wait_for_timeout(400)
        return page.locator(".fan-one").count() == 3

    assert until(page, opened)
    fan = page.get_by_role("group", name="3 phản ánh tại cùng một chỗ")
    expect(fan.get_by_role("button").first).to_be_focused()
    assert serious(page) == []
    keep_shot(page, "shared-fan")
    fan.get_by_role("button").nth(1).click()
    expect(page.locator("#panel [data-panel]")).to_be_visible()
    assert (page.complaints, page.strangers) == ([], [])

    framed = visit(viewport=PHONE)
    framed.goto("/nhung/ban-do?status=in_progress")
    framed.locator("incident-map.is-drawn").wait_for()
    expect(framed.locator("summary")).to_contain_text("3 phản ánh")
    assert serious(framed) == []
    keep_shot(framed, "shared-framed")
    framed.goto("/ban-do/mang-di?status=in_progress")
    assert serious(framed) == []
    with framed.expect_download() as taken:
        framed.get_by_role("link", name="Tải về dạng CSV").click()
    assert taken.value.suggested_filename.endswith(".csv")
    expect(framed.locator(".taking-said")).to_have_text("Đã tải xong tệp.")
    keep_shot(framed, "taking")
    assert (framed.complaints, framed.strangers) == ([], [])
