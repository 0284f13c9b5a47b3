from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .outgoing import Outgoing, OutgoingQuerySet

#: By which name its sending is asked for.
SENDING = "incidents.send_notice"


class Notice(Outgoing):
    """One message owed to one person about one event, over one channel."""

    event = models.ForeignKey("Event", models.CASCADE, related_name="notices")
    contact = models.ForeignKey("Contact", models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=8, choices=Outgoing.Channel.choices)
    delivered_at = models.DateTimeField(null=True, blank=True)
    call_back = models.ForeignKey(
        "CallBack", models.SET_NULL, null=True, blank=True, related_name="notices"
    )

    objects = OutgoingQuerySet["Notice"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            models.UniqueConstraint(
                name="notice_is_owed_once", fields=["event", "contact", "channel"]
            ),
            *Outgoing.Meta.constraints,
        ]
        indexes = [
            *Outgoing.Meta.indexes,
            models.Index(fields=["asked_at"], name="notice_by_day"),
            models.Index(
                fields=["provider_id"],
                name="notice_by_provider_s_id",
                condition=~Q(provider_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} about event {self.event_id}"


class Outlet(models.Model):
    """How a channel fares: while its provider is down, it is left alone for a while."""

    channel = models.CharField(
        max_length=8, choices=Notice.Channel.choices, unique=True
    )
    failures = models.PositiveIntegerField(default=0, help_text="One after another.")
    since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.channel}: {self.failures} failures"


class NoticeText(models.Model):
    """Words of a notice as an administrator wrote them on a day; the latest holds.

    Without texts it is the city's own words again.
    """

    name = models.CharField(max_length=40)
    texts = models.JSONField(
        null=True, blank=True, help_text="By language: subject, body, sms."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    why = models.CharField(max_length=300)

    class Meta:
        indexes = [models.Index(fields=["name", "-id"], name="notice_text_latest")]
        constraints = [
            models.CheckConstraint(name="notice_text_says_why", condition=~Q(why=""))
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.at:%Y-%m-%d}"
