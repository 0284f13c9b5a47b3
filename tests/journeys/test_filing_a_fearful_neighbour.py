"""Who reports a neighbour is told what will be seen, and that is what is seen."""

from __future__ import annotations

import pytest

from incidents.models import Membership, Report
from tests.factories import JULY

from .conftest import PHONE, keep_shot, serious, sign_in
from .filling_in import (
    NOISE,
    begin,
    go_on,
    heading,
    name_ward,
    review,
    send,
    until_seen,
)

NAME, EMAIL = "Trần Thị Hành Trình", "hanh.trinh@example.org"
WORDS = "Nhà số 7 hát karaoke tới 2 giờ sáng, tôi sợ họ biết."


@pytest.mark.parametrize("category", [NOISE, ("xay dung", "Xây dựng không phép")])
def test_a_fearful_neighbour_sees_beforehand_that_nobody_will_see_it(
    visit, city, staff, client, category
):
    page = visit(viewport=PHONE)
    begin(page)
    name_ward(page)
    page.get_by_role("combobox", name="Địa chỉ").fill("Hẻm 12 An Dương Vương")
    go_on(page)
    until_seen(page, words=WORDS, category=category)

    public = page.get_by_role("region", name="Hàng xóm và công chúng", exact=True)
    unit = page.get_by_role("region", name="Đơn vị xử lý", exact=True)
    keep_shot(page, f"fearful-neighbour-seen-{category[0].replace(' ', '-')}-390")
    assert "Không thấy gì" in public.inner_text()
    assert public.get_by_role("checkbox").count() == 0
    assert WORDS in unit.inner_text()
    assert NAME not in unit.inner_text()
    assert "Không thấy tên và số của bạn" in unit.inner_text()
    assert serious(page) == []
    review(page)
    assert "Công chúng thấy\nKhông thấy gì" in page.get_by_role("main").inner_text()
    report = Report.objects.get(code=send(page))

    assert not report.is_public
    _accepted(report)
    assert (
        report.public_id
        not in client.get("/api/v1/reports?page_size=500").content.decode()
    )
    assert client.get(f"/su-viec/{report.public_id}").status_code == 404
    assert client.get("/tiles/reports/0/0/0.mvt").status_code == 204
    onlooker = visit(viewport=PHONE)
    onlooker.goto("/?ward=27316")
    assert (
        category[1]
        not in onlooker.get_by_role("main").get_by_role("list").all_inner_texts()
    )
    keep_shot(onlooker, "fearful-neighbour-public-390")
    officer = visit(viewport=PHONE)
    sign_in(officer, staff(Membership.Role.FOCAL_POINT, report.organisation.code))
    officer.goto(f"/lam-viec/phan-anh/{report.public_id}")
    told = officer.get_by_role("main").inner_text()
    keep_shot(officer, "fearful-neighbour-unit-390")
    assert WORDS in told
    for secret in (NAME, EMAIL):
        assert secret not in told


def _accepted(report):
    """Let it be in a unit's hands, as it is once an operator has transferred it."""
    report.organisation = report.decisions.get().organisation
    report.status, report.accepted_at = "transferred", JULY
    report.save()


def test_what_is_not_secret_is_shown_as_ward_day_and_a_point_that_is_moved(visit, city):
    page = visit(viewport=PHONE)
    begin(page)
    name_ward(page)
    go_on(page)
    until_seen(page, words="Xà bần đầy hẻm.")

    public = page.get_by_role("region", name="Hàng xóm và công chúng", exact=True)
    public.get_by_text("Phường An Đông", exact=True).wait_for()
    assert "Xà bần đầy hẻm" not in public.inner_text()
    public.get_by_role("checkbox", name="Hiện trên bản đồ công khai").uncheck()
    public.get_by_text("Không thấy gì: bạn đã chọn").wait_for()
    review(page)
    report = Report.objects.get(code=send(page))

    assert not report.is_public
    assert heading(page, "Mã tra cứu của bạn").is_visible()


def test_what_was_told_of_another_place_is_told_no_more_when_the_line_is_dead(
    visit, city
):
    page = visit(viewport=PHONE)
    begin(page)
    name_ward(page)
    go_on(page)
    until_seen(page, words="Xà bần đầy hẻm.")
    public = page.get_by_role("region", name="Hàng xóm và công chúng", exact=True)
    public.get_by_text("Phường An Đông", exact=True).wait_for()

    page.route("**/gui-phan-anh/se-thay*", lambda route: route.abort())
    page.goto("/gui-phan-anh#dia-diem")
    page.get_by_role("combobox", name="Phường, xã").fill("")
    name_ward(page, "ben thanh", "Phường Bến Thành")
    page.goto("/gui-phan-anh#ai-thay-gi")

    public.get_by_text("Phường An Đông", exact=True).wait_for(state="detached")
    assert "vị trí làm tròn vài mét" in public.inner_text()
