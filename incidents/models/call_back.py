from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CallBackQuerySet(models.QuerySet["CallBack"]):
    """Whom the operators still have to call."""

    def unsettled(self) -> Self:
        return self.filter(state__in=["open", "claimed"])

    def callable(self, *, at: datetime) -> Self:
        """Keep whom one may call now, the longest waiting first."""
        return self.unsettled().filter(call_from__lte=at).order_by("asked_at", "pk")


class CallBack(models.Model):
    """Somebody to be told by telephone what no message could tell them."""

    class Reason(models.TextChoices):
        NO_MESSAGE = "no_message", _("No message reaches this telephone")
        GIVEN_UP = "given_up", _("The message could not be sent for days")
        UNDELIVERABLE = "undeliverable", _("The message was not delivered")
        ASKED = "asked", _("Asked to be called")

    class State(models.TextChoices):
        OPEN = "open", _("To be called")
        CLAIMED = "claimed", _("An operator is calling")
        DONE = "done", _("Told")
        UNREACHABLE = "unreachable", _("Not reached")

    contact = models.ForeignKey("Contact", models.CASCADE, related_name="call_backs")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    call_from = models.DateTimeField(help_text="After nobody answered: when to retry.")
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CallBackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contact_waits_for_one_call",
                fields=["contact"],
                condition=Q(state__in=["open", "claimed"]),
            ),
            models.CheckConstraint(
                name="call_back_claimed_is_somebody_s",
                condition=~Q(state="claimed")
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="call_back_ended_at_a_moment",
                condition=~Q(state__in=["done", "unreachable"])
                | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at", "id"],
                name="call_back_longest_waiting",
                condition=Q(state__in=["open", "claimed"]),
            )
        ]

    def __str__(self) -> str:
        return f"Call back {self.pk}"
