from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from gis_data.models import Place
from incidents.models import Organisation, Report
from tests.factories import HERE, CaseFactory, north_of
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

WAYS = {
    "heat": {"viewport": DESKTOP},
    "clusters": {"viewport": PHONE},
    "lapse": {"viewport": PHONE, "reduced_motion": "reduce"},
    "wards": {"viewport": DESKTOP, "dark": True},
}


@pytest.fixture
def files(city, tmp_path):
    """One file of each kind, of a few weeks of reports in two wards."""
    east, west = (Place.objects.get(code=code) for code in ("26743", "27316"))
    for turn in range(24):
        CaseFactory.create(
            place=east if turn % 3 else west,
            point=north_of(HERE, metres=140 * turn),
            status="in_progress" if turn % 2 else "resolved",
        )
    now = timezone.now()
    for turn, report in enumerate(Report.objects.order_by("pk")):
        received = now - timedelta(days=turn)
        Report.objects.filter(pk=report.pk).update(received_at=received)
    for kind in WAYS:
        call_command("export_map", str(tmp_path / f"{kind}.html"), "--kind", kind)
    return tmp_path


def test_each_kind_opens_with_the_network_off_and_nothing_amiss(visit, files):
    for kind, how in WAYS.items():
        page = visit(**how)
        page.context.set_offline(True)
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))

        page.goto(f"file://{files}/{kind}.html")

        expect(page.locator(".leaflet-container")).to_be_visible()
        if kind == "heat":
            seen = Image.open(BytesIO(page.locator("main").screenshot()))
            pixels = np.asarray(seen.convert("RGB"), dtype=int)
            assert (pixels[..., 0] - pixels[..., 2] > 60).sum() > 500
        elif kind == "clusters":
            expect(page.locator(".spot-many").first).to_be_visible()
        elif kind == "lapse":
            slider, said = page.get_by_role("slider"), page.locator("#turn-said")
            expect(page.locator("#play")).to_be_hidden()
            last = said.inner_text()
            slider.press("ArrowLeft")
            expect(said).not_to_have_text(last)
        else:
            expect(page.locator("path.tone-5").first).to_be_attached()
        page.locator("summary").click()
        expect(page.locator("tbody th", has_text="Bến Thành")).to_be_visible()
        assert serious(page) == []
        keep_shot(page, f"travelling-{kind}")
        assert asked == [f"file://{files}/{kind}.html"]
        assert page.complaints == []


def test_hot_spots_taken_along_open_with_the_network_off(visit, staff, tmp_path):
    officer = staff("focal_point", "ubnd-26743")
    now = timezone.now()
    for turn in range(30):
        corner = north_of(HERE, metres=(turn // 5) * 150)
        corner.x += (turn % 5) * 0.0014
        CaseFactory.create(
            status="in_progress",
            organisation=Organisation.objects.get(code="ubnd-26743"),
            place=Place.objects.get(code="26743"),
            point=corner if turn < 20 else north_of(HERE, metres=150 * turn),
            received_at=now - timedelta(days=turn),
        )
    page = visit(viewport=DESKTOP)
    sign_in(page, officer)
    page.goto("/lam-viec/don-vi/diem-nong")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Bản đồ này thành một tệp").click()
    taken.value.save_as(tmp_path / "hot.html")

    for name, how in {
        "desktop": {"viewport": DESKTOP},
        "phone": {"viewport": PHONE, "dark": True},
    }.items():
        alone = visit(**how)
        alone.context.set_offline(True)
        asked = []
        alone.on("request", lambda request, asked=asked: asked.append(request.url))
        alone.goto(f"file://{tmp_path}/hot.html")

        expect(alone.locator(".spot-hot").first).to_be_visible()
        expect(alone.locator("path.hot-shade-5").first).to_be_attached()
        numbers = alone.locator(".spot-hot").all_inner_texts()
        assert numbers == alone.locator("tbody .number").all_inner_texts()
        assert serious(alone) == []
        keep_shot(alone, f"travelling-hot-spots-{name}")
        assert asked == [f"file://{tmp_path}/hot.html"]
        assert alone.complaints == []
