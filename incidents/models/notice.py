from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

#: By which name its sending is asked for.
SENDING = "incidents.send_notice"


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Which messages are still owed, and how the others fared."""

    def unsettled(self) -> Self:
        return self.filter(state__in=["owed", "sending"])

    def due(self, *, at: datetime) -> Self:
        """Keep what should be tried by now, and what a worker left in the middle."""
        return self.unsettled().filter(next_try_at__lte=at)

    def unasked(self) -> Self:
        """Keep what no job in the queue is going to send."""
        asked = ProcrastinateJob.objects.filter(status="todo", task_name=SENDING)
        number = Cast(KT("args__notice_id"), models.BigIntegerField())
        numbers = asked.annotate(number=number).filter(number__isnull=False)
        return self.exclude(pk__in=numbers.values("number"))


class Notice(models.Model):
    """One message owed to one person about one event, over one channel.

    That it is about to be sent is written down before anybody is spoken to, so that
    what may have gone out twice is known.
    """

    class State(models.TextChoices):
        OWED = "owed", _("Owed")
        SENDING = "sending", _("Being sent")
        ACCEPTED = "accepted", _("Taken by the provider")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Undeliverable")
        GIVEN_UP = "given_up", _("Given up")
        DROPPED = "dropped", _("Not wanted any more")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("SMS")
        CALL = "call", _("Telephone call")

    event = models.ForeignKey("Event", models.CASCADE, related_name="notices")
    contact = models.ForeignKey("Contact", models.CASCADE, related_name="notices")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    key = models.UUIDField(
        default=uuid4,
        db_default=Func(function="gen_random_uuid"),
        unique=True,
        editable=False,
        help_text="Names it to a provider, the same at every try.",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OWED)
    asked_at = models.DateTimeField()
    next_try_at = models.DateTimeField(help_text="While being sent: when it is stuck.")
    tried_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=40, blank=True, help_text="A code, no words.")
    may_have_gone = models.BooleanField(
        default=False, help_text="A try that failed may have reached the provider."
    )
    may_be_doubled = models.BooleanField(
        default=False, help_text="It may have been sent twice."
    )
    provider_id = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    call_back = models.ForeignKey(
        "CallBack", models.SET_NULL, null=True, blank=True, related_name="notices"
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="notice_is_owed_once", fields=["event", "contact", "channel"]
            ),
            models.CheckConstraint(
                name="notice_taken_by_a_provider_was_sent_at_a_moment",
                condition=~Q(state__in=["accepted", "delivered"])
                | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="notice_being_sent_was_tried",
                condition=~Q(state="sending")
                | Q(attempts__gt=0, tried_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="notice_still_owed",
                condition=Q(state__in=["owed", "sending"]),
            ),
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
