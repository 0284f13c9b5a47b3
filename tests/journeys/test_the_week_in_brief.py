"""A city leader reads the last week on the site, as its letter and its file say it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from incidents.leading.measuring import measure
from incidents.leading.weekly import compose
from incidents.leading.weeks import Week, read_briefs
from incidents.models import Clock, Organisation, Report, Result
from tests.factories import CaseFactory
from tests.journeys.conftest import DESKTOP, PHONE, SHOTS, keep_shot, serious, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/lam-viec/ban-tin-tuan"
DAY = timedelta(days=1)


@pytest.fixture
def leader(city, staff):
    """Who leads the city, after a week in which units handled some and left some."""
    since = Week.last(at=timezone.now()).window.since
    units = Organisation.objects.filter(place__code__in=["26743", "27316"])
    for turn, unit in enumerate(units):
        for day in range(4 + 2 * turn):
            _case(unit, came=since - (6 - day) * DAY, ended=since + DAY)
            _case(unit, came=since + day * DAY / 2)
    measure(at=timezone.now())
    return staff("city_leader", Organisation.objects.filter(type="city").first().code)


def _case(unit, *, came, ended=None):
    status = "resolved" if ended else "in_progress"
    case = CaseFactory.create(status=status, organisation=unit, place=unit.place)
    Report.objects.filter(pk=case.pk).update(received_at=came, resolved_at=ended)
    Clock.objects.filter(report=case).update(
        started_at=came, due_at=came + 5 * DAY, stopped_at=ended
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


def test_the_last_week_reads_well_on_the_site_and_in_the_letter(visit, leader):
    page = visit(viewport=DESKTOP)
    sign_in(page, leader)
    page.goto("/lam-viec/dieu-hanh")
    page.get_by_role("link", name="Tuần qua").click()
    expect(page.get_by_text("Tiếp nhận 10 vụ")).to_be_visible()
    assert serious(page) == []
    keep_shot(page, "week-in-brief")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Tải về PDF").click()
    assert taken.value.suggested_filename.endswith(".pdf")
    assert page.complaints == []

    page.set_viewport_size(PHONE)
    keep_shot(page, "week-in-brief-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    now = timezone.now()
    briefs = list(read_briefs(Week.last(at=now), [None]).values())
    letter = compose(briefs, at=now, language="vi")
    mailbox = visit(viewport=PHONE)
    mailbox.set_content(letter.page)
    expect(mailbox.get_by_text("Tiếp nhận 10 vụ")).to_be_visible()
    assert serious(mailbox) == []
    keep_shot(mailbox, "week-in-brief-letter-phone")
    (SHOTS / "week-in-brief.pdf").write_bytes(letter.files[0].content)
