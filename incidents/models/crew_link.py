from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from .attachment import Attachment
from .result import Result
from .secret_link import SecretLink


class CrewLink(SecretLink):
    """A way for a crew without accounts to see one job and report it, for a while."""

    report = models.ForeignKey("Report", models.CASCADE, related_name="crew_links")
    number = models.PositiveSmallIntegerField(help_text="Its turn in the case.")
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    crew = models.CharField(max_length=80, help_text="What colleagues call the crew.")
    job = models.TextField(blank=True, help_text="What is to be done, for the crew.")
    photos = models.ManyToManyField(
        Attachment, related_name="+", help_text="What the crew may see of the reporter."
    )
    spent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the crew reported the job done."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="crew_link_has_its_number_in_the_case", fields=["report", "number"]
            ),
            models.CheckConstraint(
                name="crew_link_expires_after_it_is_made",
                condition=Q(expires_at__gt=F("made_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"Crew link {self.number} of report {self.report_id}"


class CrewResult(models.Model):
    """What a crew says it did; a result once an officer of the unit confirms it."""

    link = models.OneToOneField(CrewLink, models.CASCADE, related_name="result")
    outcome = models.CharField(max_length=12, choices=Result.Outcome.choices)
    text = models.TextField()
    no_photo_because = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When an officer confirmed or set it aside."
    )
    is_confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="crew_result_says_something", condition=~Q(text="")
            ),
            models.CheckConstraint(
                name="crew_result_is_confirmed_at_a_moment",
                condition=Q(is_confirmed=False) | Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"What was done by {self.link}"
