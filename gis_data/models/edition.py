from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class EditionQuerySet(models.QuerySet["Edition"]):
    """Questions one may ask of editions."""

    def published(self) -> Self:
        """Keep what was put in force and has not been withdrawn."""
        return self.filter(published_at__isnull=False, withdrawn_at__isnull=True)

    def drafts(self) -> Self:
        """Keep what was never put in force."""
        return self.filter(published_at__isnull=True)


class Edition(models.Model):
    """One complete set of boundaries of a kind, as one publisher drew it."""

    kind = models.ForeignKey("PlaceKind", models.PROTECT, related_name="editions")
    starts_on = models.DateField(help_text="First day in force.")
    ends_on = models.DateField(
        null=True, blank=True, help_text="Last day in force, where one is known."
    )
    source = models.CharField(max_length=200)
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    is_approximate = models.BooleanField(
        default=False, help_text="A sketch: what is decided on it says so."
    )
    note = models.CharField(
        max_length=300, blank=True, help_text="By what law, or why it was redrawn."
    )
    names = models.JSONField(
        default=dict,
        blank=True,
        help_text="By code, what it calls a place now and what that was called before.",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who made the draft; empty for what a command published.",
    )
    version = models.PositiveIntegerField(
        default=1, help_text="Counts changes of a draft, so that nobody overwrites one."
    )
    published_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty while it is a draft."
    )
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="When a better map of that day took its place."
    )

    objects = EditionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="edition_starts_alone",
                fields=["kind", "starts_on"],
                condition=Q(published_at__isnull=False, withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.starts_on}"
