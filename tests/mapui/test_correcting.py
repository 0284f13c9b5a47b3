from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis_data.models import Place
from incidents import correcting, handover
from incidents.intake import receive
from incidents.models import Organisation, Report, Responsibility
from tests.factories import (
    HERE,
    AssetFactory,
    LeafFactory,
    OrganisationFactory,
    ResponsibilityFactory,
    TellingFactory,
    focal_point,
    operator,
    published,
    square,
)

from .case_page import act, page

pytestmark = pytest.mark.django_db

THERE = "10.810000, 106.710000"
WHY = "Theo ảnh thì ở góc kia."


@pytest.fixture
def desk(client):
    actor = operator()
    client.force_login(actor.user)
    return actor


@pytest.fixture
def waiting(leaf):
    """A report at HERE that waits for an operator."""
    leaf.routes_itself_on = []
    leaf.save()
    telling = TellingFactory.create(category=leaf)
    return receive(telling, channel="portal", at=timezone.now()).report


@pytest.fixture
def lamp(ward):
    leaf = LeafFactory.create(name="Đèn đường tắt")
    unit = OrganisationFactory.create(code="den", name="Công ty Chiếu sáng")
    ResponsibilityFactory.create(category=leaf, place=ward, organisation=unit)
    return leaf


def shown(client, case):
    return " ".join(client.get(page(case)).content.decode().split())


def test_the_desk_moves_the_pin_and_is_led_back_to_the_case(client, desk, waiting):
    answer = act(client, waiting, "move", point=THERE, reason=WHY)

    assert answer.status_code == 302
    moved = Report.objects.get()
    assert moved.point.coords == (106.71, 10.81)
    said = shown(client, waiting)
    assert "Đã quyết định 2 lần" in said
    assert "ghim dời" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "vĩ độ"),
        ("quận 1", "10.776389, 106.701139"),
        ("106.7, 10.8", "10.8, 106.7"),
        ("0, 0", "ngoài bản đồ"),
        ("91, 181", "trên trái đất"),
    ],
)
def test_a_point_that_is_none_says_what_to_write(client, desk, waiting, typed, said):
    answer = act(client, waiting, "move", point=typed, reason=WHY)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert WHY in answer.content.decode()
    assert Report.objects.get().point.coords == HERE.coords


def test_a_move_on_what_changed_meanwhile_is_shown_again(client, desk, waiting):
    correcting.move(
        waiting,
        to=Point(106.72, 10.82, srid=4326),
        by=desk,
        at=timezone.now(),
        reason=WHY,
    )

    answer = act(client, waiting, "move", point=THERE, reason="Khác")

    assert answer.status_code == 409
    assert THERE in answer.content.decode()
    assert Report.objects.get().point.coords == (106.72, 10.82)


def test_the_desk_changes_the_category_and_sees_who_is_proposed(
    client, desk, waiting, lamp
):
    answer = act(client, waiting, "reclassify", category=lamp.code, reason=WHY)

    assert answer.status_code == 302
    assert Report.objects.get().category == lamp
    assert "Công ty Chiếu sáng" in shown(client, waiting)


def test_only_a_leaf_of_the_list_is_a_category(client, desk, waiting, lamp):
    answer = act(client, waiting, "reclassify", category=lamp.branch.code, reason=WHY)

    assert answer.status_code == 422
    assert Report.objects.get().category == waiting.category


def test_a_unit_is_not_offered_to_correct(client, waiting):
    unit = Organisation.objects.get(code="ubnd-a")
    handover.accept_and_transfer(waiting, to=unit, by=operator(), at=timezone.now())
    client.force_login(focal_point(unit).user)

    said = shown(client, waiting)

    assert 'id="do-move"' not in said
    assert 'id="do-reclassify"' not in said


def test_the_weighing_says_what_won_what_lost_and_what_was_set_aside(
    client, desk, leaf, waiting
):
    ward = Place.objects.get(code="a")
    city = OrganisationFactory.create(name="Trung tâm Hạ tầng")
    ResponsibilityFactory.create(
        category=leaf, place=ward, organisation=city, precedence=1
    )
    ResponsibilityFactory.create(
        category=leaf,
        asset_kind="road",
        asset_class="city",
        within_m=15,
        organisation=OrganisationFactory.create(name="Khu quản lý đường bộ"),
    )
    AssetFactory.create(asset_class="ward")
    later = TellingFactory.create(category=leaf)
    case = receive(later, channel="portal", at=timezone.now()).report

    said = shown(client, case)

    assert "Mạnh nhất" in said
    assert "giữ 100% vị trí" in said
    assert "Trung tâm Hạ tầng" in said
    assert "1 quy tắc không áp dụng" in said
    assert "cần một đường của Thành phố trong vòng 15 m" in said


def test_a_unit_is_not_said_to_come_before_itself(client, desk, leaf):
    rule = Responsibility.objects.get(category=leaf)
    AssetFactory.create()
    ResponsibilityFactory.create(
        category=leaf,
        asset_kind="road",
        organisation=rule.organisation,
        precedence=rule.precedence + 100,
    )
    telling = TellingFactory.create(category=leaf)
    case = receive(telling, channel="portal", at=timezone.now()).report

    alone = shown(client, case)
    ResponsibilityFactory.create(category=leaf, place=rule.place)
    case = receive(telling, channel="portal", at=timezone.now()).report
    beside_another = shown(client, case)

    assert "đứng trước" not in alone
    assert "đứng trước" in beside_another


def test_the_area_next_door_is_named_where_the_point_may_lie_in_it(client, desk, leaf):
    kind = Place.objects.get(code="a").kind
    squares = {"a": square(106.65, 10.749), "b": square(106.75, 10.749)}
    published(kind, date(2025, 2, 1), **squares)
    on_the_line = Point(106.75 - 2 / 109_300, 10.8, srid=4326)
    telling = TellingFactory.create(category=leaf, point=on_the_line, accuracy=80)
    case = receive(telling, channel="portal", at=timezone.now()).report

    said = shown(client, case)

    assert re.search(r"Ward a 5\d%, Ward b 4\d%", said)


def test_all_who_may_answer_are_asked_with_the_press_that_accepts(client, desk, leaf):
    ResponsibilityFactory.create(category=leaf, place=Place.objects.get(code="a"))
    telling = TellingFactory.create(category=leaf)
    case = receive(telling, channel="portal", at=timezone.now()).report
    said = shown(client, case)

    act(client, case, "accept_and_ask")

    assert "Tiếp nhận và hỏi mọi đơn vị có thể phụ trách" in said
    assert case.candidates.count() == 2
    assert "Đã hỏi các đơn vị sau" in shown(client, case)


def test_an_override_says_who_why_and_what_was_proposed(client, desk, waiting):
    chosen = OrganisationFactory.create(name="Công ty Thoát nước")
    handover.accept_and_transfer(
        waiting, to=chosen, by=desk, at=timezone.now(), reason="Cống chính."
    )

    said = shown(client, waiting)

    assert "<b>Công ty Thoát nước</b>" in said
    assert "<b>UBND phường A</b>" in said
    assert "Cống chính." in said


def test_the_reporter_reads_that_a_person_chose_the_unit(client, waiting):
    chosen = OrganisationFactory.create(name="Công ty Thoát nước")
    handover.accept_and_transfer(
        waiting, to=chosen, by=operator(), at=timezone.now(), reason="Cống chính."
    )

    said = " ".join(client.get(f"/tra-cuu/{waiting.code}").content.decode().split())

    assert "Công ty Thoát nước, do tổng đài viên chọn" in said
    assert "Cống chính." not in said
