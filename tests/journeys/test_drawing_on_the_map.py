from __future__ import annotations

import json
from datetime import date

import pytest
from django.contrib.gis.geos import GEOSGeometry

from gis_data.drawing import begin_drawing
from gis_data.models import Asset, Boundary, Edition, MapChange, PlaceKind
from tests.factories import published, square
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in, until

pytestmark = pytest.mark.django_db(transaction=True)

PADDING = 56
FROM = date(2030, 1, 1)


@pytest.fixture
def keeper(city, staff):
    """Who keeps the map of the city, with two water territories side by side."""
    kind = PlaceKind.objects.create(code="water", rank=None, name="Địa bàn cấp nước")
    published(
        kind,
        date(2025, 7, 1),
        tay=square(106.60, 10.75),
        dong=square(106.70, 10.75),
    )
    return staff("administrator", "tt-1022")


def open_drawing(page):
    page.locator("shape-drawing[data-ready]").wait_for(timeout=30_000)
    page.wait_for_timeout(400)


def corner(page, east, south):
    """Where a corner of a square that fills the map is: -1 is west or north."""
    box = page.locator(".drawing-frame").bounding_box()
    side = min(box["width"], box["height"]) - 2 * PADDING
    x = box["x"] + box["width"] / 2 + east * side / 2
    y = box["y"] + box["height"] / 2 + south * side / 2
    return x, y


def said(page):
    return page.locator("#id_shape").input_value()


def drag(page, start, by):
    """Take a corner and put it elsewhere, as slowly as a hand does."""
    before = said(page)
    page.mouse.move(*start)
    page.mouse.down()
    for part in (0.25, 0.5, 0.75, 1):
        page.mouse.move(start[0] + part * by[0], start[1] + part * by[1], steps=4)
        page.wait_for_timeout(60)
    page.mouse.up()
    assert until(page, lambda: said(page) != before)


def test_a_territory_is_redrawn_undone_and_kept_in_a_draft(visit, keeper):
    page = visit(viewport=DESKTOP)
    sign_in(page, keeper)
    page.goto("/lam-viec/xuong/ve")
    page.get_by_label("Vẽ loại nào").select_option("water")
    page.get_by_label("Ngày đầu có hiệu lực").fill(FROM.isoformat())
    page.get_by_label("Theo văn bản nào").fill("Thông báo điều chỉnh địa bàn")
    page.get_by_role("button", name="Bắt đầu bản nháp").click()
    page.get_by_role("link", name="Ward dong").click()
    open_drawing(page)
    before = said(page)

    drag(page, corner(page, 1, -1), (90, -30))
    moved = said(page)
    page.get_by_role("button", name="Hoàn tác").click()
    undone = said(page)
    page.get_by_role("button", name="Làm lại").click()

    assert GEOSGeometry(moved).extent[2] > 106.81
    assert GEOSGeometry(undone).equals_exact(GEOSGeometry(before), 1e-6)
    assert said(page) == moved
    keep_shot(page, "drawing-desktop")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    page.get_by_text("đã được lưu vào bản nháp").wait_for()
    drawn = Boundary.objects.defer(None).get(
        edition__published_at=None, place__code="dong"
    )
    assert drawn.shape.extent[2] > 106.81
    assert MapChange.objects.filter(code="draft_drawn", by=keeper).count() == 1
    assert serious(page) == []
    assert page.complaints == []
    assert page.strangers == []


def test_a_new_territory_is_drawn_along_the_line_of_its_neighbour(visit, keeper):
    edition = begin_drawing(PlaceKind.objects.get(code="water"), on=FROM)
    page = visit(viewport=DESKTOP)
    sign_in(page, keeper)
    page.goto(f"/lam-viec/xuong/ve/{edition.pk}?place=dong")
    open_drawing(page)
    page.get_by_role("button", name="Vẽ một phần").click()
    x, y = corner(page, 1, 0)

    spots = [(x + 4, y - 40), (x + 120, y - 40), (x + 120, y + 40), (x + 4, y + 40)]
    for spot in spots:
        page.mouse.move(*spot, steps=3)
        page.mouse.click(*spot)
    page.keyboard.press("Enter")

    (first, second) = json.loads(said(page))["coordinates"]
    east_line = max(lon for lon, _lat in first[0])
    snapped = [lon for lon, _lat in second[0] if abs(lon - east_line) < 1e-6]
    assert len(snapped) >= 2
    keep_shot(page, "drawing-part")


def test_a_drawing_that_somebody_else_changed_is_kept_and_says_so(visit, keeper):
    edition = begin_drawing(PlaceKind.objects.get(code="water"), on=FROM)
    page = visit(viewport=DESKTOP)
    sign_in(page, keeper)
    page.goto(f"/lam-viec/xuong/ve/{edition.pk}?place=dong")
    open_drawing(page)
    drag(page, corner(page, 1, -1), (60, 0))
    mine = said(page)
    Edition.objects.filter(pk=edition.pk).update(version=7)

    page.get_by_role("button", name="Lưu vào bản nháp").click()

    page.get_by_text("Hình bạn vẽ vẫn được giữ ở đây").wait_for()
    open_drawing(page)
    assert said(page) == mine
    keep_shot(page, "drawing-conflict")
    page.get_by_role("button", name="Lưu vào bản nháp").click()
    page.get_by_text("đã được lưu vào bản nháp").wait_for()


def test_without_javascript_the_corners_are_written(visit, keeper):
    edition = begin_drawing(PlaceKind.objects.get(code="water"), on=FROM)
    page = visit(viewport=PHONE, javascript=False)
    sign_in(page, keeper)
    page.goto(f"/lam-viec/xuong/ve/{edition.pk}")
    page.get_by_label("Tên", exact=True).fill("Cấp nước Nam")
    page.get_by_label("Mã", exact=True).fill("nam")
    page.locator(".drawing-text summary").click()
    page.locator("#id_shape").fill(square(106.6, 10.65).geojson)

    page.get_by_role("button", name="Lưu vào bản nháp").click()

    page.get_by_text("Cấp nước Nam đã được lưu vào bản nháp").wait_for()
    keep_shot(page, "drawing-without-javascript")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("drawing-phone", {"viewport": PHONE}),
        ("drawing-dark", {"viewport": DESKTOP, "dark": True}),
        ("drawing-narrow", {"viewport": {"width": 320, "height": 640}}),
    ],
)
def test_drawing_fits_every_screen(visit, keeper, name, how):
    edition = begin_drawing(PlaceKind.objects.get(code="water"), on=FROM)
    page = visit(**how)
    sign_in(page, keeper)

    page.goto(f"/lam-viec/xuong/ve/{edition.pk}?place=dong")

    open_drawing(page)
    keep_shot(page, name)
    assert serious(page) == []
    assert page.evaluate("document.body.scrollWidth <= innerWidth")


def test_a_manhole_cover_is_drawn_and_found_again(visit, keeper):
    page = visit(viewport=DESKTOP)
    sign_in(page, keeper)
    page.goto("/lam-viec/xuong/ve-tai-san")
    page.locator("shape-drawing[data-ready]").wait_for(timeout=30_000)
    page.get_by_label("Loại tài sản").fill("cover")
    page.get_by_label("Số hiệu", exact=True).fill("HG-0001")
    page.get_by_label("Tên", exact=True).fill("Hố ga trước số 1")
    page.get_by_role("button", name="Đặt một điểm").click()
    page.locator(".drawing-frame").scroll_into_view_if_needed()
    box = page.locator(".drawing-frame").bounding_box()

    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    keep_shot(page, "drawing-asset")
    page.get_by_role("button", name="Lưu tài sản").click()

    page.get_by_text("đã có trên bản đồ").wait_for()
    assert Asset.objects.get(code="HG-0001").shape.geom_type == "Point"
    assert serious(page) == []
    assert page.complaints == []
