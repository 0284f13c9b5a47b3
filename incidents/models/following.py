from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .attachment import new_public_id


class Following(models.Model):
    """Somebody who met the same problem and follows its case instead of filing anew.

    Who they are, where they said so, is a sealed contact like a reporter's.
    """

    report = models.ForeignKey("Report", models.CASCADE, related_name="followings")
    token = models.CharField(
        max_length=22,
        unique=True,
        editable=False,
        default=new_public_id,
        help_text="Leads the follower, and nobody else, to where it is ended.",
    )
    client_id = models.CharField(
        max_length=64, help_text="Named by the browser: a second press counts once."
    )
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # In this order it also finds what a call led to, by its name alone.
            models.UniqueConstraint(
                name="case_is_followed_once_a_browser", fields=["client_id", "report"]
            )
        ]
        indexes = [
            models.Index(
                fields=["report"],
                name="following_still_counts",
                condition=Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"Following {self.pk} of report {self.report_id}"

    def get_absolute_url(self) -> str:
        """Where the follower sees what is followed, and ends it."""
        return settings.SITE_URL + reverse("mapui:followed", args=[self.token])
