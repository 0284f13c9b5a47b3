"""Who lost the code: a one-time code to the e-mail, then all of one's own reports."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts import tasks
from incidents.models import OneTimeCode, Status
from incidents.notifications import trying
from incidents.notifications.gateway import Outcome
from incidents.privacy import Reporter
from mapui.views import mine, proving
from mapui.views.limits import Proofs
from tests.factories import LAN, CaseFactory, OrganisationFactory
from tests.fakes.gateway import settings_for

from .proven import MINE, PROVE, TYPE, ask, digits_sent, prove
from .test_lookup import plain

pytestmark = pytest.mark.django_db

TI = Reporter(name="Tí", email="ti@example.org")


@pytest.fixture
def reports(leaf):
    """Two reports of Lan's, and one of somebody else's."""
    unit = OrganisationFactory.create(name="UBND phường B")
    return [
        CaseFactory.create(category=leaf),
        CaseFactory.create(category=leaf, status=Status.IN_PROGRESS, organisation=unit),
        CaseFactory.create(category=leaf, reporter=TI),
    ]


def later(monkeypatch, **by):
    """Let time pass for the pages."""
    then = timezone.now() + timedelta(**by)
    monkeypatch.setattr(timezone, "now", lambda: then)


def test_by_a_code_from_the_e_mail_one_comes_to_all_one_s_reports(client, reports):
    asked = ask(client)
    proven = client.post(TYPE, {"digits": digits_sent()})

    page = client.get(proven.url)

    assert (asked.url, proven.url) == (TYPE, MINE)
    said = page.content.decode()
    assert [said.count(f"/tra-cuu/{each.code}") for each in reports] == [1, 1, 0]
    assert said.index(reports[1].code) < said.index(reports[0].code)
    assert "UBND phường B" in said
    assert "Quá hạn" in said
    assert "no-store" in page.headers["Cache-Control"]


def test_the_list_is_closed_to_who_has_proven_nothing(client, reports):
    answer = client.get(MINE)

    assert (answer.status_code, answer.url) == (302, PROVE)


def test_the_answer_is_alike_whether_the_contact_is_known(client, reports):
    pages = []
    for contact in (LAN.email, "nobody@example.org"):
        client.session.flush()
        answer = ask(client, contact)
        assert (answer.status_code, answer.url) == (302, TYPE)
        pages.append(plain(client.get(TYPE), contact))

    assert pages[0] == pages[1]
    assert [message.to for message in mail.outbox] == [[LAN.email]]


@pytest.mark.parametrize("number", [LAN.phone, "0999 888 777"])
def test_who_gives_a_telephone_is_told_what_to_do_known_or_not(client, reports, number):
    page = client.post(PROVE, {"contact": number})

    said = page.content.decode()
    assert page.status_code == 200
    assert "Hiện chưa gửi được tin nhắn SMS" in said
    assert 'href="tel:1022"' in said
    assert not OneTimeCode.objects.exists()
    assert plain(page, number) == plain(
        client.post(PROVE, {"contact": LAN.phone}), LAN.phone
    )


def test_where_texts_are_sent_a_telephone_is_proven_by_one(
    client, reports, settings, monkeypatch
):
    settings.SMS, sent = settings_for("http://127.0.0.1:1/"), []
    taken = Outcome(accepted=True, id="p-1")
    monkeypatch.setattr(
        trying, "hand_over", lambda message: sent.append(message) or taken
    )

    asked = ask(client, LAN.phone)
    waiting = client.get(TYPE).content.decode()
    digits = re.search(r"\b\d{6}\b", sent[0].text).group()
    proven = client.post(TYPE, {"digits": digits})

    assert (asked.url, proven.url) == (TYPE, MINE)
    assert f"{LAN.phone}</b>, tin nhắn SMS" in waiting
    assert reports[0].code in client.get(MINE).content.decode()
    assert mail.outbox == []


def test_where_texts_are_sent_a_landline_is_told_what_to_do(client, settings):
    settings.SMS = settings_for("http://127.0.0.1:1/")

    page = client.post(PROVE, {"contact": "028 3829 1234"})

    said = page.content.decode()
    assert "không phải số di động" in said
    assert "Hiện chưa gửi được tin nhắn SMS" not in said
    assert not OneTimeCode.objects.exists()


def test_what_is_no_contact_is_said_beside_the_field(client):
    page = client.post(PROVE, {"contact": "lan@"})

    said = page.content.decode()
    assert page.status_code == 422
    assert 'aria-invalid="true"' in said
    assert 'value="lan@"' in said


def test_a_wrong_code_says_how_many_tries_remain(client, reports):
    ask(client)
    wrong = f"{(int(digits_sent()) + 1) % 1_000_000:06}"

    page = client.post(TYPE, {"digits": wrong})

    assert page.status_code == 422
    said = page.content.decode()
    assert "Bạn còn 4 lần thử" in said
    assert 'autocomplete="one-time-code"' in said
    assert 'inputmode="numeric"' in said


def test_after_the_last_try_a_new_code_is_offered(client, reports):
    ask(client)
    wrong = f"{(int(digits_sent()) + 1) % 1_000_000:06}"

    for _ in range(5):
        page = client.post(TYPE, {"digits": wrong})

    assert page.status_code == 409
    said = page.content.decode()
    assert 'name="digits"' not in said
    assert f'href="{PROVE}"' in said
    assert client.get(TYPE).url == PROVE


def test_a_new_code_goes_to_the_same_address_and_the_old_browser_keeps_it(
    client, reports
):
    ask(client)

    answer = client.post(TYPE, {"again": "1"})

    assert answer.url == TYPE
    assert OneTimeCode.objects.count() == 2
    assert LAN.email in client.get(TYPE).content.decode()


def test_a_fourth_code_within_the_hour_is_refused_with_the_time(client, reports):
    for _ in range(3):
        ask(client)

    page = client.post(PROVE, {"contact": LAN.email})

    assert page.status_code == 429
    assert 0 < int(page.headers["Retry-After"]) <= 3600
    assert "Bạn có thể yêu cầu mã tiếp theo lúc" in page.content.decode()


def test_a_proof_in_one_browser_is_none_in_another(client, reports):
    prove(client)
    other = type(client)()

    assert other.get(MINE).url == PROVE
    assert client.get(MINE).status_code == 200


def test_the_name_of_the_session_changes_with_the_proof(client, reports):
    ask(client)
    before = client.session.session_key

    client.post(TYPE, {"digits": digits_sent()})

    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_proof_lasts_half_an_hour(client, reports, monkeypatch):
    prove(client)
    assert client.get(MINE).status_code == 200

    later(monkeypatch, minutes=31)

    assert client.get(MINE).url == PROVE
    assert timedelta(minutes=30) == proving.LASTS


def test_whoever_is_done_closes_the_list_at_once(client, reports):
    prove(client)

    client.post(reverse("mapui:forget"))

    assert client.get(MINE).url == PROVE


def test_a_session_ends_with_its_proof_and_is_then_forgotten(
    client, reports, monkeypatch
):
    prove(client)
    assert client.cookies["sessionid"]["max-age"] <= 30 * 60
    tasks.forget_sessions(timestamp=0)
    assert Session.objects.filter(session_key=client.session.session_key).exists()

    later(monkeypatch, minutes=31)
    tasks.forget_sessions(timestamp=0)

    assert not Session.objects.exists()


def test_the_session_holds_no_contact(client, reports):
    ask(client)
    asked = str(dict(client.session))
    client.post(TYPE, {"digits": digits_sent()})

    for held in (asked, str(dict(client.session))):
        assert LAN.email not in held
        assert LAN.phone not in held


def test_many_reports_are_listed_page_by_page(client, leaf, monkeypatch):
    monkeypatch.setattr(mine, "PAGE", 2)
    CaseFactory.create_batch(3, category=leaf)
    prove(client)

    first, second = (client.get(MINE, {"trang": n}).content.decode() for n in "12")
    beyond = client.get(MINE, {"trang": "9"})
    junk = client.get(MINE, {"trang": "-1"})

    assert (first.count("list-link"), second.count("list-link")) == (2, 1)
    assert "?trang=2" in first
    assert "?trang=1" in second
    assert (beyond.status_code, junk.content.decode().count("list-link")) == (200, 2)


def test_the_list_keeps_to_its_statements(client, leaf, django_assert_num_queries):
    CaseFactory.create_batch(3, category=leaf)
    prove(client)
    client.get(MINE)

    with django_assert_num_queries(2):
        client.get(MINE)
    CaseFactory.create_batch(9, category=leaf)
    with django_assert_num_queries(2):
        client.get(MINE)


@pytest.mark.parametrize(("address", "sent"), [(PROVE, "contact"), (TYPE, "digits")])
def test_who_tries_too_often_waits(client, monkeypatch, address, sent):
    monkeypatch.setattr(Proofs, "allow_request", lambda *_: False)

    page = client.post(address, {sent: "123456"})

    assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_e_mail_is_in_the_language_of_the_page(client, reports, language):
    client.post(PROVE, {"contact": LAN.email}, headers={"accept-language": language})

    assert OneTimeCode.objects.get().language == language
