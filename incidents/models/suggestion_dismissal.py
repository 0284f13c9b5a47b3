from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from gis_data.models import Place

from .category import Category
from .organisation import Organisation


class SuggestionDismissal(models.Model):
    """That corrections of one kind call for no rule; what comes after counts anew."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+"
    )
    corrects = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="suggestion_is_dismissed_with_a_reason", condition=~Q(reason="")
            )
        ]
        indexes = [
            models.Index(
                name="dismissal_by_what_it_is_of",
                fields=["category", "corrects", "organisation"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.corrects} → {self.organisation}"
