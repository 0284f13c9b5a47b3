from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

#: What is weighed, by the names of the columns.
WEIGHTS = ("urgent", "high", "normal", "late_day", "follower", "repeat")


class PriorityWeights(models.Model):
    """What each part of the priority score counts from a moment on: who set it, why.

    The last row is in force; those before it are the history. None is ever changed.
    """

    urgent = models.FloatField(help_text="Points of an urgent case.")
    high = models.FloatField(help_text="Points of one of high urgency.")
    normal = models.FloatField(help_text="Points of any other.")
    late_day = models.FloatField(help_text="Points of each day it is late.")
    follower = models.FloatField(help_text="Points of each who follows it.")
    repeat = models.FloatField(
        help_text="Points of each time the same was handled here shortly before."
    )
    why = models.CharField(max_length=300)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="priority_weights_take_nothing_away",
                condition=Q(**{f"{name}__gte": 0 for name in WEIGHTS}),
            ),
            models.CheckConstraint(
                name="priority_weights_are_set_for_a_reason", condition=~Q(why="")
            ),
        ]

    def __str__(self) -> str:
        return f"Weights of {self.set_at:%Y-%m-%d}"
