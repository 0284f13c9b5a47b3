from __future__ import annotations

from datetime import datetime
from typing import Self, TypeVar
from uuid import uuid4

from django.db import models
from django.db.models import Func, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

Row = TypeVar("Row", bound="Outgoing", covariant=True)


class OutgoingQuerySet(models.QuerySet[Row]):
    """Which messages are still owed, and how the others fared."""

    def unsettled(self) -> Self:
        return self.filter(state__in=["owed", "sending"])

    def due(self, *, at: datetime) -> Self:
        """Keep what should be tried by now, and what a worker left in the middle."""
        return self.unsettled().filter(next_try_at__lte=at)

    def unasked(self, task: str, *, argument: str) -> Self:
        """Keep what no job in the queue is going to send."""
        asked = ProcrastinateJob.objects.filter(status="todo", task_name=task)
        number = Cast(KT(f"args__{argument}"), models.BigIntegerField())
        numbers = asked.annotate(number=number).filter(number__isnull=False)
        return self.exclude(pk__in=numbers.values("number"))


class Outgoing(models.Model):
    """One message that is owed to one person, and how its sending fares.

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

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_taken_by_a_provider_was_sent_at_a_moment",
                condition=~Q(state__in=["accepted", "delivered"])
                | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="%(class)s_being_sent_was_tried",
                condition=~Q(state="sending")
                | Q(attempts__gt=0, tried_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="%(class)s_still_owed",
                condition=Q(state__in=["owed", "sending"]),
            ),
        ]
