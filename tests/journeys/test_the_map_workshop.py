"""The administrator of the map, from a publisher's file to a map in force, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.timezone import localdate

from gis_data import receiving
from gis_data.models import Boundary, Edition, MapChange, MapFile
from incidents.intake import receive
from incidents.models import Category, Rehearsal
from incidents.rehearsals import run
from tests.factories import TellingFactory
from tests.factories.workshop import map_file

from .conftest import DESKTOP, PHONE, found_by_axe, keep_shot, sign_in, until

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_DAY = localdate() + timedelta(days=40)
#: The line between the two wards, a little further east than it is.
MOVED = {
    "27316": (106.60, 10.75, 106.72, 10.85),
    "26743": (106.72, 10.75, 106.80, 10.85),
}


@pytest.fixture
def keeper(city, staff):
    """Who keeps the map, in a city where reports came from both sides of a line."""
    telling = TellingFactory.build(category=Category.objects.get(code="MT.xa-ban"))
    for turn in range(12):
        point = Point(106.69 + turn * 0.005, 10.8, srid=4326)
        receive(
            replace(telling, point=point, client_id=f"one-{turn}"),
            channel="portal",
            at=timezone.now() - timedelta(days=turn),
        )
    keeper = staff("administrator", "tt-1022")
    keeper.first_name = "Võ Thị Quản"
    keeper.save()
    return keeper


def work_off():
    """Do what the worker would do by now."""
    for sent in MapFile.objects.filter(step__in=MapFile.WORKED):
        receiving.work_on(sent.pk, at=timezone.now())
    for asked in Rehearsal.objects.filter(finished_at=None):
        run(asked.pk, at=timezone.now())


def shot(page, name):
    """Keep a picture of the page, once axe has found nothing and nothing sticks out."""
    if page.locator("workshop-map").count():
        page.locator("workshop-map").first.scroll_into_view_if_needed()
        page.locator("workshop-map[data-ready]").first.wait_for(
            state="attached", timeout=30_000
        )
        page.evaluate("scrollTo(0, 0)")
    keep_shot(page, f"workshop-{name}-{page.viewport_size['width']}")
    assert found_by_axe(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"]


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def follow(page, name):
    page.get_by_role("link", name=name).first.click()
    page.wait_for_load_state()


def send(page, name, **boxes):
    """Send a file of boundaries, and wait until the worker has read its columns."""
    page.goto("/lam-viec/xuong")
    follow(page, "Gửi tệp bản đồ")
    body = map_file(**boxes).read()
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/geo+json", "buffer": body}
    )
    press(page, "Gửi tệp")


def goes_on(page):
    """Let the worker do its part, and the page notice by itself."""
    assert page.locator("progress").count() == 1
    work_off()
    assert until(page, lambda: page.locator("progress").count() == 0)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_file_becomes_a_map_in_force_and_is_taken_back(visit, keeper, viewport):
    page = visit(viewport=viewport)
    sign_in(page, keeper)
    send(page, "phuong-2027.geojson", **MOVED)
    shot(page, "waits")
    goes_on(page)

    page.get_by_label("Ngày đầu có hiệu lực").fill(FIRST_DAY.isoformat())
    page.get_by_label("Theo văn bản nào").fill("Nghị quyết điều chỉnh địa giới")
    shot(page, "reading")
    press(page, "Kiểm tra tệp")
    goes_on(page)
    assert "2 ranh giới" in page.locator("main").inner_text()
    shot(page, "report")

    press(page, "Lưu thành bản nháp")
    goes_on(page)
    follow(page, "Mở bản nháp")
    assert "Bến Thành" in page.locator("table").inner_text()
    shot(page, "draft")

    page.locator("main").get_by_role("link", name="Chạy thử", exact=True).click()
    page.wait_for_load_state()
    assert page.locator("#id_on").input_value() == FIRST_DAY.isoformat()
    shot(page, "rehearse")
    press(page, "Chạy thử")
    goes_on(page)
    assert "Trong 12 phản ánh" in page.locator(".shop-headline").inner_text()
    shot(page, "rehearsal")

    follow(page, "Về bản nháp")
    follow(page, "Đưa vào áp dụng…")
    press(page, "Đưa vào áp dụng")
    assert "Hãy gõ ngày." in page.locator(".summary-bad").inner_text()
    page.get_by_label("Để chắc chắn").fill(f"{FIRST_DAY:%d/%m/%Y}")
    shot(page, "activate")
    press(page, "Đưa vào áp dụng")
    edition = Edition.objects.get(starts_on=FIRST_DAY, kind__code="ward")
    known = Boundary.objects.known().filter(edition=edition)
    assert (edition.published_at is not None, known.count()) == (True, 2)
    shot(page, "in-force")

    follow(page, "Hoàn tác…")
    page.get_by_label("Để chắc chắn").fill(f"{FIRST_DAY:%d/%m/%Y}")
    shot(page, "roll-back")
    press(page, "Hoàn tác")
    shot(page, "list")

    assert not Boundary.objects.known().filter(edition=edition).exists()
    done = MapChange.objects.order_by("pk").values_list("code", "by")
    assert list(done) == [
        (code, keeper.pk)
        for code in ("file_sent", "draft_kept", "activated", "rolled_back")
    ]
    # A form that is refused is answered so, and the browser notes it.
    assert [each for each in page.complaints if "422" not in each] == []
    assert page.strangers == []


def test_a_broken_file_is_explained_without_javascript_and_in_the_dark(visit, keeper):
    page = visit(viewport={"width": 320, "height": 640}, javascript=False, dark=True)
    sign_in(page, keeper)
    page.goto("/lam-viec/xuong/tep")
    body = map_file(**MOVED).read().replace(b'"name": "', b'"name": "", "x": "')
    page.locator("input[type=file]").set_input_files(
        {"name": "thieu-ten.geojson", "mimeType": "application/json", "buffer": body}
    )
    press(page, "Gửi tệp")
    work_off()
    page.get_by_role("link", name="Kiểm tra lại").click()
    page.get_by_label("Ngày đầu có hiệu lực").fill(FIRST_DAY.isoformat())
    press(page, "Kiểm tra tệp")
    work_off()
    page.get_by_role("link", name="Kiểm tra lại").click()

    keep_shot(page, "workshop-broken-320-dark")
    said = page.locator("main").inner_text()
    assert "đối tượng 1 (27316): không có tên" in said
    assert (
        page.get_by_label("Ngày đầu có hiệu lực").input_value() == FIRST_DAY.isoformat()
    )
    assert not Edition.objects.filter(published_at=None).exists()


def test_a_wrong_row_of_the_rules_is_named_and_the_table_stays(visit, keeper):
    page = visit(viewport=PHONE)
    sign_in(page, keeper)
    page.goto("/lam-viec/xuong/trach-nhiem?unit=ubnd-27316")
    shot(page, "rules")
    follow(page, "Chạy thử bảng đã sửa")
    page.get_by_text("Kèm phân công trách nhiệm nháp").click()
    columns = (
        "categories,organisation,places,except,role,precedence,valid_from,valid_to,"
        "confirmed,legal_basis,note,assets,within,conditions"
    )
    row = "MT.xa-ban,ubnd-27316,ward:27316,,lead,cao,2025-07-01,,yes,Luật,,,,"
    page.get_by_label("hoặc dán vào đây").fill(f"{columns}\n{row}")
    press(page, "Chạy thử")

    shot(page, "rules-refused")
    said = page.locator(".summary-bad").inner_text()
    assert "dòng 2, “precedence”: 'cao' không phải số nguyên" in said
    assert row in page.get_by_label("hoặc dán vào đây").input_value()
