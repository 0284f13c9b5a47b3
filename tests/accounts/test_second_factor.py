from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.entry import LIMITS, Kind
from accounts.models import Attempt
from accounts.second_factor import Rule
from incidents.models import Membership, Organisation, RoleChange
from tests.factories import (
    PASSWORD,
    OrganisationFactory,
    UserFactory,
    somebody,
)

pytestmark = pytest.mark.django_db
LOGIN, CODE = reverse("accounts:login"), reverse("mfa_authenticate")
HOME, APP = reverse("mfa_index"), reverse("mfa_activate_totp")
Role = Membership.Role


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """Keep passwords by what is quick: how they are kept is not looked at here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def digits(secret, *, steps=0):
    """What an app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def sign_in(client, user, **more):
    said = {"username": user.username, "password": PASSWORD}
    return client.post(LOGIN, said | more)


def prove_again(client):
    """Give the password once more, as changes of the way in ask for."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def set_up(client):
    """Set an app up; return its secret and the recovery codes shown."""
    prove_again(client)
    page = client.get(APP).content.decode()
    secret = re.search(r">([A-Z2-7]{32})</code>", page).group(1)
    done = client.post(APP, {"code": digits(secret, steps=-1)})
    assert done.status_code == 302, done.content.decode()
    shown = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    return secret, re.findall(r">(\d{8})</code>", shown)


@pytest.fixture
def protected():
    """Somebody with an app, who is signed out."""
    user, client = UserFactory.create(), Client()
    sign_in(client, user)
    secret, codes = set_up(client)
    return user, secret, codes


def test_who_set_an_app_up_shows_its_code_after_the_password(client, protected):
    user, secret, _codes = protected

    first = sign_in(client, user, next="/lam-viec/don-vi")
    not_yet = SESSION_KEY in client.session
    second = client.post(CODE, {"code": digits(secret)})

    assert (first.url, not_yet) == (CODE, False)
    assert second.url == "/lam-viec/don-vi"
    assert client.session[SESSION_KEY] == str(user.pk)


def test_a_password_alone_opens_nothing_any_more(client, protected):
    user, _secret, _codes = protected
    sign_in(client, user)

    wrong = client.post(CODE, {"code": "000000"})

    assert "Mã này không đúng" in wrong.content.decode()
    assert client.get("/lam-viec").url.startswith(LOGIN)
    assert client.get("/admin/").status_code == 302


def test_a_code_of_the_app_opens_once(protected):
    user, secret, _codes = protected
    code, opened = digits(secret), []
    for _ in range(2):
        client = Client()
        sign_in(client, user)
        client.post(CODE, {"code": code})
        opened.append(SESSION_KEY in client.session)

    assert opened == [True, False]


def test_the_code_stays_used_where_another_process_is_asked(protected):
    user, secret, _codes = protected
    code = digits(secret)
    first, second = Client(), Client()
    sign_in(first, user)
    first.post(CODE, {"code": code})
    cache.clear()  # What one process remembers is unknown to the next.

    sign_in(second, user)
    second.post(CODE, {"code": code})

    assert SESSION_KEY not in second.session


def test_each_recovery_code_opens_once(protected):
    user, _secret, codes = protected
    opened = []
    for code in (codes[0], codes[0], codes[1]):
        client = Client()
        sign_in(client, user)
        client.post(CODE, {"code": code})
        opened.append(SESSION_KEY in client.session)

    assert len(codes) == 10
    assert opened == [True, False, True]


def test_recovery_codes_are_shown_once(client):
    sign_in(client, UserFactory.create())
    _secret, codes = set_up(client)

    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()

    assert codes
    assert not any(code in again for code in codes)


def test_codes_are_tried_a_few_times_and_then_not_at_all(client, protected):
    user, secret, _codes = protected
    sign_in(client, user)
    for turn in range(LIMITS[Kind.FACTOR].by_name):
        client.post(CODE, {"code": f"{turn:06}"}, REMOTE_ADDR=f"192.0.2.{turn}")

    right = client.post(CODE, {"code": digits(secret)}, REMOTE_ADDR="192.0.2.200")

    assert "nhiều lần" in right.content.decode()
    assert SESSION_KEY not in client.session
    assert (
        Attempt.objects.filter(kind=Kind.FACTOR).count() == LIMITS[Kind.FACTOR].by_name
    )


def test_the_secret_of_an_app_is_sealed(client, protected):
    user, secret, codes = protected

    kept = str(list(Authenticator.objects.filter(user=user).values_list("data")))

    assert secret not in kept
    assert not any(code in kept for code in codes)


def test_the_way_in_is_changed_only_with_the_password_at_hand(client):
    user = UserFactory.create()
    sign_in(client, user)
    again = reverse("account_reauthenticate")

    asked = client.get(APP)
    wrong = client.post(again, {"password": "wrong"})

    assert asked.url.startswith(again)
    assert "Đây không phải mật khẩu" in wrong.content.decode()
    assert client.get(APP).url.startswith(again)


def test_somebody_takes_their_own_factor_off(client, protected):
    user, secret, _codes = protected
    sign_in(client, user)
    client.post(CODE, {"code": digits(secret)})
    prove_again(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(user=user).exists()
    assert sign_in(Client(), user).url == reverse("mapui:workbench")


@pytest.mark.parametrize(
    "address", [HOME, APP, reverse("mfa_add_webauthn"), reverse("mfa_list_webauthn")]
)
def test_strangers_see_nobody_s_factors(client, address):
    assert client.get(address).url.startswith(LOGIN)


@pytest.mark.parametrize("address", ["signup", "accounts/signup", "accounts/email"])
def test_nobody_signs_up(client, address):
    assert client.get(f"/{address}").status_code == 404


# For whom it is asked.


@pytest.fixture
def asked(settings):
    """The city asks it of administrators since long ago, after a grace of ten days."""
    rule = {"roles": ["administrator", "site"], "since": date(2020, 1, 1)}
    rule |= {"grace_days": 10}
    settings.CITY = replace(settings.CITY, second_factor=rule)


def administrator(*, joined):
    portal = OrganisationFactory.create(type=Organisation.Type.OPERATOR)
    user = somebody(Role.ADMINISTRATOR, portal).user
    user.date_joined = timezone.now() - timedelta(days=joined)
    user.save()
    return user


@pytest.mark.django_db(transaction=True)
def test_who_needs_one_and_has_none_is_led_to_set_it_up(client, asked):
    user = administrator(joined=11)
    sign_in(client, user)

    assert client.get("/lam-viec/nguoi").url == HOME
    assert client.get("/lam-viec").url == HOME
    set_up(client)
    assert client.get("/lam-viec/nguoi").status_code == 200


def test_within_the_grace_it_is_only_said(client, asked):
    user = administrator(joined=9)
    sign_in(client, user)

    assert client.get("/lam-viec/nguoi").status_code == 200
    assert HOME in client.get("/lam-viec").content.decode()


def test_who_does_not_need_one_is_not_asked(client, asked):
    user = somebody(Role.FOCAL_POINT, OrganisationFactory.create()).user
    user.date_joined = timezone.now() - timedelta(days=400)
    user.save()
    sign_in(client, user)

    assert client.get("/lam-viec/don-vi").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_who_runs_the_site_is_asked_at_its_own_pages_too(client, asked):
    user = UserFactory.create(is_staff=True, is_superuser=True)
    type(user).objects.update(date_joined=timezone.now() - timedelta(days=30))
    sign_in(client, user)

    before = client.get("/admin/accounts/user/").status_code
    set_up(client)
    after = client.get("/admin/accounts/user/").status_code

    assert (before, after) == (302, 200)


def test_the_own_pages_of_the_site_have_no_door_of_their_own(client):
    assert client.get("/admin/login/?next=/admin/").url.startswith(LOGIN)


def test_the_grace_runs_from_the_rule_the_account_and_the_role(db):
    user = UserFactory.create(date_joined=timezone.now() - timedelta(days=100))
    day = timezone.localdate()
    rule = Rule(roles=frozenset({"auditor"}), since=day, grace=timedelta(days=14))

    long_ago, new = day - timedelta(days=99), day - timedelta(days=1)

    assert rule.due(user, ["auditor"], held_since=long_ago) == day
    assert rule.due(user, ["auditor"], held_since=new) == new + timedelta(days=14)
    assert rule.due(user, ["operator"], held_since=long_ago) is None


def test_a_city_that_says_nothing_asks_nobody(db):
    assert Rule().due(UserFactory.create(), Role.values, held_since=date.min) is None


# When the phone is lost.


def test_an_administrator_takes_a_lost_factor_off_and_it_is_logged(client, protected):
    user, _secret, _codes = protected
    manager = administrator(joined=0)
    unit = OrganisationFactory.create(parent=manager.memberships.get().organisation)
    Membership.objects.create(
        user=user,
        organisation=unit,
        role=Role.FIELD_OFFICER,
        validity=manager.memberships.get().validity,
    )
    client.force_login(manager)

    shown = client.get(f"/lam-viec/nguoi/{user.pk}").content.decode()
    client.post(f"/lam-viec/nguoi/{user.pk}/xac-thuc")

    assert f"/lam-viec/nguoi/{user.pk}/xac-thuc" in shown
    assert not Authenticator.objects.filter(user=user).exists()
    change = RoleChange.objects.get(user=user)
    assert (change.code, change.by) == ("factors_reset", manager)


def test_nobody_takes_off_the_factor_of_who_is_not_theirs(client, protected):
    user, _secret, _codes = protected
    stranger = somebody(Role.LEADER, OrganisationFactory.create())
    client.force_login(stranger.user)

    answer = client.post(f"/lam-viec/nguoi/{user.pk}/xac-thuc")

    assert answer.status_code == 404
    assert Authenticator.objects.filter(user=user).exists()
