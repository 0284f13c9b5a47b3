from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .closed_period import ClosedPeriod


class PublishedRanking(models.Model):
    """How units did in a period, as it was told to everybody; it never changes after.

    With the rule it was made by and every count it was made from.
    """

    period = models.OneToOneField(ClosedPeriod, models.PROTECT, related_name="ranking")
    published_at = models.DateTimeField()
    rule = models.JSONField(help_text="What each share weighs, and from how many on.")
    rows = models.JSONField(help_text="Each unit with its counts, its score and rank.")
    objections = models.PositiveIntegerField(help_text="How many units made.")
    upheld = models.PositiveIntegerField(help_text="How many cases were taken out.")
    unanswered = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"Ranking {self.period_id}"


class RankingObjection(models.Model):
    """A unit says why one of its cases should not count in the ranking of a period."""

    period = models.ForeignKey(ClosedPeriod, models.PROTECT, related_name="objections")
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    report = models.ForeignKey("Report", models.CASCADE, related_name="+")
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    is_upheld = models.BooleanField(
        null=True, blank=True, help_text="Empty until the city has answered."
    )
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="unit_objects_to_a_case_once_a_period",
                fields=["period", "organisation", "report"],
            ),
            models.CheckConstraint(name="objection_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="objection_is_answered_with_a_text",
                condition=Q(is_upheld__isnull=True, answered_at__isnull=True)
                | (
                    Q(is_upheld__isnull=False, answered_at__isnull=False)
                    & ~Q(answer="")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} on {self.report_id}"
