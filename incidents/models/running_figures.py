from __future__ import annotations

from django.db import models


class RunningFigures(models.Model):
    """The whole city's figures of the period that runs, as they were a moment ago.

    The worker counts them where that takes long; each count replaces the last.
    """

    by = models.CharField(
        max_length=40, unique=True, help_text="What it is told by; empty: in all."
    )
    period = models.CharField(max_length=7, help_text="Its code.")
    counted_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(help_text="To count all of them.")
    figures = models.JSONField(help_text="By the id of a part, or as named in code.")

    def __str__(self) -> str:
        return f"{self.period} {self.by} {self.counted_at}"
