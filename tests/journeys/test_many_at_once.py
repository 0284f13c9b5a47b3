"""What many meet at once: a planned outage is followed, and a flood answered once."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.contrib.gis.geos import Point
from django.utils import timezone
from django.utils.timezone import localtime

from incidents.models import (
    Category,
    Contact,
    Following,
    Incident,
    Notice,
    Organisation,
    Report,
    Status,
)
from tests.factories import CaseFactory, north_of

from .conftest import PHONE, keep_shot, serious, sign_in
from .filling_in import begin, choose_category, go_on, heading, stand_at

#: In the east of the map, in Phường Bến Thành.
SPOT = Point(106.75, 10.80, srid=4326)
MANY = 200


def announced(page, *, title):
    """Announce as a unit does without drawing: by the ward, with a keyboard."""
    page.goto("/lam-viec/su-co/thong-bao")
    page.get_by_role("combobox", name="Lĩnh vực").fill("cấp nước")
    page.get_by_role("option", name="Cấp nước", exact=True).click()
    page.get_by_label("Tên sự cố, bằng tiếng Việt").fill(title)
    page.get_by_label("Tên bằng tiếng Anh").fill("No water until 17:00")
    ends = localtime(timezone.now() + timedelta(hours=6))
    page.get_by_label("Dự kiến kết thúc").fill(f"{ends:%Y-%m-%dT%H:%M}")
    page.get_by_text("Phường và đường").click()
    page.get_by_role("checkbox", name="Phường Bến Thành").check()
    keep_shot(page, "incident-announce")
    page.get_by_role("button", name="Thông báo", exact=True).click()
    page.get_by_text("khi tổng đài viên duyệt").wait_for()


def test_a_planned_outage_is_followed_instead_of_filed(visit, staff):
    unit = staff("focal_point", "ubnd-26743")
    page = visit()
    sign_in(page, unit)
    announced(page, title="Cúp nước đến 17:00")
    keep_shot(page, "incident-at-work")
    assert serious(page) == []
    desk = visit()
    sign_in(desk, staff("operator", "tt-1022"))
    desk.goto("/lam-viec/su-co")
    desk.get_by_role("link", name="Cúp nước đến 17:00").click()
    desk.get_by_role("button", name="Duyệt, cho công khai").click()
    desk.get_by_text("Đã duyệt.").wait_for()

    person = visit(viewport=PHONE)
    stand_at(person, SPOT.y, SPOT.x, 10)
    begin(person)
    person.get_by_role("button", name="Dùng vị trí của tôi").click()
    person.get_by_text("Vị trí của bạn: Phường Bến Thành").wait_for()
    go_on(person)
    choose_category(person, "mat nuoc", "Mất nước")
    go_on(person)
    heading(person, "Đã có ai phản ánh chưa?").wait_for()
    keep_shot(person, "incident-before-filing-390")
    person.get_by_role("link", name="Theo dõi sự cố này").click()
    person.get_by_role("heading", name="Cúp nước đến 17:00").wait_for()
    person.get_by_label("Báo tôi khi xử lý xong").fill("mai@example.org")
    keep_shot(person, "incident-public-390")
    assert serious(person) == []
    person.get_by_role("button", name="Tôi cũng gặp").click()
    person.get_by_text("Bạn đã báo cũng gặp").wait_for()

    page.reload()
    page.get_by_label("Lời báo cho người theo dõi").fill("Đã có nước lại.")
    page.get_by_role("button", name="Đã kết thúc").click()
    page.get_by_text("Người theo dõi và người phản ánh được báo").wait_for()
    (following,) = Following.objects.all()
    notices = Notice.objects.filter(contact=Contact.objects.get(following=following))
    assert [each.event.code for each in notices] == ["resolved"]
    assert Report.objects.count() == 1
    person.goto("/su-co")
    keep_shot(person, "incidents-390")
    assert person.complaints == []


def test_a_flood_of_two_hundred_reports_is_put_together_and_answered_once(visit, staff):
    leaf, now = Category.objects.get(code="HT-THOATNUOC.ngap"), timezone.now()
    states = [Status.RECEIVED, Status.ACCEPTED, Status.TRANSFERRED]
    told = [
        CaseFactory.create(
            category=leaf,
            status=states[turn % 3],
            point=north_of(SPOT, turn),
            received_at=now - timedelta(minutes=turn % 60),
            description=f"Ngập tới đầu gối, nhà thứ {turn}",
        )
        for turn in range(MANY)
    ]
    unit = Organisation.objects.get(code="ubnd-26743")
    page = visit()
    sign_in(page, staff("operator", "tt-1022"))

    page.goto("/lam-viec/su-co")
    keep_shot(page, "incidents-gathering")
    with page.expect_navigation():
        page.get_by_role("link", name="Xem và gom lại").click()
    assert page.get_by_role("checkbox").count() == MANY
    page.get_by_label("Tên sự cố, bằng tiếng Việt").fill("Ngập khu chợ")
    page.get_by_role("combobox", name="Đơn vị xử lý").fill(unit.name)
    page.get_by_label("Vì sao là đơn vị này").fill("Phường trực bơm")
    keep_shot(page, "incident-group")
    page.get_by_role("button", name="Gom lại").click()
    page.get_by_text(f"{MANY} phản ánh đã thuộc sự cố").wait_for()
    keep_shot(page, "incident-of-many")
    assert serious(page) == []
    incident = Incident.objects.get()
    assert incident.reports.count() == MANY

    officer = visit(viewport=PHONE)
    sign_in(officer, staff("focal_point", "ubnd-26743"))
    officer.goto(f"/lam-viec/phan-anh/{incident.head.public_id}/ket-qua")
    officer.locator("input[name=outcome][value=planned]").check()
    officer.get_by_label("Đã làm gì").fill("Đã bơm hết nước.")
    officer.get_by_role("button", name="Gửi kết quả").click()
    officer.wait_for_url("**/lam-viec/don-vi")
    Notice.objects.all().delete()
    page.goto(f"/lam-viec/phan-anh/{incident.head.public_id}")
    page.get_by_role("button", name="Công bố kết quả").click()
    page.get_by_text("Đã công bố.").wait_for()

    assert set(incident.reports.values_list("status", flat=True)) == {Status.RESOLVED}
    owed = Counter(Notice.objects.values_list("contact__report", flat=True))
    assert owed == Counter(each.pk for each in told)
    reader = visit(viewport=PHONE)
    reader.goto(f"/tra-cuu/{told[7].code}")
    reader.get_by_text("Đã bơm hết nước.").wait_for()
    assert page.complaints == []
