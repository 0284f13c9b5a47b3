"""What a provider says of a message later on is believed if it is signed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from incidents.models import CallBack, Notice
from incidents.notifications import send, trying
from incidents.notifications.delivery import signature_of
from incidents.notifications.gateway import Outcome
from tests.factories import JULY
from tests.fakes.gateway import settings_for
from tests.incidents.test_sending import owed

pytestmark = pytest.mark.django_db
SECRET = "shared"  # noqa: S105


@pytest.fixture
def notice(telling, settings, monkeypatch):
    """A message that the provider has taken, and knows as p-1."""
    sms = settings_for("http://127.0.0.1:1/", callback_secret=SECRET)
    settings.SMS = replace(sms, callback_key_field="key")
    monkeypatch.setattr(
        trying, "hand_over", lambda _message: Outcome(accepted=True, id="p-1")
    )
    notice = owed(telling)
    send(notice.pk, at=JULY)
    return notice


def say(client, told, *, secret=SECRET):
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    signed = {"X-Signature": f"sha256={signature_of(body, secret)}"}
    return client.post(
        "/api/v1/deliveries", body, content_type="application/json", headers=signed
    ).status_code


def test_a_delivery_is_heard_once_however_often_it_is_said(client, notice):
    said = [say(client, {"id": "p-1", "status": "delivered"}) for _turn in range(2)]
    first = Notice.objects.get().delivered_at
    late = say(client, {"id": "p-1", "status": "failed"})

    notice.refresh_from_db()
    assert (said, late) == ([204, 204], 204)
    assert (notice.state, notice.delivered_at) == ("delivered", first)
    assert not CallBack.objects.exists()


def test_whom_a_message_did_not_reach_somebody_calls(client, notice):
    for _turn in range(2):
        say(client, {"id": "p-1", "status": "undelivered"})

    notice.refresh_from_db()
    assert (notice.state, notice.failure) == ("failed", "said.undelivered")
    assert CallBack.objects.get().reason == "undeliverable"


def test_a_word_that_comes_before_the_message_is_noted_as_sent_is_said_again(
    client, notice
):
    word = {"key": str(notice.key), "status": "undelivered"}
    Notice.objects.update(state="sending", sent_at=None, provider_id="")

    early = say(client, word)
    Notice.objects.update(state="accepted", sent_at=JULY)
    again = say(client, word)

    assert (early, again) == (404, 204)
    assert Notice.objects.get().state == "failed"
    assert CallBack.objects.get().reason == "undeliverable"


def test_a_message_whose_acceptance_was_never_answered_is_known_by_our_key(
    client, notice
):
    Notice.objects.update(state="owed", sent_at=None, provider_id="")

    said = say(client, {"key": str(notice.key), "status": "delivered"})

    notice.refresh_from_db()
    assert (said, notice.state) == (204, "delivered")
    assert notice.sent_at == notice.delivered_at


@pytest.mark.parametrize(
    ("told", "secret", "status"),
    [
        ({"id": "p-1", "status": "delivered"}, "another", 403),
        ({"id": "p-2", "status": "delivered"}, SECRET, 404),
        ({"id": "", "status": "delivered"}, SECRET, 404),
        ({"id": {"a": 1}}, SECRET, 404),
        ({"key": "no key", "id": None}, SECRET, 404),
        ([], SECRET, 404),
        (b"{", SECRET, 400),
        (b"[" * 20_000, SECRET, 413),
        (b"\xff", SECRET, 400),
        ({"id": "p-1", "status": "on its way"}, SECRET, 204),
    ],
)
def test_what_is_not_signed_or_not_known_changes_nothing(
    client, notice, told, secret, status
):
    assert say(client, told, secret=secret) == status
    assert Notice.objects.get().state == "accepted"


def test_without_a_secret_nobody_is_believed(client, notice, settings):
    settings.SMS = replace(settings.SMS, callback_secret="")

    assert say(client, {"id": "p-1", "status": "delivered"}, secret="") == 403
