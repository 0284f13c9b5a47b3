"""On the line: asked where it lies, weighed, moved, and seen from the other side."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.timezone import localdate

from gis_data.geometry import metres_a_degree
from incidents import handover
from incidents.intake import receive
from incidents.models import Category, Membership, Organisation, Report
from incidents.permissions import actor_of
from tests.factories import TellingFactory

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in
from .filling_in import begin, go_on, review, stand_at, until_seen

Role = Membership.Role
LINE, NORTH = 106.70, 10.803
WEST, EAST = "ubnd-27316", "ubnd-26743"
SMALL = {"width": 320, "height": 640}


def off_the_line(metres):
    """A point so many metres east of the line between the two wards."""
    return Point(LINE + metres / metres_a_degree(NORTH)[0], NORTH, srid=4326)


@pytest.fixture
def desk(staff):
    return staff(Role.OPERATOR, "tt-1022")


@pytest.fixture
def told(city):
    """A heap of rubble, twelve metres west of the line, known to forty metres."""

    def _told(metres=-12, accuracy=40):
        telling = TellingFactory.create(
            category=Category.objects.get(code="MT.xa-ban"),
            description="Xà bần đổ đầy lề đường, sát ranh hai phường.",
            point=off_the_line(metres),
            accuracy=accuracy,
            address="12 An Dương Vương",
        )
        return receive(telling, channel="portal", at=timezone.now()).report

    return _told


def test_the_desk_sees_the_doubt_moves_the_pin_and_the_proposal_follows(
    visit, desk, told
):
    report = told()
    page = visit(viewport=DESKTOP)
    sign_in(page, desk)
    page.goto(f"/lam-viec/phan-anh/{report.public_id}")
    page.locator(".case-why .doubts").wait_for()
    assert "disc" in report.decisions.get().doubts
    keep_shot(page, "weighing-desktop")

    page.locator("#do-move summary").click()
    page.locator("pin-mover canvas").wait_for()
    there = off_the_line(60)
    page.locator("#do-move input[name=point]").fill(f"{there.y:.6f}, {there.x:.6f}")
    page.locator("#do-move textarea").fill("Theo ảnh thì ở bên kia đường.")
    page.wait_for_timeout(1500)
    keep_shot(page, "moving-the-pin-desktop")
    assert not serious(page)
    with page.expect_navigation():
        page.locator("#do-move form button.btn").click()

    assert report.decisions.latest("pk").organisation.code == EAST
    assert Report.objects.get(pk=report.pk).organisation is None
    page.locator(".case-why details summary").last.scroll_into_view_if_needed()
    page.locator(".case-why details:has(.decided) > summary").click()
    keep_shot(page, "moved-desktop")
    assert not page.complaints


def test_a_drag_or_a_tap_on_the_map_fills_the_coordinates_in(visit, desk, told):
    report = told()
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    sign_in(page, desk)
    page.goto(f"/lam-viec/phan-anh/{report.public_id}")
    page.locator("#do-move summary").click()
    field = page.locator("#do-move input[name=point]")
    before = field.input_value()
    canvas = page.locator("pin-mover canvas")
    canvas.wait_for()
    page.wait_for_timeout(1500)

    canvas.click(position={"x": 60, "y": 60})

    assert field.input_value() != before
    page.locator("#do-move").scroll_into_view_if_needed()
    keep_shot(page, "moving-the-pin-phone")


def test_the_category_is_changed_and_without_javascript_too(visit, desk, told):
    report = told()
    page = visit(viewport=PHONE, javascript=False)
    sign_in(page, desk)
    page.goto(f"/lam-viec/phan-anh/{report.public_id}")
    page.locator("#do-reclassify summary").click()

    page.locator("#do-reclassify select[name=category]").select_option(
        "HT-CHIEUSANG.den-tat"
    )
    page.locator("#do-reclassify textarea").fill("Người báo nói về đèn đường.")
    keep_shot(page, "another-category-phone")
    page.locator("#do-reclassify form button.btn").click()
    page.wait_for_load_state()

    now = Report.objects.get(pk=report.pk)
    assert now.category.code == "HT-CHIEUSANG.den-tat"
    assert "Đèn đường tắt" in page.locator("h1").inner_text()


def test_the_ward_across_the_line_sees_the_case_and_can_do_nothing_to_it(
    visit, desk, staff, told
):
    report = told(accuracy=3)
    if report.organisation is None:
        unit = Organisation.objects.get(code=WEST)
        at, by = timezone.now(), actor_of(desk, on=localdate())
        handover.accept_and_transfer(report, to=unit, by=by, at=at)
    told(metres=-100, accuracy=3)
    neighbour = staff(Role.FOCAL_POINT, EAST)
    for name, viewport in {"phone": PHONE, "small": SMALL, "desktop": DESKTOP}.items():
        page = visit(viewport=viewport, dark=name == "small")
        sign_in(page, neighbour)
        page.goto("/lam-viec/don-vi")
        page.get_by_role("link", name="Giáp ranh").first.click()
        page.locator(".border-list li").first.wait_for()
        page.locator("unit-map[data-ready]").wait_for()
        page.wait_for_timeout(800)
        keep_shot(page, f"border-{name}")
        assert page.locator(".border-list li").count() == 1
        assert not serious(page)
        page.locator(".border-what").click()
        page.locator("case-map canvas").wait_for()
        keep_shot(page, f"border-case-{name}")
        assert page.locator("main form, main button.btn").count() == 0
        assert report.description not in page.locator("main").inner_text()
        assert not serious(page)


def test_a_citizen_whose_position_is_unsure_is_asked_and_the_answer_decides(
    visit, city
):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    there = off_the_line(-12)
    stand_at(page, there.y, there.x, accuracy=60)
    begin(page)
    page.get_by_role("button", name="Dùng vị trí của tôi").click()
    page.get_by_role("button", name="Dùng ngay vị trí này").click()
    asked = page.get_by_role("group", name="Sự việc ở phường nào?")
    asked.wait_for()
    keep_shot(page, "disc-question-phone")

    asked.get_by_role("radio", name="Phường Bến Thành").check()
    go_on(page)
    until_seen(page, words="Xà bần đổ sát ranh hai phường.")
    review(page)
    page.get_by_role("button", name="Gửi phản ánh").click()
    page.wait_for_url("**/gui-phan-anh/1022-*")

    decision = Report.objects.get().decisions.get()
    assert decision.organisation.code == EAST
    assert "disc" not in decision.doubts
    assert "Bến Thành" in page.locator("main").inner_text()
    keep_shot(page, "disc-answered-phone")
