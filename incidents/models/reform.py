from __future__ import annotations

from django.db import models


class Reform(models.Model):
    """A day on which units end and others carry on: their open cases go over once.

    What is still to do is read from the cases themselves, so a run that was cut off
    is simply begun again; this row tells when it began, how far it came, and its end.
    """

    on = models.DateField(unique=True, help_text="First day of the new order.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    found = models.PositiveIntegerField(
        default=0, help_text="Open cases of units that were no more, at its beginning."
    )
    moved = models.PositiveIntegerField(default=0, help_text="To a successor.")
    to_desk = models.PositiveIntegerField(
        default=0, help_text="To the operators, as no successor follows from the place."
    )
    relocated = models.PositiveIntegerField(
        default=0, help_text="Reports, open or ended, whose place of today changed."
    )

    def __str__(self) -> str:
        return f"Reform of {self.on}"
