from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models


class Duty(models.Model):
    """Who of an organisation answers for urgent cases, between two moments."""

    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, related_name="duties"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="duties"
    )
    during = DateTimeRangeField(help_text="From this moment, until before that one.")

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            ExclusionConstraint(
                name="person_is_on_duty_once_at_a_time",
                expressions=[
                    ("organisation", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.organisation}"
