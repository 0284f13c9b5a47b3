from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q


class StormQuerySet(models.QuerySet["Storm"]):
    """When the desk was in a storm."""

    def blowing(self, *, at: datetime) -> Self:
        """Keep the one that is on at that moment."""
        return self.filter(begun_at__lte=at, until__gt=at, ended_at=None)


class Storm(models.Model):
    """A time in which many report the same: a shift lead says when, why and how long.

    It changes what operators are shown and nothing of what the rules ask for.
    """

    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=300)
    until = models.DateTimeField(help_text="When it ends by itself.")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = StormQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="storm_ends_after_it_began",
                condition=Q(until__gt=F("begun_at")),
            ),
            models.CheckConstraint(name="storm_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.reason


class ShiftNote(models.Model):
    """What one shift leaves to the next; it stays as it was written."""

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shift_note_says_something", condition=~Q(text="")
            )
        ]

    def __str__(self) -> str:
        return f"Note of {self.at:%d/%m %H:%M}"


class ShiftNoteReading(models.Model):
    """That somebody has read a hand-over note, and when."""

    note = models.ForeignKey(ShiftNote, models.CASCADE, related_name="readings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="shift_note_is_read_once_by_each", fields=["note", "by"]
            )
        ]

    def __str__(self) -> str:
        return f"Reading of {self.note_id}"


class SampledCase(models.Model):
    """A case of an operator's shift that was drawn by lot, to be looked at again."""

    report = models.ForeignKey("Report", models.CASCADE, related_name="samplings")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    shift_began_at = models.DateTimeField()
    drawn_at = models.DateTimeField()
    score = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
    )
    note = models.CharField(max_length=1000, blank=True)
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    scored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_is_sampled_once_a_shift_of_an_operator",
                fields=["report", "operator", "shift_began_at"],
            ),
            models.CheckConstraint(
                name="sampled_case_is_scored_by_somebody_from_one_to_five",
                condition=Q(score__isnull=True, scored_by__isnull=True)
                | Q(score__range=(1, 5), scored_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} of {self.operator_id}"
