from __future__ import annotations

from django.contrib.gis.db import models
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db.models import Q


class BoundaryPiece(models.Model):
    """A small part of a boundary: what a point is looked up in.

    It repeats the days of its boundary, so that an old edition costs today nothing.
    """

    boundary = models.ForeignKey("Boundary", models.CASCADE, related_name="pieces")
    shape = models.PolygonField(srid=4326)
    validity = DateRangeField()
    recorded = DateTimeRangeField()

    class Meta:
        indexes = [
            GistIndex(
                name="piece_known_today",
                fields=["shape", "validity"],
                condition=Q(recorded__upper_inf=True),
            )
        ]

    def __str__(self) -> str:
        return f"Piece {self.pk} of boundary {self.boundary_id}"
