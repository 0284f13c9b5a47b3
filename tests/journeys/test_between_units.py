"""A case among units: shared and approved; returned, returned again, and decided."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from PIL import Image

from incidents.handover import accept_and_transfer
from incidents.intake import receive
from incidents.models import Category, Organisation, RefusalReason, Report, Status
from tests.factories import TellingFactory, operator

from .conftest import DESKTOP, PHONE, keep_shot, serious, sign_in
from .test_a_report_from_pin_to_resolved import act, open_case, work_off

pytestmark = pytest.mark.django_db(transaction=True)

#: Keeps drains, with a contractor of this year; and two wards beside it.
UNIT, CONTRACTOR = "tt-gtht", "udc"
WARD, OTHER = "ubnd-27316", "ubnd-26743"


@pytest.fixture
def told(city):
    """A drain without its cover, told by somebody and not looked at yet."""
    telling = TellingFactory.create(
        category=Category.objects.get(code="HT-THOATNUOC.mat-nap"),
        point=Point(106.731, 10.791, srid=4326),
        description="Nắp cống mất ngay đầu hẻm",
        by_hand=True,
    )
    return receive(telling, channel="zalo", at=timezone.now()).report


def given_to(report, code):
    unit = Organisation.objects.get(code=code)
    now, why = timezone.now(), "Theo hồ sơ tài sản"
    return accept_and_transfer(report, to=unit, by=operator(), at=now, reason=why)


def unfold(page, name):
    page.locator(f"details#do-{name}:not([open]) > summary").click()
    return page.locator(f"details#do-{name} form")


def send(page, form):
    form.locator("button").last.click()
    page.wait_for_load_state()


def fit(page, name):
    """Look at the page from its top, so that its bar lies over nothing."""
    page.evaluate("window.scrollTo(0, 0)")
    keep_shot(page, name)
    assert serious(page) == []
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, name


def test_a_case_is_verified_shared_done_approved_and_published(visit, staff, told):
    given_to(told, UNIT)
    Organisation.objects.filter(code=UNIT).update(leader_approves=True)
    leading = staff("leader", UNIT)
    unit = visit(viewport=PHONE)
    sign_in(unit, staff("focal_point", UNIT))
    unit.goto("/lam-viec/don-vi")
    unit.locator(f"a[href$='{told.public_id}']").first.click()
    act(unit, "acknowledge")
    form = unfold(unit, "record_verification")
    form.get_by_label("Đúng như phản ánh", exact=True).check()
    fit(unit, "agreeing-verify-390")
    send(unit, form)
    form = unfold(unit, "share")
    form.locator("select").select_option(CONTRACTOR)
    fit(unit, "agreeing-share-390")
    send(unit, form)
    fit(unit, "agreeing-shared-390")

    crew = visit(viewport=PHONE)
    sign_in(crew, staff("focal_point", CONTRACTOR))
    crew.goto("/lam-viec/don-vi")
    with crew.expect_navigation():
        crew.locator(f"a[href$='{told.public_id}']").first.click()
    assert crew.locator("details#do-send_back").count() == 0
    crew.locator("a[href$='/ket-qua']").click()
    form = crew.locator("form.filing-result")
    form.locator("input[value=fixed]").check()
    form.locator("textarea[name=text]").fill("Đã đậy nắp mới.")
    written = BytesIO()
    Image.new("RGB", (640, 480), "#7a8").save(written, "JPEG")
    photo = {"name": "sau.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}
    form.locator("input[type=file]").last.set_input_files(photo)
    form.locator(".send-bar button").click()
    crew.wait_for_url("**/lam-viec/don-vi")
    work_off()

    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff("operator", "tt-1022"))
    open_case(desk, told)
    assert desk.get_by_role("button", name="Công bố kết quả").count() == 0
    leader = visit(viewport=PHONE)
    sign_in(leader, leading)
    open_case(leader, told)
    fit(leader, "agreeing-leader-390")
    act(leader, "approve_result")
    open_case(desk, told)
    fit(desk, "agreeing-publish-1280")
    act(desk, "publish_result")

    told.refresh_from_db()
    assert told.status == Status.RESOLVED
    citizen = visit(viewport=PHONE)
    citizen.goto(f"/tra-cuu/{told.code}")
    citizen.get_by_text("Đã đậy nắp mới.").wait_for()
    assert "theo phân công của đơn vị xử lý" in citizen.content()
    for page in (unit, crew, leader, desk, citizen):
        assert (page.complaints, page.strangers) == ([], [])


def give_back(page, report, why):
    open_case(page, report)
    form = unfold(page, "send_back")
    form.locator("[name=return_reason]").select_option("CHU_SO_HUU_KHAC")
    form.locator("textarea").fill(why)
    return form


def test_a_return_a_second_hop_and_the_arbiter(visit, staff, told):
    given_to(told, WARD)
    first = visit(viewport=PHONE)
    sign_in(first, staff("focal_point", WARD))
    form = give_back(first, told, "Cống thuộc tuyến đường Thành phố quản lý")
    fit(first, "agreeing-return-390")
    send(first, form)

    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff("operator", "tt-1022"))
    open_case(desk, told)
    desk.get_by_text("Công trình, tài sản của chủ sở hữu khác").first.wait_for()
    form = unfold(desk, "transfer")
    form.locator("[name=organisation]").fill(Organisation.objects.get(code=OTHER).name)
    form.locator("textarea").fill("Giáp ranh, phía bên kia đường")
    send(desk, form)

    second = visit(viewport=PHONE)
    sign_in(second, staff("focal_point", OTHER))
    send(second, give_back(second, told, "Nằm bên phía phường kia"))
    open_case(desk, told)
    desk.get_by_text("Chờ trưởng ca quyết định").first.wait_for()
    assert desk.locator("form[action$='/transfer']").count() == 0
    fit(desk, "agreeing-waits-1280")

    lead = visit(viewport=DESKTOP)
    sign_in(lead, staff("shift_lead", "tt-1022"))
    lead.goto("/lam-viec/phan-xu")
    fit(lead, "agreeing-disputes-1280")
    lead.locator(f"a[href*='{told.public_id}']").click()
    form = unfold(lead, "arbitrate")
    form.locator("[name=organisation]").fill(Organisation.objects.get(code=UNIT).name)
    form.locator("textarea").fill("Theo Quyết định phân cấp thoát nước")
    send(lead, form)

    held = Report.objects.get(pk=told.pk)
    assert (held.organisation.code, held.is_arbitrated) == (UNIT, True)
    lead.goto("/lam-viec/phan-xu")
    fit(lead, "agreeing-decided-1280")
    lead.goto("/lam-viec/chuyen")
    fit(lead, "agreeing-transfers-1280")
    lead.set_viewport_size(PHONE)
    fit(lead, "agreeing-transfers-390")
    unit = visit(viewport=PHONE)
    sign_in(unit, staff("focal_point", UNIT))
    open_case(unit, told)
    assert unit.locator("details#do-send_back").count() == 0
    fit(unit, "agreeing-decided-390")
    for page in (first, second, desk, lead, unit):
        assert (page.complaints, page.strangers) == ([], [])


def test_a_refusal_is_told_with_its_reason(visit, staff, told):
    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff("operator", "tt-1022"))
    open_case(desk, told)
    form = unfold(desk, "refuse")
    form.locator("select").select_option("NGOAI_DIA_BAN")
    reason = RefusalReason.objects.get(code="NGOAI_DIA_BAN")
    words = form.locator("textarea")
    assert words.input_value() == reason.guidance
    words.fill("Nơi này thuộc tỉnh Đồng Nai, mời bạn báo về tỉnh.")
    send(desk, form)

    told.refresh_from_db()
    assert told.status == Status.REFUSED
    citizen = visit(viewport=PHONE)
    citizen.goto(f"/tra-cuu/{told.code}")
    citizen.get_by_text(reason.name).first.wait_for()
    citizen.get_by_text("Nơi này thuộc tỉnh Đồng Nai").first.wait_for()
    fit(citizen, "agreeing-refused-390")
    assert (desk.complaints, citizen.complaints) == ([], [])
