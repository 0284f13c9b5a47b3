from __future__ import annotations

from django.conf import settings
from django.db import models


class StaffNotice(models.Model):
    """One e-mail owed to one of the staff about one event."""

    event = models.ForeignKey("Event", models.CASCADE, related_name="staff_notices")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_notices"
    )
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="staff_hear_of_an_event_once", fields=["event", "user"]
            )
        ]

    def __str__(self) -> str:
        return f"Event {self.event_id} to {self.user_id}"


class Digest(models.Model):
    """The morning's letter to one person of a unit: what is late, due and new."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests"
    )
    on = models.DateField()
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="digest_comes_once_a_day", fields=["user", "on"]
            )
        ]

    def __str__(self) -> str:
        return f"Digest of {self.on} to {self.user_id}"
