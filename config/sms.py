"""Who sends text messages for this site: an HTTP gateway, an Apprise address, or nobody."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env

#: What a gateway is told unless it wants it otherwise.
USUAL = '{"to": "{to}", "text": "{text}", "id": "{key}"}'
FORMS = ("json", "form", "query")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """How text messages go out, and what providers say of them afterwards.

    In `body`, `url` and the Apprise address stand `{to}` (with its +),
    `{digits}` (without), `{text}` and `{key}`, which is the same for every try of one
    message. A field of an answer is named with dots: `data.0.id`.
    """

    url: str = ""
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    form: str = "json"
    body: dict[str, Any] = field(default_factory=lambda: json.loads(USUAL))
    key_header: str = "Idempotency-Key"
    id_field: str = "id"
    error_field: str = ""  #: Where an answer of 200 says that it is none.
    final_errors: tuple[str, ...] = ()  #: Codes after which no try helps.
    timeout: int = 10  #: Seconds from the first byte to the last.
    apprise_url: str = ""
    callback_secret: str = ""
    callback_id_field: str = "id"
    callback_key_field: str = ""  #: Where a gateway repeats our `{key}`, if it does.
    callback_status_field: str = "status"
    delivered: tuple[str, ...] = ("delivered",)
    undelivered: tuple[str, ...] = ("failed", "undelivered", "rejected", "expired")

    @property
    def is_on(self) -> bool:
        """Whether anybody sends text messages at all."""
        return bool(self.url or self.apprise_url)


def read_sms() -> Sms:
    """Read the gateway from the environment; nothing set, nothing sent."""
    url, form = env.text("SMS_URL", ""), env.text("SMS_FORM", "json")
    apprise = env.text("SMS_APPRISE_URL", "")
    if url and apprise:
        raise ImproperlyConfigured("Set SMS_URL or SMS_APPRISE_URL, not both.")
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise ImproperlyConfigured("SMS_URL leaves this machine: it must be https.")
    if form not in FORMS:
        raise ImproperlyConfigured(f"SMS_FORM is none of {', '.join(FORMS)}.")
    usual = Sms()
    return Sms(
        url=url,
        method=env.text("SMS_METHOD", "GET" if form == "query" else "POST"),
        headers=_table("SMS_HEADERS", "{}"),
        form=form,
        body=_table("SMS_BODY", USUAL),
        key_header=env.text("SMS_KEY_HEADER", usual.key_header),
        id_field=env.text("SMS_ID_FIELD", usual.id_field),
        error_field=env.text("SMS_ERROR_FIELD", ""),
        final_errors=tuple(env.words("SMS_FINAL_ERRORS")),
        timeout=env.number("SMS_TIMEOUT", usual.timeout),
        apprise_url=apprise,
        callback_secret=env.text("SMS_CALLBACK_SECRET", ""),
        callback_id_field=env.text("SMS_CALLBACK_ID_FIELD", usual.callback_id_field),
        callback_key_field=env.text("SMS_CALLBACK_KEY_FIELD", ""),
        callback_status_field=env.text(
            "SMS_CALLBACK_STATUS_FIELD", usual.callback_status_field
        ),
        delivered=tuple(env.words("SMS_DELIVERED", ",".join(usual.delivered))),
        undelivered=tuple(env.words("SMS_UNDELIVERED", ",".join(usual.undelivered))),
    )


def _table(name: str, default: str) -> dict[str, Any]:
    try:
        told = json.loads(env.text(name, "") or default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is no JSON.") from error
    if not isinstance(told, dict):
        raise ImproperlyConfigured(f"{name} is no object of JSON.")
    return told
