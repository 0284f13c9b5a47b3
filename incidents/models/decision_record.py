from __future__ import annotations

from django.db import models


class DecisionRecord(models.Model):
    """What routing concluded about a report, and from what. Rows are only added."""

    report = models.ForeignKey("Report", models.CASCADE, related_name="decisions")
    at = models.DateTimeField()
    engine = models.PositiveSmallIntegerField(help_text="Version of the routing.")
    inputs = models.JSONField(help_text="Point, accuracy and category as they were.")
    boundaries = models.JSONField(help_text="Ids, with edition, share and distance.")
    responsibilities = models.JSONField(help_text="Ids of all that were weighed.")
    areas = models.JSONField(help_text="Kind, code, name, share; most local first.")
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=16)
    arguments = models.JSONField(help_text="What the reason's sentence is filled with.")
    doubts = models.JSONField()
    is_approximate = models.BooleanField(help_text="Made on an approximate map.")

    class Meta:
        indexes = [models.Index(fields=["report", "-id"], name="decision_newest_first")]

    def __str__(self) -> str:
        return f"{self.reason} on {self.at:%Y-%m-%d}"
