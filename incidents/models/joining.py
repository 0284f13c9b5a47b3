from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Joining(models.Model):
    """That a case goes along with another, and what it was before, to be put back.

    `into` is the case it was joined to by a person. Where that goes along with a third
    one itself, the whole branch does, and comes away whole again.
    """

    class Kind(models.TextChoices):
        DUPLICATE = "duplicate", _("Of the very same thing")
        INCIDENT = "incident", _("Part of an incident")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    report = models.ForeignKey("Report", models.CASCADE, related_name="joinings")
    into = models.ForeignKey("Report", models.CASCADE, related_name="joined")
    was = models.CharField(max_length=16, help_text="Its state until then.")
    approval = models.CharField(
        max_length=12, blank=True, default="", help_text="Whose it awaited until then."
    )
    awaited_arbiter = models.BooleanField(default=False)
    clocks = ArrayField(
        models.BigIntegerField(), help_text="Those that ran, and stand still for it."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_goes_along_with_one_other_at_a_time",
                fields=["report"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="case_does_not_go_along_with_itself",
                condition=~Q(report=F("into")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id} with {self.into_id}"
