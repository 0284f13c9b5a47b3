"""Saying “I have met it too”: counted once a browser, and told of the end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from incidents.api.throttles import Reports
from incidents.models import Contact, Following, Status
from incidents.privacy import blind
from tests.factories import ReportFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def report(leaf):
    return ReportFactory.create(category=leaf)


@pytest.fixture
def address(report):
    return reverse("mapui:follow", args=[report.public_id])


def end_of(following):
    return reverse("mapui:followed", args=[following.token])


def test_one_press_is_enough_and_a_second_counts_no_more(client, report, address):
    for _ in range(2):
        answer = client.post(address)

    page = client.get(answer.url)
    assert (answer.status_code, answer.url) == (302, address)
    assert Following.objects.count() == 1
    assert page.context["report"].followers == 1
    assert "follow-done" in page.content.decode()


def test_a_browser_is_known_again_only_from_its_first_press_on(client, report, address):
    panel = reverse("mapui:report", args=[report.public_id])
    for looked_at in (address, panel):
        assert "follows" not in client.get(looked_at).cookies

    given = client.post(address).cookies["follows"]

    assert given["httponly"]
    assert given["samesite"] == "Lax"
    assert report.public_id not in given.value


def test_two_browsers_are_two_people(client, report, address):
    for _ in range(2):
        client.cookies.clear()
        client.post(address)

    assert client.get(address).context["report"].followers == 2


@pytest.mark.parametrize("forged", ["x", "a" * 500, "a" * 21 + "\x01", "a" * 21 + "é"])
def test_a_cookie_that_we_never_set_is_nobody_s(client, report, address, forged):
    client.cookies["follows"] = forged

    answer = client.post(address)

    assert answer.status_code == 302
    assert Following.objects.get().client_id != forged


def test_an_e_mail_is_kept_sealed_and_not_shown_again(client, report, address):
    client.post(address, {"email": " Mai@Example.org "})

    page = client.get(address).content.decode()
    mine = client.get(end_of(Following.objects.get())).content.decode()

    contact = Contact.objects.get(following__report=report)
    assert contact.email_index == blind("mai@example.org")
    assert contact.language == "vi"
    for said in (page, mine):
        assert "mai@example.org" not in said.lower()


def test_a_mistyped_e_mail_is_said_and_kept_for_mending(client, report, address):
    answer = client.post(address, {"email": "mai@"})

    said = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in said
    assert 'value="mai@"' in said
    assert not Following.objects.exists()


def test_the_panel_gets_its_own_part_back(client, report, address):
    answer = client.post(address, headers=HTMX)

    said = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in said
    assert "data-follow" in said
    assert 'name="email"' in said


def test_what_is_not_public_cannot_be_followed_and_is_not_there(client, leaf):
    hidden = ReportFactory.create(category=leaf, is_public=False)
    address = reverse("mapui:follow", args=[hidden.public_id])

    answers = [client.get(address), client.post(address)]

    assert [each.status_code for each in answers] == [404, 404]


def test_what_has_ended_says_so_instead(client, leaf):
    done = ReportFactory.create(category=leaf, status=Status.RESOLVED)
    address = reverse("mapui:follow", args=[done.public_id])

    page, answer = client.get(address), client.post(address)

    assert page.status_code == 200
    assert "<button" not in page.content.decode().split("<main")[1]
    assert answer.status_code == 409
    assert not Following.objects.exists()


def test_who_follows_sees_what_and_may_stop(client, report, address):
    client.post(address, {"email": "mai@example.org"})
    following = Following.objects.get()

    before = client.get(end_of(following))
    answer = client.post(end_of(following))
    after = client.get(answer.url)

    assert report.category.label in before.content.decode()
    assert before.headers["Cache-Control"].count("no-store")
    assert answer.status_code == 302
    assert after.context["following"].ended_at is not None
    assert address in after.content.decode()
    assert client.get(address).context["report"].followers == 0


def test_a_follower_s_page_outlives_the_report_s_own(client, report, address):
    client.post(address)
    report.status = Status.WITHDRAWN
    report.save()

    page = client.get(end_of(Following.objects.get()))

    assert page.status_code == 200
    assert f"/su-viec/{report.public_id}" not in page.content.decode()


def test_nobody_follows_without_end(client, report, address, monkeypatch):
    monkeypatch.setattr(Reports, "get_rate", lambda self: "1/min")

    answers = [client.post(address) for _ in range(2)]

    assert [each.status_code for each in answers] == [302, 429]
    assert answers[1].headers["Retry-After"] == "60"


def test_an_e_mail_that_follows_too_much_is_refused_and_kept_for_mending(
    client, report, address, settings
):
    settings.CITY = replace(settings.CITY, follows_at_most=0)

    answer = client.post(address, {"email": "mai@example.org"})
    counted = client.post(address, {"email": ""})

    said = answer.content.decode()
    assert answer.status_code == 429
    assert 'role="alert"' in said
    assert 'value="mai@example.org"' in said
    assert counted.status_code == 302
    assert Following.objects.count() == 1
    assert not Contact.objects.filter(following__isnull=False).exists()


def test_following_keeps_to_its_statements(
    client, report, address, django_assert_max_num_queries
):
    panel = reverse("mapui:report", args=[report.public_id])

    with django_assert_max_num_queries(1):
        client.get(address)
    with django_assert_max_num_queries(3):
        client.get(panel)
    with django_assert_max_num_queries(16):
        client.post(address, {"email": "mai@example.org"})
    with django_assert_max_num_queries(2):
        client.get(address)
    with django_assert_max_num_queries(3):
        client.get(end_of(Following.objects.get()))
