"""A gateway is handed a text, and nothing it says or does is believed too much."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.sms import Sms, read_sms
from incidents.intake import receive
from incidents.models import Notice
from incidents.notifications import send
from incidents.notifications.gateway import (
    ANSWER_BYTES,
    Message,
    Outcome,
    field,
    hand_over,
)
from incidents.privacy import Reporter
from tests.factories import JULY
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


class Service(BaseHTTPRequestHandler):
    """A service that Apprise speaks to: it keeps what it is told, and answers."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        told = json.loads(self.rfile.read(length))
        self.server.told.append((self.path, told["message"]))
        self.send_response(self.server.says)
        self.end_headers()

    def log_message(self, *_said):
        pass


@pytest.fixture
def service(settings):
    """A service behind an Apprise address that names the telephone in its path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.told, server.says = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"json://127.0.0.1:{server.server_port}/{{digits}}/{{to}}"
    settings.SMS = Sms(apprise_url=address)
    yield server
    server.shutdown()
    server.server_close()


def test_apprise_is_given_the_text_and_whom_it_is_for(service):
    outcome = hand_over(MESSAGE)

    ((path, text),) = service.told
    assert unquote(path).rstrip("/") == "/84901234567/+84901234567"
    assert text == MESSAGE.text
    assert outcome == Outcome(accepted=True)


@pytest.mark.django_db
def test_what_apprise_could_not_send_is_tried_again_and_names_nobody(
    service, telling, caplog
):
    service.says = 500
    mobile = Reporter(name="Lan", phone=MESSAGE.to)
    receive(replace(telling, reporter=mobile), channel="portal", at=JULY)
    notice = Notice.objects.get()

    send(notice.pk, at=JULY)

    notice.refresh_from_db()
    assert (notice.state, notice.failure) == ("owed", "apprise")
    assert (notice.sent_at, notice.may_have_gone) == (None, True)
    assert notice.next_try_at == JULY + timedelta(seconds=30)
    assert "901234567" not in caplog.text
    service.says = 200
    send(notice.pk, at=notice.next_try_at)
    notice.refresh_from_db()
    assert (notice.state, notice.may_be_doubled) == ("accepted", True)
    told = [unquote(path).split("/")[1] for path, _text in service.told]
    assert told == ["84901234567"] * 2
    assert len({text for _, text in service.told}) == 1


def test_where_nobody_answers_apprise_it_is_no_success(settings, caplog):
    settings.SMS = Sms(apprise_url="json://127.0.0.1:1/{digits}?cto=1&rto=1")

    failed = hand_over(MESSAGE)

    assert failed == Outcome(failure="apprise", may_have_gone=True)
    assert "901234567" not in caplog.text


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
