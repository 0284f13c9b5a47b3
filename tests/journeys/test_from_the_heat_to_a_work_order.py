from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis_data.geometry import metres_a_degree
from incidents.models import Category, Clock, CrewLink, Organisation, Report
from tests.factories import CaseFactory
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

CENTRE = Point(106.72, 10.78, srid=4326)


@pytest.fixture
def hot(city, staff):
    """A unit with broken drains about one corner, and others anywhere in its ward."""
    unit = Organisation.objects.filter(reports=None, place__code="26743").get()
    west, south, east, north = unit.place.boundaries.defer(None).get().shape.extent
    rng, now = np.random.default_rng(11), timezone.now()
    drain = (
        Category.objects.filter(branch__branch__isnull=False).order_by("code").first()
    )
    long, up = metres_a_degree(CENTRE.y)
    for turn in range(70):
        is_near = turn < 24
        x = (west + east) / 2 + rng.normal(0, 350) / long
        y = (south + north) / 2 + rng.normal(0, 350) / up
        if not is_near:
            x, y = rng.uniform(west, east), rng.uniform(south, north)
        case = CaseFactory.create(
            status="in_progress" if turn % 3 else "resolved",
            resolved_at=None if turn % 3 else now - timedelta(days=40),
            organisation=unit,
            category=drain,
            place=unit.place,
            point=Point(float(x), float(y), srid=4326),
            address=f"{turn} Lê Lợi" if is_near else f"{turn} Nguyễn Huệ",
        )
        due = now + timedelta(days=turn % 9 - 5)
        Clock.objects.filter(report=case).update(
            started_at=due - timedelta(days=7), due_at=due
        )
    Report.objects.update(received_at=now - timedelta(days=10))
    return staff("focal_point", unit.code)


def test_from_the_heat_map_to_a_hot_spot_its_list_and_a_work_order(visit, hot):
    page = visit(viewport=DESKTOP)
    sign_in(page, hot)
    page.goto("/lam-viec/don-vi/ban-do-nhiet")

    page.get_by_role("link", name="Xem các điểm nóng").click()
    spot = page.locator(".hot-list .card").first
    spot.wait_for()
    assert "Lê Lợi" in spot.inner_text()
    assert "quá hạn" in spot.inner_text()
    keep_shot(page, "hot-spots-desktop")
    assert serious(page) == []

    spot.get_by_role("link", name="Danh sách sự cố").click()
    page.locator("#cases .hot-cases li").first.wait_for()
    assert "điểm ưu tiên" in page.locator("#cases").inner_text()

    page.locator(".hot-list .card").first.get_by_role(
        "link", name="Phiếu giao việc"
    ).click()
    page.get_by_role("heading", name="Giao tổ đội").wait_for()
    jobs = page.locator("input[name=chosen]").count()
    assert jobs >= 4
    keep_shot(page, "work-order-desktop")
    assert serious(page) == []

    page.locator("#order-crew").fill("Tổ thoát nước 3")
    page.get_by_role("button", name="Tạo liên kết").click()
    page.locator(".order-links li").first.wait_for()
    assert page.locator(".order-links li").count() == jobs
    assert CrewLink.objects.count() == jobs
    keep_shot(page, "work-order-handed-over")
    assert serious(page) == []
    assert page.complaints == []
    assert page.strangers == []


def test_on_a_phone_by_night_it_is_read_in_words_first(visit, hot):
    page = visit(viewport=PHONE, dark=True)
    sign_in(page, hot)

    page.goto("/lam-viec/don-vi/diem-nong")

    page.locator(".hot-list .card").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []
    keep_shot(page, "hot-spots-phone")
    page.goto("/lam-viec/uu-tien")
    page.get_by_role("heading", level=1).wait_for()
    assert serious(page) == []
    keep_shot(page, "priorities-phone")
    assert page.complaints == []
