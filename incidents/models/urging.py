from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Urging(models.Model):
    """Once, somebody was told that a clock runs out, or that it has."""

    class Level(models.TextChoices):
        BEFORE = "before", _("Reminded before the date")
        DUE = "due", _("The unit's leader told")
        PARENT = "parent", _("Those above the unit told")
        CITY = "city", _("The city's leaders told")
        LAPSED = "lapsed", _("Told of a commitment that was not kept")

    clock = models.ForeignKey("Clock", models.CASCADE, related_name="urgings")
    level = models.CharField(max_length=8, choices=Level.choices)
    due_at = models.DateTimeField(help_text="The date it was about; a date may move.")
    event = models.OneToOneField("Event", models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="clock_is_urged_once_a_level_and_date",
                fields=["clock", "level", "due_at"],
            )
        ]

    def __str__(self) -> str:
        return f"Clock {self.clock_id}: {self.level}"
