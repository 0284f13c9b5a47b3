from __future__ import annotations

from django.conf import settings
from django.db import models


class CallDraft(models.Model):
    """A call as typed so far, sealed: a dropped line loses nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="call_drafts"
    )
    client_id = models.CharField(max_length=64)
    sealed = models.BinaryField(help_text="What was typed, encrypted.")
    started_at = models.DateTimeField(help_text="When it rang.")
    updated_at = models.DateTimeField()
    dropped_at = models.DateTimeField(
        null=True, blank=True, help_text="When the line broke; any operator calls back."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="call_is_drafted_once_an_operator", fields=["user", "client_id"]
            )
        ]

    def __str__(self) -> str:
        return f"Call draft {self.pk}"
