"""Delivered: what a provider says of a message later on, as often as it says it."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare

from incidents.models import CallBack, Notice

from .calling import call_instead
from .gateway import field

State = Notice.State


def is_signed(body: bytes, signature: str) -> bool:
    """Tell whether somebody who knows the shared secret has sent this body."""
    secret = settings.SMS.callback_secret
    told = signature.removeprefix("sha256=").lower()
    return bool(secret) and constant_time_compare(signature_of(body, secret), told)


def signature_of(body: bytes, secret: str) -> str:
    """Sign a body with HMAC-SHA256, as hexadecimal digits."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


@transaction.atomic
def take_word(told: Any, *, at: datetime) -> bool:
    """Keep what became of a message; tell whether it is one of ours.

    Said again it changes nothing, and what was delivered stays so. Our own key finds
    also a message whose acceptance was never answered: it is not sent again then. That
    one was not delivered which is still being sent is not known yet: it is said again.
    """
    held = _found(told)
    if held is None:
        return False
    status = str(field(told, settings.SMS.callback_status_field) or "")
    if status in settings.SMS.undelivered and held.state in {State.OWED, State.SENDING}:
        return False
    if status in settings.SMS.delivered and held.state != State.DELIVERED:
        held.state, held.delivered_at, held.failure = State.DELIVERED, at, ""
        held.sent_at = held.sent_at or at
        held.save(update_fields=["state", "delivered_at", "failure", "sent_at"])
    elif status in settings.SMS.undelivered and held.state == State.ACCEPTED:
        held.state, held.failure = State.FAILED, f"said.{status}"[:40]
        held.save(update_fields=["state", "failure"])
        call_instead(held, CallBack.Reason.UNDELIVERABLE, at=at)
    return True


def _found(told: Any) -> Notice | None:
    held = (
        Notice.objects.select_for_update(of=("self",))
        .select_related("contact", "event")
        .filter(channel=Notice.Channel.SMS)
    )
    key = _uuid(field(told, settings.SMS.callback_key_field))
    if key is not None:
        return held.filter(key=key).first()
    known_as = field(told, settings.SMS.callback_id_field)
    if not isinstance(known_as, (str, int)) or not str(known_as):
        return None
    return held.filter(provider_id=str(known_as)[:100]).first()


def _uuid(said: Any) -> UUID | None:
    try:
        return UUID(said)
    except (TypeError, ValueError, AttributeError):
        return None
