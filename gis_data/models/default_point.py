from __future__ import annotations

from django.contrib.gis.db import models
from django.db.models import Q


class DefaultPoint(models.Model):
    """A point that maps and geocoders answer when they know no better.

    The middles of a boundary come with it, and are true as long and as far as it is;
    an office, or what a geocoder answers for the whole city, is told by a source.
    """

    class Kind(models.TextChoices):
        CENTROID = "centroid", "middle of the area"
        ON_SURFACE = "on_surface", "a point inside the area"
        BOX = "box", "middle of the box round the area"
        OFFICE = "office", "an office"
        GEOCODER = "geocoder", "what a geocoder answers"

    point = models.PointField(srid=4326)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    boundary = models.ForeignKey(
        "Boundary",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="default_points",
        help_text="The boundary it is a middle of.",
    )
    name = models.CharField(max_length=200, blank=True)
    source = models.CharField(
        max_length=200, blank=True, help_text="Who says so; empty for a middle."
    )
    recorded_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when we know; empty for a middle."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="default_point_is_a_middle_or_has_a_source",
                condition=Q(boundary__isnull=False, source="", recorded_at__isnull=True)
                | (Q(boundary__isnull=True, recorded_at__isnull=False) & ~Q(source="")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()
