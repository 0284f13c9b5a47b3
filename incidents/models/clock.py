from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Clock(models.Model):
    """Time that runs on a case: the citizen's, or that of the unit that holds it.

    Late is computed from it and never typed.
    """

    class Party(models.TextChoices):
        CITIZEN = "citizen", _("The citizen's")
        UNIT = "unit", _("The unit's")

    report = models.ForeignKey("Report", models.CASCADE, related_name="clocks")
    party = models.CharField(max_length=8, choices=Party.choices)
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rule = models.ForeignKey("DeadlineRule", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_firm = models.BooleanField(help_text="Off while the date is only expected.")
    calendar_version = models.CharField(max_length=16)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="citizen_has_one_clock_a_case",
                fields=["report"],
                condition=Q(party="citizen"),
            ),
            models.UniqueConstraint(
                name="one_unit_clock_runs_at_a_time",
                fields=["report"],
                condition=Q(party="unit", stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_of_a_unit_names_it",
                condition=Q(party="citizen") | Q(organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_is_due_after_it_starts",
                condition=Q(due_at__gte=F("started_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "due_at"],
                name="clock_running_by_due_date",
                condition=Q(stopped_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_party_display()} {self.due_at:%Y-%m-%d}"
