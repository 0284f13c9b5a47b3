from __future__ import annotations

from django.conf import settings
from django.db import models


class Recount(models.Model):
    """A change of the calendar or of a deadline, and what it moved.

    It is asked for with the change, and carried out by the worker.
    """

    changes = models.JSONField(help_text="What was changed, each with was and now.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty where the city's files were loaded.",
    )
    asked_at = models.DateTimeField()
    calendar_version = models.CharField(max_length=16, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    counted = models.PositiveIntegerField(default=0, help_text="Clocks looked at.")
    moved = models.PositiveIntegerField(default=0, help_text="Clocks whose date moved.")

    def __str__(self) -> str:
        return f"Recount of {self.asked_at:%Y-%m-%d}"


class MovedDate(models.Model):
    """One clock whose date a recount moved: what it was, what it is, by what."""

    recount = models.ForeignKey(Recount, models.CASCADE, related_name="dates")
    clock = models.ForeignKey("Clock", models.CASCADE, related_name="moves")
    was_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    was_version = models.CharField(max_length=16)
    version = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="clock_is_moved_once_a_recount", fields=["recount", "clock"]
            )
        ]

    def __str__(self) -> str:
        return f"Clock {self.clock_id} to {self.due_at:%Y-%m-%d}"
