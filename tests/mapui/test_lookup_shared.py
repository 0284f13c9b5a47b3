"""The page of a report that goes along with another: what it shares, and offers."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import duplicates, resolution
from incidents.models import Rating, Report, Status
from incidents.privacy import Reporter
from tests.factories import CaseFactory, focal_point, operator, picture

from .proven import prove
from .test_lookup_case import TI

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(leaf):
    """Tí's report, and Lan's that it goes along with, of which there is a result."""
    first = CaseFactory.create(category=leaf, status=Status.IN_PROGRESS)
    second = CaseFactory.create(category=leaf, status=Status.RECEIVED, reporter=TI)
    now, desk = timezone.now(), operator()
    duplicates.merge(second, into=first, by=desk, at=now)
    said = {"outcome": "fixed", "text": "Đã lấp hố.", "no_photo_because": "Tối"}
    unit = focal_point(first.organisation)
    resolution.file_result(first, by=unit, at=now, **said)
    resolution.publish_result(first, by=desk, at=now)
    return second, first


def page(client, report, *doing):
    name = "mapui:say" if doing else "mapui:case"
    return client.get(reverse(name, args=[report.code, *doing]))


def press(client, report, doing, **sent):
    return client.post(reverse("mapui:say", args=[report.code, doing]), sent)


def test_the_result_is_read_rated_and_found_not_done_under_their_own_code(client, pair):
    second, first = pair
    prove(client, TI.email)

    shown = page(client, second).content.decode()
    assert "Đã lấp hố." in shown
    assert "danh-gia" in shown
    assert "phan-anh-lai" in shown
    assert first.code not in shown
    assert press(client, second, "danh-gia", handling="2").status_code == 302
    again = press(
        client,
        second,
        "phan-anh-lai",
        text="Hố vẫn còn",
        attachments=picture(),
    )

    assert again.url == reverse("mapui:case", args=[second.code])
    assert Rating.objects.get().report == second
    first.refresh_from_db()
    assert first.status == Status.REOPENED
    after = page(client, second).content.decode()
    assert "Hố vẫn còn" in after
    assert "phan-anh-lai" not in after
    assert page(client, second, "phan-anh-lai").status_code == 409


def test_the_other_reporter_reads_that_it_is_open_again_and_no_word_of_theirs(
    client, pair
):
    second, first = pair
    prove(client)
    now = timezone.now()
    assert page(client, first).status_code == 200

    resolution.reopen(second, at=now, text="Trước nhà số 7")

    shown = page(client, first).content.decode()
    assert "Trước nhà số 7" not in shown
    assert second.code not in shown
    assert second.public_id not in shown


def test_nobody_else_s_proof_opens_it(client, pair):
    second, _first = pair
    prove(client)  # Lan's, who told of the other.

    answer = press(client, second, "danh-gia", handling="1")

    assert answer.url == reverse("mapui:prove")
    assert not Rating.objects.exists()


def test_staff_see_the_words_and_the_photo_where_the_work_is(client, pair):
    second, first = pair
    prove(client, TI.email)
    press(client, second, "phan-anh-lai", text="Hố vẫn còn", attachments=picture())
    client.force_login(operator().user)

    shown = client.get(reverse("mapui:staff-case", args=[first.public_id]))

    assert "Hố vẫn còn" in shown.content.decode()
    photo = Report.objects.get(pk=first.pk).attachments.get()
    assert photo.event.code == "reopened"
    assert not photo.is_told


def test_a_reporter_without_a_contact_is_told_where_it_stands(client, leaf):
    first = CaseFactory.create(category=leaf, status=Status.IN_PROGRESS)
    nobody = Reporter(name="Ẩn", phone="+84912000000")
    second = CaseFactory.create(category=leaf, status=Status.RECEIVED, reporter=nobody)
    duplicates.merge(second, into=first, by=operator(), at=timezone.now())

    shown = page(client, second).content.decode()

    assert "phan-anh-lai" not in shown
    assert str(first.organisation.label) in shown
