from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from time import monotonic

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from PIL import Image

from incidents.models import Clock, Organisation, Report
from tests.factories import CaseFactory, north_of
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/lam-viec/don-vi/ban-do-nhiet"


@pytest.fixture
def thick(city, staff):
    """A unit with a street full of reports, some beside it, and one without a place."""
    unit = Organisation.objects.filter(reports=None, place__code="26743").get()
    somebody = staff("focal_point", unit.code)
    crowd = Point(106.72, 10.78, srid=4326)
    for turn in range(24):
        at = north_of(crowd, metres=40 * turn if turn < 12 else 300 * turn)
        case = CaseFactory.create(
            status="in_progress",
            organisation=unit,
            place=unit.place,
            point=at,
            address=f"{turn} Lê Lợi" if turn < 12 else "Hẻm 5",
        )
        due = timezone.now() + timedelta(days=turn - 6)
        Clock.objects.filter(report=case).update(
            started_at=due - timedelta(days=7), due_at=due
        )
    Report.objects.update(received_at=timezone.now())
    return somebody


def drawn(page):
    """Wait until heat can be seen in the frame: what is warm is more red than blue."""
    frame = page.frame_locator("iframe")
    frame.locator("path.ground").first.wait_for(state="attached")
    give_up = monotonic() + 10
    while monotonic() < give_up:
        seen = Image.open(BytesIO(frame.locator("main").screenshot())).convert("RGB")
        pixels = np.asarray(seen, dtype=int)
        if (pixels[..., 0] - pixels[..., 2] > 60).sum() > 500:
            return frame
        page.wait_for_timeout(200)
    raise AssertionError("the map stays cold")


TRIED = "(() => {{ try {{ return {} }} catch {{ return 'kept out' }} }})()"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("heat-desktop", {"viewport": DESKTOP}),
        ("heat-phone", {"viewport": PHONE}),
        ("heat-dark", {"viewport": DESKTOP, "dark": True}),
        ("heat-narrow", {"viewport": {"width": 320, "height": 640}}),
    ],
)
def test_the_heat_map_is_drawn_from_this_site_alone(visit, thick, name, how):
    page = visit(**how)
    sign_in(page, thick)
    page.goto(PAGE)

    frame = drawn(page)

    assert "Tất cả phản ánh đang mở: 24" in frame.locator("h1").inner_text()
    assert frame.get_by_role("button", name="Phóng to").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page) == []
    keep_shot(page, name)
    assert page.strangers == []
    assert page.complaints == []


def test_the_page_in_the_frame_has_no_origin_and_reaches_nothing(visit, thick):
    page = visit()
    sign_in(page, thick)
    page.goto(PAGE)
    drawn(page)

    inner = page.frames[-1]

    assert inner.evaluate("origin") == "null"
    for reached in ["document.cookie", "parent.document.title"]:
        assert inner.evaluate(TRIED.format(reached)) == "kept out"
    assert page.complaints == []


def test_the_table_leads_from_a_place_to_its_cases_without_javascript(visit, thick):
    page = visit(javascript=False)
    sign_in(page, thick)
    page.goto(PAGE)

    page.locator("table a").first.click()
    page.locator("#cases a").first.click()

    assert "/lam-viec/phan-anh/" in page.url
    assert page.strangers == []
