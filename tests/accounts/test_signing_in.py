from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
LOGIN = reverse("accounts:login")


def test_staff_sign_in_and_come_to_their_work(client):
    user = UserFactory.create()

    answer = client.post(LOGIN, {"username": user.username, "password": PASSWORD})

    assert answer.url == reverse("mapui:workbench")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_wrong_password_is_said_and_the_name_is_kept(client):
    user = UserFactory.create()

    page = client.post(LOGIN, {"username": user.username, "password": "wrong"})

    assert 'role="alert"' in page.content.decode()
    assert f'value="{user.username}"' in page.content.decode()


def test_signing_out_takes_a_press_of_a_button(client):
    client.force_login(UserFactory.create())

    looked = client.get(reverse("accounts:logout"))
    pressed = client.post(reverse("accounts:logout"))

    assert looked.status_code == 405
    assert pressed.url == reverse("mapui:home")
    assert "_auth_user_id" not in client.session


def test_a_password_is_changed_by_who_knows_the_old_one(client):
    user = UserFactory.create()
    client.force_login(user)
    new = {"new_password1": "mot-cau-dai-9", "new_password2": "mot-cau-dai-9"}
    address = reverse("accounts:password_change")

    refused = client.post(address, new | {"old_password": "wrong"})
    client.post(address, new | {"old_password": PASSWORD})

    user.refresh_from_db()
    assert refused.status_code == 200
    assert user.check_password("mot-cau-dai-9")
