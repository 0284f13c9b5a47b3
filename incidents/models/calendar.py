from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A day the city decides about, over what the library of holidays says."""

    class Kind(models.TextChoices):
        OFF = "off", _("Day off")
        WORK = "work", _("Make-up working day")

    on = models.DateField(unique=True)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    legal_basis = models.CharField(max_length=300)
    is_confirmed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class DeadlineRule(models.Model):
    """How long a unit has, by which law, between two days.

    The closest rule wins: one that names the category, then one that names the
    urgency, then the city's own.
    """

    class Unit(models.TextChoices):
        WORKING_DAYS = "days", _("Working days")
        MINUTES = "minutes", _("Minutes by the clock")

    category = models.ForeignKey(
        "Category", models.PROTECT, null=True, blank=True, related_name="+"
    )
    urgency = models.CharField(max_length=8, blank=True)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=8, choices=Unit.choices)
    is_target = models.BooleanField(
        default=False, help_text="An internal target, not the legal deadline."
    )
    step = models.CharField(
        max_length=16,
        blank=True,
        help_text="Of a target: accept, acknowledge, safe, done, answer.",
    )
    starts_on = models.DateField()
    legal_basis = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="deadline_rule_is_said_once",
                fields=["category", "urgency", "step", "starts_on"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_unit_display()}"
