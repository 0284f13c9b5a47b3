from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.urls import reverse
from django.utils import timezone

from accounts.entry import LIMITS, Kind
from accounts.models import Attempt
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = reverse("accounts:login")
MOST = LIMITS[Kind.SIGN_IN]


def sign_in(client, name, password=PASSWORD, **extra):
    return client.post(LOGIN, {"username": name, "password": password}, **extra)


def fail(client, name, *, times, **extra):
    return [sign_in(client, name, "wrong", **extra) for _ in range(times)][-1]


def test_staff_sign_in_and_come_to_their_work(client):
    user = UserFactory.create()

    answer = sign_in(client, user.username)

    assert answer.url == reverse("mapui:workbench")
    assert client.session[SESSION_KEY] == str(user.pk)


@pytest.mark.parametrize("typed", ["lan@example.org", " Lan@Example.ORG "])
def test_an_e_mail_is_as_good_as_a_name(client, typed):
    user = UserFactory.create(email="lan@example.org")

    sign_in(client, typed)

    assert client.session[SESSION_KEY] == str(user.pk)


def test_a_name_that_looks_like_somebody_s_e_mail_does_not_lead_to_them(client):
    lan = UserFactory.create(email="lan@example.org")
    UserFactory.create(username="lan@example.org")

    sign_in(client, "lan@example.org")

    assert client.session[SESSION_KEY] == str(lan.pk)


def test_a_wrong_password_is_said_and_the_name_is_kept(client):
    user = UserFactory.create()

    page = sign_in(client, user.username, "wrong")

    assert 'role="alert"' in page.content.decode()
    assert f'value="{user.username}"' in page.content.decode()


def test_a_name_that_nobody_has_is_answered_in_the_same_words(client):
    UserFactory.create(username="somebody")

    known, unknown = (
        sign_in(client, name, "wrong").content.decode().replace(name, "")
        for name in ("somebody", "nobodyxx")
    )

    strip = 'name="csrfmiddlewaretoken" value="'
    assert known.count(strip) == unknown.count(strip) > 0
    assert [line for line in known.splitlines() if strip not in line] == [
        line for line in unknown.splitlines() if strip not in line
    ]


@pytest.mark.parametrize("exists", [True, False])
def test_who_fails_too_often_under_one_name_waits_and_is_told_so(client, exists):
    if exists:
        UserFactory.create(username="lan")

    page = fail(client, "lan", times=MOST.by_name)

    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= MOST.within.total_seconds()
    assert "15 phút" in page.content.decode()


def test_the_right_password_does_not_help_while_one_waits(client):
    user = UserFactory.create(email="lan@example.org")
    fail(client, user.username, times=MOST.by_name)

    by_name = sign_in(client, user.username)
    by_email = sign_in(client, "lan@example.org")

    assert {by_name.status_code, by_email.status_code} == {429}
    assert SESSION_KEY not in client.session


def test_waiting_is_not_prolonged_by_trying_and_ends(client):
    user = UserFactory.create()
    fail(client, user.username, times=MOST.by_name + 5)
    Attempt.objects.update(at=timezone.now() - MOST.within - timedelta(seconds=1))
    assert Attempt.objects.count() == MOST.by_name

    sign_in(client, user.username)

    assert SESSION_KEY in client.session
    assert not Attempt.objects.exists()


def test_who_tries_many_names_from_one_address_waits_and_others_do_not(client):
    user = UserFactory.create()
    for turn in range(MOST.by_address):
        sign_in(client, f"name-{turn}", "wrong")

    here = sign_in(client, user.username)
    there = sign_in(client, user.username, REMOTE_ADDR="192.0.2.7")

    assert here.status_code == 429
    assert there.url == reverse("mapui:workbench")


def test_the_administration_s_own_door_counts_too(client):
    user = UserFactory.create(is_staff=True)
    door = reverse("admin:login")
    for _ in range(MOST.by_name):
        client.post(door, {"username": user.username, "password": "wrong"})

    client.post(door, {"username": user.username, "password": PASSWORD})

    assert SESSION_KEY not in client.session


def test_no_name_and_no_address_is_kept_of_who_tried(client):
    sign_in(client, "lan-nguyen", "wrong", REMOTE_ADDR="192.0.2.7")

    (kept,) = Attempt.objects.values_list("name", "address")

    assert "lan" not in str(kept)
    assert "192" not in kept[1][:3]


def test_signing_in_takes_few_statements(client, django_assert_max_num_queries):
    user = UserFactory.create(email="lan@example.org")

    with django_assert_max_num_queries(20):
        sign_in(client, user.email)

    assert SESSION_KEY in client.session


def test_who_is_signed_in_is_led_on(client):
    client.force_login(UserFactory.create())

    assert client.get(LOGIN).url == reverse("mapui:workbench")


def test_signing_out_takes_a_press_of_a_button(client):
    client.force_login(UserFactory.create())

    looked = client.get(reverse("accounts:logout"))
    pressed = client.post(reverse("accounts:logout"))

    assert looked.status_code == 405
    assert pressed.url == reverse("mapui:home")
    assert SESSION_KEY not in client.session


def test_a_password_is_changed_by_who_knows_the_old_one_and_only_others_must_go(
    client, django_user_model
):
    user = UserFactory.create()
    client.force_login(user)
    other = type(client)()
    other.force_login(user)
    new = {"new_password1": "mot-cau-dai-9", "new_password2": "mot-cau-dai-9"}
    address = reverse("accounts:password_change")

    refused = client.post(address, new | {"old_password": "wrong"})
    client.post(address, new | {"old_password": PASSWORD})

    user.refresh_from_db()
    assert refused.status_code == 200
    assert user.check_password("mot-cau-dai-9")
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert other.get(reverse("accounts:profile")).status_code == 302
