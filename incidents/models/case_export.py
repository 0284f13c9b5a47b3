from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _


def place_of(export: CaseExport, filename: str) -> str:
    """Return where the file lies: under a name that nobody can guess."""
    return f"exports/{export.pk}-{get_random_string(24)}.csv"


def kept_apart() -> Any:
    """Return the storage of private files; no address of the site leads into it."""
    return storages["default"]


class CaseExport(models.Model):
    """A list of cases with who reported them: asked for by one, let out by another."""

    class Answer(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DENIED = "denied", _("Not approved")

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    since = models.DateField(help_text="The first day on which the cases came.")
    until = models.DateField(help_text="The last day on which they came.")
    category = models.ForeignKey(
        "Category", models.PROTECT, null=True, blank=True, related_name="+"
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    count = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to=place_of, storage=kept_apart, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="export_with_contacts_says_why", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="export_is_of_days_in_their_order",
                condition=Q(since__lte=F("until")),
            ),
            models.CheckConstraint(
                name="export_is_answered_by_a_second_person",
                condition=Q(
                    answer="", answered_by__isnull=True, answered_at__isnull=True
                )
                | (
                    Q(answered_by__isnull=False, answered_at__isnull=False)
                    & ~Q(answer="")
                    & ~Q(answered_by=F("asked_by"))
                ),
            ),
            models.CheckConstraint(
                name="export_is_made_only_once_approved",
                condition=Q(made_at__isnull=True, file="")
                | Q(answer="approved", ends_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="export_latest_first")]

    def __str__(self) -> str:
        return f"Export {self.pk}"
