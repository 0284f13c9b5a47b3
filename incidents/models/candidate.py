from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Candidate(models.Model):
    """A unit that was asked, with others, whether a case is its own.

    Where nobody can tell from the place whose a cable is, all who may own it are asked
    at once: the first to take the case up has it.
    """

    class Answer(models.TextChoices):
        TOOK_IT_UP = "took_it_up", _("Took it up")
        NOT_OURS = "not_ours", _("Says that it is not theirs")

    report = models.ForeignKey("Report", models.CASCADE, related_name="candidates")
    organisation = models.ForeignKey("Organisation", models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="candidate_is_asked_once_until_it_answers",
                fields=["report", "organisation"],
                condition=models.Q(answer=""),
            )
        ]
        indexes = [
            models.Index(
                name="candidate_yet_to_answer",
                fields=["organisation", "report"],
                condition=models.Q(answer=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} for {self.report_id}"
