from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from incidents.handover import accept
from incidents.intake import receive
from incidents.models import Category, Organisation, Report
from tests.factories import TellingFactory, operator
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cable(city):
    """A sagging cable of nobody knows whom, accepted by an operator."""
    telling = TellingFactory.create(
        category=Category.objects.get(code="HT-VIENTHONG.cap-vong"),
        point=Point(106.731, 10.791, srid=4326),
        description="Cáp võng sát đầu người đi đường",
    )
    now = timezone.now()
    report = receive(telling, channel="portal", at=now).report
    return accept(report, by=operator(), at=now)


def test_every_owner_is_asked_and_the_first_to_say_so_has_the_cable(
    visit, staff, cable
):
    desk = visit(viewport=DESKTOP)
    sign_in(desk, staff("operator", "tt-1022"))
    desk.goto(f"/lam-viec/phan-anh/{cable.public_id}")
    desk.get_by_role("button", name="Hỏi mọi đơn vị có thể phụ trách").click()
    desk.get_by_text("Đã hỏi các đơn vị sau").wait_for()
    keep_shot(desk, "candidates-desk")
    assert serious(desk) == []

    owner = visit(viewport=PHONE)
    sign_in(owner, staff("focal_point", "vnpt"))
    owner.goto("/lam-viec/don-vi")
    keep_shot(owner, "candidates-unit")
    assert serious(owner) == []
    owner.get_by_role("button", name="Của chúng tôi: nhận xử lý").click()
    owner.get_by_text("Sự việc thuộc đơn vị bạn").wait_for()

    held = Report.objects.get(pk=cable.pk)
    assert held.organisation == Organisation.objects.get(code="vnpt")
    other = visit(viewport=PHONE)
    sign_in(other, staff("focal_point", "viettel"))
    other.goto("/lam-viec/don-vi")
    assert other.get_by_role("button", name="Của chúng tôi: nhận xử lý").count() == 0
