"""A gateway is handed a text, and nothing it says or does is believed too much."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.sms import Sms, read_sms
from incidents.notifications.gateway import ANSWER_BYTES, Message, field, hand_over
from tests.fakes.gateway import gateway, settings_for

MESSAGE = Message(to="+84901234567", text="1022: xin chao", key="key-1")


def handed(settings, *ways, **changes):
    """Hand one message to a gateway that behaves in this way; return both."""
    with gateway(*ways, hangs_for=1.5) as there:
        settings.SMS = settings_for(there.url, **changes)
        return hand_over(MESSAGE), there


def test_what_is_taken_is_known_by_the_provider_s_id(settings):
    outcome, there = handed(settings)

    assert (outcome.accepted, outcome.id) == (True, "p-key-1")
    assert there.asked[0]["body"] == {
        "to": "+84901234567",
        "text": "1022: xin chao",
        "id": "key-1",
    }
    assert there.asked[0]["Idempotency-Key"] == "key-1"


@pytest.mark.parametrize(
    ("way", "failure", "may_have_gone"),
    [
        ("unavailable", "http.503.other", False),
        ("refused 429", "http.429", False),
        ("error within 200", "error.other", False),
        ("html", "unintelligible", True),
        ("truncated", "unintelligible", True),
        ("reset", "cut.ConnectionResetError", True),
        ("hangs", "cut.", True),
        ("bad gateway after taking", "http.502", True),
        ("leads elsewhere", "http.302", False),
        ("endless", "unintelligible", True),
    ],
)
def test_every_failure_has_a_code_and_says_whether_it_may_have_gone(
    settings, caplog, way, failure, may_have_gone
):
    outcome, _there = handed(settings, way)

    assert not outcome.accepted
    assert outcome.failure.startswith(failure)
    assert outcome.may_have_gone is may_have_gone
    assert not outcome.is_final
    assert "901234567" not in repr(outcome) + caplog.text


def test_who_drips_an_answer_is_not_waited_for(settings):
    begun = time.monotonic()

    outcome, _there = handed(settings, "drips")

    assert outcome.may_have_gone
    assert time.monotonic() - begun < 2.5


def test_a_gateway_that_is_not_there_has_taken_nothing(settings):
    settings.SMS = settings_for("http://127.0.0.1:1/")

    outcome = hand_over(MESSAGE)

    assert outcome.failure == "connect.ConnectionRefusedError"
    assert not outcome.may_have_gone


def test_a_number_the_gateway_refuses_for_good_is_not_tried_again(settings):
    outcome, _there = handed(
        settings, "refuses the number", final_errors=("bad_number",)
    )

    assert outcome.is_final
    assert outcome.failure == "http.400.bad_number"


def test_how_long_to_wait_is_taken_from_the_gateway(settings):
    assert handed(settings, "refused 429")[0].wait == 1


def test_a_gateway_is_asked_for_nothing_beyond_its_first_bytes(settings):
    outcome, _there = handed(settings, "endless", timeout=5)

    assert not outcome.accepted
    assert ANSWER_BYTES == 65536


def test_an_id_that_holds_the_number_is_not_kept(settings):
    outcome, _there = handed(settings, id_field="data.0.id")
    with gateway() as there:
        settings.SMS = settings_for(there.url)
        own = hand_over(replace(MESSAGE, key="84901234567"))

    assert outcome.id
    assert (own.accepted, own.id) == (True, "")


def test_apprise_is_given_the_text_and_says_no_word_about_whom(settings, caplog):
    with gateway() as there:
        address = f"json://127.0.0.1:{there.server_port}/{{digits}}"
        settings.SMS = Sms(apprise_url=address)
        sent = hand_over(MESSAGE)
    settings.SMS = Sms(apprise_url="json://127.0.0.1:1/{digits}?cto=1&rto=1")

    failed = hand_over(MESSAGE)

    assert (failed.accepted, failed.failure) == (False, "apprise")
    assert "901234567" not in caplog.text
    assert not sent.accepted or sent.id == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 7),
        ("a.0.b", "x"),
        ("a.1.b", None),
        ("a.b", None),
        ("", None),
    ],
)
def test_a_field_is_found_by_its_dotted_name(name, value):
    assert field({"id": 7, "a": [{"b": "x"}]}, name) == value


@pytest.mark.parametrize(
    "told",
    [
        {"SMS_URL": "http://example.org/sms"},
        {"SMS_URL": "https://a.example", "SMS_APPRISE_URL": "json://b"},
        {"SMS_FORM": "xml"},
        {"SMS_BODY": "[]"},
        {"SMS_HEADERS": "{"},
    ],
)
def test_a_gateway_that_is_set_wrongly_stops_the_site(monkeypatch, told):
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured):
        read_sms()


def test_nothing_set_is_nothing_sent(settings):
    settings.SMS = Sms()

    assert not settings.SMS.is_on
    assert hand_over(MESSAGE).failure == "off"
