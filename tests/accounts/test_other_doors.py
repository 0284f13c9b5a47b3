"""By OpenID Connect: accounts there are, matched by an e-mail that is vouched for."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY
from django.urls import reverse

from accounts.models import User
from config import env
from tests.factories import UserFactory
from tests.fakes.oidc import CODE, asked_for, provider

pytestmark = pytest.mark.django_db
LOGIN = reverse("accounts:login")


@pytest.fixture
def other(settings):
    with provider() as server:
        apps = [server.settings()]
        settings.OIDC = apps
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": apps}}
        yield server


def come_by(client, **changed):
    """Go there, sign in there, and come back."""
    away = client.post("/accounts/by/city")
    asked = asked_for(away["Location"])
    back = {"code": CODE, "state": asked["state"]} | changed
    return asked, client.get("/accounts/by/city/back", back)


def said_of(client, answer):
    return client.get(answer["Location"]).content.decode()


def test_by_default_there_is_no_other_door(client):
    assert client.post("/accounts/by/city").status_code == 404
    assert "/accounts/by/" not in client.get(LOGIN).content.decode()


def test_who_has_an_account_comes_in_by_a_verified_e_mail(client, other):
    lan = UserFactory.create(email="lan@example.org")
    other.claims |= {"email": "Lan@example.org", "email_verified": True}

    offered = client.get(LOGIN).content.decode()
    asked, answer = come_by(client)

    assert "Cổng thành phố" in offered
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert answer.url == reverse("mapui:workbench")
    assert client.session[SESSION_KEY] == str(lan.pk)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("told", [{"email_verified": False}, {}])
def test_an_e_mail_that_nobody_vouches_for_opens_nothing(client, other, told):
    UserFactory.create(email="lan@example.org")
    other.claims |= {"email": "lan@example.org"} | told

    _asked, answer = come_by(client)

    assert answer.url == LOGIN
    assert "xác nhận thư điện tử" in said_of(client, answer)
    assert SESSION_KEY not in client.session


def test_a_stranger_gets_no_account_and_is_told_whom_to_ask(client, other):
    other.claims |= {"email": "la@example.org", "email_verified": True}

    _asked, answer = come_by(client)

    assert answer.url == LOGIN
    assert "Không có tài khoản" in said_of(client, answer)
    assert not User.objects.exists()


def test_an_account_that_was_switched_off_stays_shut(client, other):
    UserFactory.create(email="lan@example.org", is_active=False)
    other.claims |= {"email": "lan@example.org", "email_verified": True}

    _asked, answer = come_by(client)

    assert answer.url == LOGIN
    assert SESSION_KEY not in client.session


@pytest.mark.parametrize("changed", [{"code": "another"}, {"state": "another"}])
def test_an_answer_that_was_not_asked_for_opens_nothing(client, other, changed):
    UserFactory.create(email="lan@example.org")
    other.claims |= {"email": "lan@example.org", "email_verified": True}

    _asked, answer = come_by(client, **changed)

    assert answer.url == LOGIN
    assert SESSION_KEY not in client.session


def test_a_provider_is_read_from_the_environment(monkeypatch):
    for name, value in {
        "OIDC_CITY_ID_URL": "https://id.example.org/realms/city",
        "OIDC_CITY_ID_CLIENT_ID": "map",
        "OIDC_CITY_ID_SECRET": "hidden",
        "OIDC_CITY_ID_LABEL": "VNeID",
        "OIDC_CITY_ID_ORIGINS": "https://login.example.org",
    }.items():
        monkeypatch.setenv(name, value)

    read = env.provider("city-id")

    assert (read["provider_id"], read["name"]) == ("city-id", "VNeID")
    assert env.origins([read]) == [
        "https://id.example.org",
        "https://login.example.org",
    ]
