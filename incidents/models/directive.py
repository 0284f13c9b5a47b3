from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class DirectiveQuerySet(models.QuerySet["Directive"]):
    """Which directives stand open, and with whom. Each answer chains into the next."""

    def unanswered(self) -> Self:
        return self.filter(answered_at__isnull=True, closed_at__isnull=True)

    def late(self, *, at: datetime) -> Self:
        """Keep what nobody answered by its date."""
        return self.unanswered().filter(due_at__lt=at)


class Directive(models.Model):
    """What a leader above a unit asks of it on one case, and what became of it.

    Open until the unit answers, answered until its giver closes it. Late is computed.
    It closes by itself where the unit has the case no more and has not answered.
    """

    class Kind(models.TextChoices):
        DIRECT = "direct", _("Directive")
        REMIND = "remind", _("Urging")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for an answer")
        LATE = "late", _("No answer in time")
        ANSWERED = "answered", _("The unit has answered")
        CLOSED = "closed", _("Closed")

    report = models.ForeignKey("Report", models.CASCADE, related_name="directives")
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, related_name="directives"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    due_at = models.DateTimeField()
    given = models.OneToOneField("Event", models.CASCADE, related_name="directive")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="directives"
    )
    at = models.DateTimeField()
    answer = models.OneToOneField(
        "Event", models.CASCADE, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = DirectiveQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="directive_is_due_after_it_is_given",
                condition=Q(due_at__gt=F("at")),
            ),
            models.CheckConstraint(
                name="directive_is_answered_in_words",
                condition=Q(answer__isnull=True, answered_at__isnull=True)
                | Q(answer__isnull=False, answered_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "due_at"],
                name="directive_not_closed",
                condition=Q(closed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.report_id}"

    def state(self, *, at: datetime) -> State:
        """Return where it stands at a moment."""
        if self.closed_at is not None:
            return self.State.CLOSED
        if self.answered_at is not None:
            return self.State.ANSWERED
        return self.State.LATE if self.due_at < at else self.State.OPEN
