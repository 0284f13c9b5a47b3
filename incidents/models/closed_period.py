from __future__ import annotations

from django.db import models
from django.db.models import Q

from gis_data.models import Place

from .category import Category
from .organisation import Organisation


class ClosedPeriod(models.Model):
    """A period of the figures that is over, with what was known when it closed."""

    code = models.CharField(max_length=7, unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField()
    calendar_version = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="period_closes_once_it_is_over",
                condition=Q(closed_at__gte=models.F("until")),
            )
        ]

    def __str__(self) -> str:
        return self.code


class _Told(models.Model):
    """Figures of a period: of all, or of one unit, ward or category, or two of them."""

    period = models.ForeignKey(ClosedPeriod, models.PROTECT, related_name="+")
    by = models.CharField(max_length=40, help_text="What it is told by; empty: in all.")
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    place = models.ForeignKey(Place, models.PROTECT, null=True, related_name="+")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+")
    figures = models.JSONField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.period_id} {self.by}"


class ClosedFigures(_Told):
    """Figures as they were when their period closed; nothing changes them after."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="figures_of_a_period_close_once",
                fields=["period", "by", "unit", "place", "category"],
                nulls_distinct=False,
            )
        ]


class Correction(_Told):
    """What a closed figure would be by what has come to be known since, and since when.

    It stands beside the figure that it corrects, and never in its place.
    """

    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="figures_are_corrected_once_a_moment",
                fields=["period", "by", "unit", "place", "category", "noted_at"],
                nulls_distinct=False,
            )
        ]
