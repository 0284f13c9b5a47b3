from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q


class BoundaryEdge(models.Model):
    """A stretch of a boundary's line: what the way to the nearest border is taken to.

    The cuts between the pieces of one boundary are no borders, so they are not here.
    """

    boundary = models.ForeignKey("Boundary", models.CASCADE, related_name="edges")
    line = models.LineStringField(srid=4326)
    validity = DateRangeField()
    recorded = DateTimeRangeField()

    class Meta:
        indexes = [
            GistIndex(
                name="edge_known_today",
                fields=["line", "validity"],
                condition=Q(recorded__upper_inf=True),
            )
        ]

    def __str__(self) -> str:
        return f"Edge {self.pk} of boundary {self.boundary_id}"
