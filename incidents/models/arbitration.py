from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q


class Arbitration(models.Model):
    """A case that no unit would keep, put before the shift lead for a last word."""

    report = models.ForeignKey("Report", models.CASCADE, related_name="arbitrations")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    due_at = models.DateTimeField(help_text="By when the shift lead decides.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    organisation = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The unit that was named; it cannot return the case by itself.",
    )
    text = models.TextField(blank=True, help_text="Why this unit.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="arbitration_is_asked_once_until_decided",
                fields=["report"],
                condition=Q(decided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="arbitration_names_a_unit_and_says_why",
                condition=Q(
                    decided_at__isnull=True,
                    organisation__isnull=True,
                )
                | (
                    Q(decided_at__isnull=False, organisation__isnull=False)
                    & Q(decided_by__isnull=False)
                    & ~Q(text="")
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="arbitration_yet_to_decide",
                fields=["due_at"],
                condition=Q(decided_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.organisation or self.due_at}"

    def was_late(self, *, at: datetime) -> bool:
        """Tell whether the decision came, or has still to come, after its hour."""
        return (self.decided_at or at) > self.due_at
