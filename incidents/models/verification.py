from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Verification(models.Model):
    """What a unit found when it checked: kept with its moment, and never edited.

    Two of the outcomes would end the case. Whether they do is for an operator, whose
    answer stands beside them.
    """

    class Outcome(models.TextChoices):
        TRUE = "true", _("As reported")
        NOT_TRUE = "not_true", _("Not as reported")
        UNCLEAR = "unclear", _("Could not be established")
        DUPLICATE = "duplicate", _("Reported before")

    report = models.ForeignKey("Report", models.CASCADE, related_name="verifications")
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    text = models.TextField(blank=True, help_text="What was seen on site.")
    master = models.ForeignKey(
        "Report",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The case that was there before, where this one repeats it.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    is_approved = models.BooleanField(
        null=True, blank=True, help_text="Empty until an operator has said."
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="Why the case does not end.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="verification_names_a_master_of_duplicates_alone",
                condition=Q(outcome="duplicate", master__isnull=False)
                | (~Q(outcome="duplicate") & Q(master__isnull=True)),
            ),
            models.CheckConstraint(
                name="verification_that_says_otherwise_says_why",
                condition=Q(outcome="true") | ~Q(text=""),
            ),
            models.CheckConstraint(
                name="verification_is_decided_at_a_moment",
                condition=Q(is_approved__isnull=True, decided_at__isnull=True)
                | Q(is_approved__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="verification_is_declined_with_a_text",
                condition=Q(is_approved__isnull=True)
                | Q(is_approved=True)
                | ~Q(answer=""),
            ),
        ]
        indexes = [
            models.Index(name="verification_of_report", fields=["report", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.outcome}"
