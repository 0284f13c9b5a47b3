"""A mail server that refuses to be spoken to while a transaction is open."""

from __future__ import annotations

from django.core.mail.backends.locmem import EmailBackend
from django.db import connection


class Mailbox(EmailBackend):
    """What it takes lies in `mail.outbox`; first it says what it was told to say."""

    #: What it raises, one after another, before it takes anything.
    says: list[BaseException] = []

    def send_messages(self, messages):
        assert not connection.in_atomic_block
        if self.says:
            raise self.says.pop(0)
        return super().send_messages(messages)
