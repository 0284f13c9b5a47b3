"""Somebody chooses their ward, says yes by letter, hears of a day, and stops."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.timezone import localdate, make_aware

from gis_data.models import Place
from incidents import areas
from incidents.models import AreaFollowing, AreaLetter, Category
from tests.factories import CaseFactory

from .conftest import DESKTOP, PHONE, keep_shot, serious

READER = {"width": 760, "height": 900}


def evening(days):
    """Let the worker do what it does some evening; return the letters it sent."""
    at = make_aware(datetime.combine(localdate() + timedelta(days=days), time(18)))
    mail.outbox.clear()
    areas.owe_news(at=at)
    for letter in AreaLetter.objects.unsettled().order_by("pk"):
        areas.send(letter.pk, at=at)
    return mail.outbox


def link_in(letter):
    return re.search(r"http\S+/theo-doi/thu/[\w-]{22}", letter.body)[0]


@pytest.mark.parametrize(
    ("name", "look"),
    [("390", {"viewport": PHONE}), ("1280-dark", {"viewport": DESKTOP, "dark": True})],
    ids=["phone", "desktop"],
)
def test_a_ward_is_chosen_followed_heard_of_and_left(visit, city, name, look):
    ward = Place.objects.get(code="26743")
    about = {
        "category": Category.objects.get(code="HT-DUONGBO.o-ga"),
        "place": ward,
        "current_place": ward,
    }
    before = timezone.now() - timedelta(days=3)
    old = CaseFactory.create(
        status="in_progress", accepted_at=before, public_title="Đèn tắt", **about
    )
    page = visit(**look)

    page.goto("/?ward=26743")
    page.locator(".result-follow a").click()
    page.get_by_role("heading", name="Theo dõi Phường Bến Thành").wait_for()
    keep_shot(page, f"area-follow-{name}")
    assert serious(page) == []
    page.get_by_label("Thư điện tử của bạn").fill("mai@example.org")
    with page.expect_navigation():
        page.get_by_role("button", name="Theo dõi", exact=True).click()
    page.get_by_role("status").get_by_text("hộp thư").wait_for()
    keep_shot(page, f"area-sent-{name}")
    assert serious(page) == []

    (question,) = evening(0)
    page.goto(link_in(question))
    keep_shot(page, f"area-question-{name}")
    assert serious(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Đồng ý theo dõi").click()
    page.get_by_role("button", name="Ngừng theo dõi").wait_for()
    keep_shot(page, f"area-followed-{name}")
    assert serious(page) == []

    now = timezone.now()
    new = CaseFactory.create(
        status="in_progress", accepted_at=now, public_title="Nắp cống vỡ", **about
    )
    old.status, old.resolved_at = "resolved", now
    old.save()
    (news,) = evening(1)
    for case in (new, old):
        assert case.public_title in news.body
        assert case.get_public_url() in news.body
    assert evening(2) == []
    letter = visit(viewport=READER if name == "1280-dark" else PHONE)
    letter.set_content(news.alternatives[0].content)
    keep_shot(letter, f"area-letter-{name}")
    assert serious(letter) == []

    page.goto(link_in(news))
    with page.expect_navigation():
        page.get_by_role("button", name="Ngừng theo dõi").click()
    page.get_by_role("heading", name="Bạn đã ngừng theo dõi").wait_for()
    keep_shot(page, f"area-stopped-{name}")
    assert serious(page) == []
    CaseFactory.create(status="in_progress", accepted_at=timezone.now(), **about)
    assert evening(3) == []
    assert AreaFollowing.objects.get().email_index == ""
    assert (page.complaints, page.strangers) == ([], [])
