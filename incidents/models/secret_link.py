from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import models

#: So many bytes are drawn for a secret: nobody guesses it.
DRAWN = 24


class SecretLink(models.Model):
    """A way in for whoever has it, for a while; we keep a digest of what is secret."""

    token_digest = models.BinaryField(max_length=32, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def is_alive(self, *, at: datetime) -> bool:
        """Tell whether it still opens what it was made for."""
        return self.revoked_at is None and at < self.expires_at


def new_secret() -> str:
    """Draw what is told once, to who makes a link, and kept by nobody."""
    return secrets.token_urlsafe(DRAWN)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret that is long enough never to be guessed."""
    return sha256(secret.encode()).digest()
