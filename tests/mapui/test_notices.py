from __future__ import annotations

from copy import deepcopy

import pytest
from django.urls import reverse

from incidents.models import Membership, NoticeText, Outlet
from incidents.notifications import city_texts
from tests.factories import (
    JULY,
    MembershipFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    operator,
)

pytestmark = pytest.mark.django_db
LIST = reverse("mapui:notices")
TEXT = reverse("mapui:notice-text", args=["resolved"])


@pytest.fixture
def at_work(client):
    """An administrator of the portal, who is signed in."""
    seat = OrganisationFactory.create(type="operator", name="Trung tâm 1022")
    role = Membership.Role.ADMINISTRATOR
    client.force_login(MembershipFactory.create(organisation=seat, role=role).user)
    RefusalReasonFactory.create()
    return client


def written(**changes):
    texts = deepcopy(city_texts()["resolved"])
    told = {
        f"{part}_{language}": said
        for language, text in texts.items()
        for part, said in text.items()
    }
    return told | {"why": "Rõ hơn"} | changes


def test_words_are_looked_at_kept_and_taken_back(at_work):
    new = written(subject_vi="Xong rồi: {what}")

    looked = at_work.post(TEXT, new | {"do": "preview"})
    nothing_kept = NoticeText.objects.count()
    kept = at_work.post(TEXT, new | {"do": "keep"}, follow=True)
    back = at_work.post(TEXT, written() | {"do": "take_back"}, follow=True)

    page = looked.content.decode()
    assert (looked.status_code, nothing_kept) == (200, 0)
    assert "Xong rồi: Sự việc" in page
    assert "Chưa lưu" in page
    assert "Đã lưu" in kept.content.decode()
    assert "Rõ hơn" in kept.content.decode()
    assert back.redirect_chain == [(LIST, 302)]
    assert [bool(each.texts) for each in NoticeText.objects.order_by("pk")] == [
        True,
        False,
    ]


def test_what_is_wrong_is_said_at_its_field_and_kept_as_typed(at_work):
    new = written(sms_vi="Phản ánh {code.__class__}", body_en="No way on")

    answer = at_work.post(TEXT, new | {"do": "keep"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#text-sms_vi"' in page
    assert 'href="#text-body_en"' in page
    assert "Phản ánh {code.__class__}" in page
    assert not NoticeText.objects.exists()


def test_why_must_be_said(at_work):
    answer = at_work.post(TEXT, written(why="") | {"do": "keep"})

    assert answer.status_code == 422
    assert 'href="#text-why"' in answer.content.decode()


def test_a_provider_that_is_down_is_seen(at_work):
    Outlet.objects.create(channel="sms", failures=12, since=JULY, failure="http.503")

    page = at_work.get(LIST).content.decode()

    assert "http.503" in page
    assert "Không mất tin nào" in page


def test_an_operator_finds_nothing_here(client):
    client.force_login(operator().user)

    assert client.get(LIST).status_code == 404
    assert client.get(TEXT).status_code == 404


def test_a_notice_there_is_not_cannot_be_written(at_work):
    assert at_work.get(reverse("mapui:notice-text", args=["never"])).status_code == 404


def test_every_text_is_called_by_words_and_not_by_its_code(at_work):
    rows = at_work.get(LIST).context["rows"]

    assert [row.name for row in rows if row.label == row.name.replace("_", " ")] == []
