"""What is seen of the city stands on paper too, with whence it is and the way back."""

from __future__ import annotations

import numpy as np
import pypdfium2
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from gis_data.models import Place
from incidents.models import Organisation
from tests.factories import HERE, CaseFactory, north_of
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cases(city):
    """Some cases of one ward, thick at one corner."""
    unit = Organisation.objects.get(code="ubnd-26743")
    place = Place.objects.get(code="26743")
    for turn in range(24):
        CaseFactory.create(
            organisation=unit,
            place=place,
            point=north_of(HERE, metres=(8 if turn < 16 else 220) * turn),
            public_title=f"Nắp cống số {turn}",
            received_at=timezone.now(),
            status="in_progress",
        )


def printed(page, name):
    """Print a page on A4; return its text, and the first sheet as dots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = page.pdf(path=SHOTS / f"{name}.pdf", format="A4", print_background=True)
    document = pypdfium2.PdfDocument(made)
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    drawn = document[0].render(scale=2).to_pil().convert("RGB")
    drawn.save(SHOTS / f"{name}.png")
    return text, np.asarray(drawn, dtype=int)


def with_colour(dots):
    """Count the dots that are neither grey nor white."""
    return int((dots.max(axis=2) - dots.min(axis=2) > 40).sum())


@pytest.mark.parametrize(
    "how", [{"viewport": DESKTOP}, {"viewport": PHONE, "dark": True}]
)
def test_the_public_map_is_printed_as_it_is_seen(visit, cases, how):
    page = visit(**how)
    page.goto("/?status=in_progress")
    expect(page.locator("incident-map.is-drawn")).to_be_attached()
    page.wait_for_timeout(1500)

    name = "paper-map-phone" if "dark" in how else "paper-map"
    text, dots = printed(page, name)

    assert "Trạng thái: Đang xử lý" in text
    assert "Nắp cống số 3" in text
    assert "/?status=in_progress" in text
    assert "Gửi phản ánh" not in text
    assert with_colour(dots) > 2000
    expect(page.locator(".map-printed")).to_have_count(0)


def test_staff_s_maps_are_printed_too(visit, cases, staff):
    page = visit(viewport=DESKTOP)
    sign_in(page, staff("focal_point", "ubnd-26743"))

    for name, address, ready in (
        ("unit", "/lam-viec/don-vi?view=map", "unit-map[data-ready]"),
        ("heat", "/lam-viec/don-vi/ban-do-nhiet", ".heat-frame"),
        ("hot", "/lam-viec/don-vi/diem-nong", ".hot-map"),
    ):
        page.goto(address)
        expect(page.locator(ready)).to_be_visible()
        expect(page.get_by_role("button", name="In", exact=True)).to_be_visible()
        page.wait_for_timeout(1500)
        text, dots = printed(page, f"paper-{name}")

        assert address in text
        assert with_colour(dots) > 2000
        page.emulate_media(media="print")
        for pressed in (".choose", ".bulk-bar"):
            expect(page.locator(pressed).filter(visible=True)).to_have_count(0)
        for frame in page.frames[1:]:
            expect(frame.locator(".leaflet-control-zoom")).to_be_hidden()
            bar = "getComputedStyle(document.querySelector('.scale'), '::before')"
            assert frame.evaluate(f"{bar}.printColorAdjust") == "exact"
        page.emulate_media(media="null")
