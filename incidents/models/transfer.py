from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Transfer(models.Model):
    """A report put into other hands: from whom, to whom, by whom and why.

    An empty `organisation` is the operators' desk: a unit has returned the case.
    """

    report = models.ForeignKey("Report", models.CASCADE, related_name="transfers")
    sender = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the operators' desk.",
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.ForeignKey(
        "DecisionRecord", models.PROTECT, null=True, blank=True, related_name="+"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty when the decision acted by itself.",
    )
    reason = models.TextField(blank=True, help_text="Why not where it was proposed.")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="transfer_back_to_the_desk_says_why",
                condition=Q(organisation__isnull=False) | ~Q(reason=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id} to {self.organisation or 'the desk'}"
