from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One message owed to one person about one event, over one channel."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")

    event = models.ForeignKey("Event", models.CASCADE, related_name="notices")
    contact = models.ForeignKey("Contact", models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notice_is_owed_once", fields=["event", "contact", "channel"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} about event {self.event_id}"
