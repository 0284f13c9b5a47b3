"""A browser whose contact is proven as people prove it: by the digits in an e-mail."""

from __future__ import annotations

import re

from django.core import mail
from django.urls import reverse
from django.utils import timezone

from incidents import proof
from incidents.models import OneTimeCode
from tests.factories import LAN

PROVE, TYPE, MINE = (reverse(f"mapui:{n}") for n in ("prove", "prove-code", "mine"))


def ask(client, contact=LAN.email):
    """Ask for a code, and let the worker send it."""
    answer = client.post(PROVE, {"contact": contact})
    for code in OneTimeCode.objects.filter(sent_at__isnull=True):
        proof.send(code.pk, at=timezone.now())
    return answer


def digits_sent():
    """Return the digits of the e-mail that came last."""
    return re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()


def prove(client, contact=LAN.email):
    """Prove the contact of this browser."""
    ask(client, contact)
    return client.post(TYPE, {"digits": digits_sent()})
