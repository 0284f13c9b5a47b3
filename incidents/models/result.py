from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Result(models.Model):
    """What a unit says it did, round by round: typed, told, and published or not."""

    class Outcome(models.TextChoices):
        FIXED = "fixed", _("Fixed")
        TEMPORARY = "temporary", _("Made safe for now")
        PLANNED = "planned", _("Planned, with a date")
        NOT_FOUND = "not_found", _("Not found on site")
        NOT_TRUE = "not_true", _("Not as reported")
        OTHER_OWNER = "other_owner", _("Belongs to another owner")
        ANSWERED = "answered", _("Answered")

    report = models.ForeignKey("Report", models.CASCADE, related_name="results")
    round = models.PositiveSmallIntegerField(help_text="1, then one more a reopening.")
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    text = models.TextField()
    no_photo_because = models.CharField(
        max_length=300, blank=True, help_text="Why there is no photo of the work done."
    )
    photo_because = models.CharField(
        max_length=300,
        blank=True,
        help_text="Why a photo is of another place, or of long before.",
    )
    source = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="shared",
        help_text="The result of the incident, whose words and photos these are.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="result_is_published_once_a_round",
                fields=["report", "round"],
                condition=Q(published_at__isnull=False),
            ),
            models.CheckConstraint(name="result_says_something", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} ({self.report_id}, {self.round})"
