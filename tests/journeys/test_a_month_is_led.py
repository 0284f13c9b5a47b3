"""A city leader goes from a figure to its cases, and from a period to its ranking."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from incidents.leading.closing import close_due
from incidents.leading.measuring import measure
from incidents.leading.periods import period_of
from incidents.leading.ranking import publish_due
from incidents.models import Clock, Organisation, Report, Result
from tests.factories import CaseFactory
from tests.journeys.conftest import DESKTOP, PHONE, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/lam-viec/dieu-hanh"


@pytest.fixture
def led(city, staff):
    """A period that is over, a running one, and a leader who reads both."""
    now = timezone.now()
    before = period_of(now).since - timedelta(days=6)
    units = Organisation.objects.filter(place__code__in=["26743", "27316"])
    for turn, unit in enumerate([*units, *units]):
        for age in range(turn + 2):
            _case(unit, came=before - timedelta(days=age), status="resolved")
            _case(unit, came=now - timedelta(hours=age + 1), status="in_progress")
    close_due(at=period_of(now).until - timedelta(minutes=1))
    measure(at=now)
    publish_due(at=period_of(now).until + timedelta(days=9))
    return staff("city_leader", Organisation.objects.filter(type="city").first().code)


def _case(unit, *, came, status):
    case = CaseFactory.create(status=status, organisation=unit, place=unit.place)
    ended = came + timedelta(days=2) if status == "resolved" else None
    Report.objects.filter(pk=case.pk).update(received_at=came, resolved_at=ended)
    Clock.objects.filter(report=case).update(
        started_at=came, due_at=came + timedelta(days=7), stopped_at=ended
    )
    if ended:
        Result.objects.create(
            report=case,
            round=1,
            organisation=unit,
            outcome="fixed",
            text="Xong",
            at=ended,
            published_at=ended,
        )
    return case


def test_from_a_figure_to_its_cases_and_to_the_ranking(visit, led):
    page = visit(viewport=DESKTOP)
    sign_in(page, led)
    page.goto(PAGE)
    in_hand = page.locator(".sums a", has_text="Đang xử lý")
    count = in_hand.locator("b").inner_text()
    assert int(count) > 0
    assert serious(page) == []
    keep_shot(page, "led-now")

    in_hand.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Đang xử lý: {count}")
    expect(page.locator("tbody tr")).to_have_count(int(count))
    expect(page.locator("incident-map.is-drawn")).to_be_visible()
    expect(page.get_by_text(f"{count} vụ có trên bản đồ")).to_be_visible()
    assert serious(page) == []
    keep_shot(page, "led-cases")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Tải tệp CSV").click()
    assert len(taken.value.path().read_text().splitlines()) == int(count) + 1
    night = visit(viewport=PHONE, dark=True)
    sign_in(night, led)
    night.goto(page.url)
    expect(night.locator("incident-map.is-drawn")).to_be_visible()
    assert serious(night) == []
    keep_shot(night, "led-cases-phone-dark")
    assert night.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("link", name="Về số liệu điều hành").click()

    page.get_by_role("link", name="Kỳ trước", exact=True).click()
    expect(page.get_by_text("Đã chốt lúc")).to_be_visible()
    keep_shot(page, "led-closed")
    page.get_by_role("link", name="Xếp hạng", exact=True).click()
    assert serious(page) == []
    keep_shot(page, "led-ranking-at-work")
    page.get_by_role("link", name="Đã công bố.").click()
    expect(page.get_by_text("quá ít để xếp hạng").first).to_be_visible()
    assert serious(page) == []
    assert page.complaints == []
    keep_shot(page, "led-ranking")

    phone = visit(viewport=PHONE)
    phone.goto(page.url)
    keep_shot(phone, "led-ranking-phone")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
