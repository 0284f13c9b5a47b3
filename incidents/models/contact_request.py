from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ContactRequestQuerySet(models.QuerySet["ContactRequest"]):
    """Which units asked to reach a reporter, and what came of it."""

    def waiting(self) -> Self:
        return self.filter(answer="")

    def standing(self, *, at: datetime) -> Self:
        """Keep the grants that hold at that moment."""
        granted = ContactRequest.Answer.GRANTED
        return self.filter(answer=granted, answered_at__lte=at, ends_at__gt=at)


class ContactRequest(models.Model):
    """A unit asks to learn who reported, says why, and is answered by the desk.

    A grant is the unit's that asked, for a while; each opening is logged by itself.
    """

    class Answer(models.TextChoices):
        GRANTED = "granted", _("Granted")
        DENIED = "denied", _("Not granted")

    report = models.ForeignKey(
        "Report", models.CASCADE, related_name="contact_requests"
    )
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty where a rule of the city granted it.",
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_reason = models.CharField(max_length=200, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    objects = ContactRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contact_request_says_why", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="contact_request_is_answered_at_a_moment",
                condition=Q(answer="", answered_at__isnull=True)
                | Q(answer__in=["granted", "denied"], answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="contact_is_granted_until_a_moment",
                condition=~Q(answer="granted") | Q(ends_at__gt=F("answered_at")),
            ),
            models.CheckConstraint(
                name="nobody_grants_a_contact_to_themselves",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
            ),
            models.UniqueConstraint(
                name="contact_is_asked_for_once_until_it_is_answered",
                fields=["report", "organisation"],
                condition=Q(answer=""),
            ),
        ]
        indexes = [
            models.Index(
                name="contact_request_waiting",
                fields=["asked_at"],
                condition=Q(answer=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} asks for the contact of {self.report_id}"
