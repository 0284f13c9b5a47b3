from __future__ import annotations

from django.contrib.gis.db import models


class BoundaryDrawing(models.Model):
    """A boundary as a map of some zoom shows it: what tiles are made of."""

    #: A drawing serves its zoom and those below it, down to the next drawing.
    ZOOMS = (7, 9, 11, 13, 22)

    boundary = models.ForeignKey("Boundary", models.CASCADE, related_name="drawings")
    zoom = models.PositiveSmallIntegerField()
    shape = models.MultiPolygonField(srid=3857)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="boundary_is_drawn_once_a_zoom", fields=["boundary", "zoom"]
            )
        ]

    def __str__(self) -> str:
        return f"Drawing of boundary {self.boundary_id} for zoom {self.zoom}"
