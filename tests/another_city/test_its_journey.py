"""The whole way of a report in a city that speaks English and asks nobody's name."""

from __future__ import annotations

import re
from datetime import date
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.timezone import localtime
from PIL import Image

from accounts.models import User
from incidents.models import Contact, Membership, Organisation, Report, Status
from tests.factories import PASSWORD
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in
from tests.journeys.filling_in import go_on, heading
from tests.journeys.test_a_report_from_pin_to_resolved import act, open_case, work_off
from tests.journeys.test_a_tourist import assert_english

Role = Membership.Role
UNIT = "board-quay"
CODE = re.compile(r"PM-\d{6}-[0-9A-Z]{6}-[0-9A-Z]")


@pytest.fixture
def staff(site):
    def _staff(role, organisation):
        user = User.objects.create_user(f"{role}-{organisation}", password=PASSWORD)
        Membership.objects.create(
            user=user,
            organisation=Organisation.objects.get(code=organisation),
            role=role,
            validity=DateRange(date(2025, 1, 1), None),
        )
        return user

    return _staff


@pytest.fixture
def photo():
    written = BytesIO()
    Image.new("RGB", (640, 480), "#7a8").save(written, "JPEG")
    return {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


def assert_only_english(page):
    """Nothing of the first city is on the page, whatever the browser asks for."""
    said = page.locator("body").inner_text()
    assert_english(said)
    assert page.locator("html").get_attribute("lang") == "en"
    assert "1022" not in page.content()
    assert page.locator("[lang=vi]").count() == 0


def test_a_report_without_a_name_is_filed_routed_handled_and_seen(
    visit, staff, photo, mailoutbox
):
    citizen = visit(viewport=PHONE, locale="vi-VN")
    citizen.goto("/")
    citizen.locator("incident-map canvas").wait_for()
    assert_only_english(citizen)
    keep_shot(citizen, "merrow-map-390")

    citizen.goto("/gui-phan-anh")
    assert "111" in citizen.locator("main").inner_text()
    go_on(citizen, "No, continue")
    heading(citizen, "Where did you see it?").wait_for()
    citizen.get_by_role("button", name="Choose on the map").click()
    citizen.locator("pin-picker canvas").wait_for()
    citizen.wait_for_timeout(500)
    box = citizen.locator("pin-picker canvas").bounding_box()
    citizen.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.40)
    citizen.get_by_text("Chosen on the map: Lantern Quay Ward").wait_for()
    keep_shot(citizen, "merrow-pin-390")
    assert_only_english(citizen)
    go_on(citizen, "Continue")
    heading(citizen, "What is it?").wait_for()
    citizen.get_by_role("searchbox", name="Find a category").fill("mattress")
    citizen.get_by_role("radio", name="Dumped rubbish").check()
    go_on(citizen, "Continue")
    heading(citizen, "A few details").wait_for()
    go_on(citizen, "Continue")
    heading(citizen, "What do you see?").wait_for()
    citizen.get_by_role("textbox", name="Content").fill("Two mattresses on the quay.")
    go_on(citizen, "Continue")
    heading(citizen, "Photos, video, recording").wait_for()
    go_on(citizen, "Continue")
    heading(citizen, "How do we answer you?").wait_for()
    citizen.get_by_text("You may leave all of it empty.").wait_for()
    keep_shot(citizen, "merrow-who-390")
    assert serious(citizen) == []
    go_on(citizen, "Continue")
    heading(citizen, "What will neighbours, the unit and the public see?").wait_for()
    assert_only_english(citizen)
    go_on(citizen, "Check and send")
    heading(citizen, "Check and send").wait_for()
    assert_only_english(citizen)
    citizen.get_by_role("button", name="Send report", exact=True).click()
    citizen.wait_for_url("**/gui-phan-anh/PM-*")
    keep_shot(citizen, "merrow-receipt-390")
    assert_only_english(citizen)
    code = CODE.search(citizen.get_by_role("main").inner_text()).group()

    report = Report.objects.get(code=code)
    assert report.place.code == "quay"
    assert report.point.y < -38
    assert report.point.x < -176
    assert report.language == "en"
    assert not Contact.objects.filter(report=report).exists()
    assert report.decisions.get().organisation.code == UNIT
    day = localtime(report.received_at, ZoneInfo("Pacific/Chatham"))
    assert code.split("-")[1] == f"{day:%y%m%d}"

    desk = visit(viewport=DESKTOP, locale="vi-VN")
    sign_in(desk, staff(Role.OPERATOR, "contact-centre"))
    desk.goto("/lam-viec/tong-dai")
    assert_only_english(desk)
    desk.locator(f"a[href$='{report.public_id}']").first.click()
    desk.wait_for_load_state()
    keep_shot(desk, "merrow-case-1280")
    assert_only_english(desk)
    act(desk, "accept_and_transfer")
    report.refresh_from_db()
    assert (report.status, report.organisation.code) == (Status.TRANSFERRED, UNIT)

    unit = visit(viewport=DESKTOP, locale="vi-VN")
    sign_in(unit, staff(Role.FOCAL_POINT, UNIT))
    unit.goto("/lam-viec/don-vi")
    keep_shot(unit, "merrow-unit-1280")
    assert_only_english(unit)
    open_case(unit, report)
    act(unit, "acknowledge")
    act(unit, "start")
    unit.locator("a[href$='/ket-qua']").click()
    form = unit.locator("form.filing-result")
    form.locator("input[value=fixed]").check()
    form.locator("textarea[name=text]").fill("Both were taken away this morning.")
    form.locator("input[type=file]").last.set_input_files(photo)
    assert_only_english(unit)
    form.locator(".send-bar button").click()
    unit.wait_for_url("**/lam-viec/don-vi")
    work_off()
    open_case(desk, report)
    act(desk, "publish_result")
    report.refresh_from_db()
    assert report.status == Status.RESOLVED
    work_off()

    citizen.goto("/tra-cuu")
    citizen.fill("input[name=code]", code.lower().replace("-", " "))
    citizen.locator("main form button").click()
    citizen.wait_for_load_state()
    keep_shot(citizen, "merrow-lookup-390")
    said = citizen.locator("main").inner_text()
    assert "Both were taken away this morning." in said
    assert "Lantern Quay Ward" in said
    assert_only_english(citizen)
    assert serious(citizen) == []
    citizen.goto("/")
    citizen.locator("incident-map canvas").wait_for()
    keep_shot(citizen, "merrow-map-after-390")
    assert mailoutbox == []
    for page in (citizen, desk, unit):
        assert (page.complaints, page.strangers) == ([], [])


def test_whoever_leaves_an_address_is_written_to_in_english(visit, staff, mailoutbox):
    tab = visit(viewport=PHONE, locale="vi-VN")
    tab.goto("/gui-phan-anh")
    code = tab.evaluate(
        """() => fetch('/api/v1/reports', {
            method: 'POST',
            headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({
                category: 'WASTE.dumped', lat: -38.536, lon: -176.285,
                place_source: 'tap', description: 'Rubble on the quay.',
                reporter: {name: 'Ann', phone: '021 123 4567',
                    email: 'ann@example.org'},
            }),
        }).then(answer => answer.json()).then(said => said.code)"""
    )
    work_off()

    (letter,) = mailoutbox
    assert code in letter.body
    assert code not in letter.subject
    assert letter.subject.startswith(f"{settings.CITY.service_name['en']}: ")
    for written in (letter.body, *(page for page, _ in letter.alternatives)):
        assert_english(written)
        assert "1022" not in written
