from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse


def new_token() -> str:
    """Make a link so short that it can be typed, and that nobody guesses in a day."""
    return secrets.token_urlsafe(9)


class LocationLink(models.Model):
    """A link by which a caller shows where it is: once, and for some hours.

    It leads to no case: there is no code in it, and its page tells nothing of one.
    """

    report = models.ForeignKey("Report", models.CASCADE, related_name="location_links")
    event = models.OneToOneField(
        "Event",
        models.CASCADE,
        related_name="location_link",
        help_text="What was told by it.",
    )
    token = models.CharField(max_length=16, unique=True, default=new_token)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="report_has_one_location_link_unused",
                fields=["report"],
                condition=Q(used_at=None),
            ),
            models.CheckConstraint(
                name="location_link_is_used_before_it_expires",
                condition=Q(used_at=None) | Q(used_at__lt=F("expires_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"Location link {self.pk}"

    def get_absolute_url(self) -> str:
        """Where the caller shows the place."""
        return settings.SITE_URL + reverse("mapui:location", args=[self.token])
