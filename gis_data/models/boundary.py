from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    DateRangeField,
    DateTimeRangeField,
    RangeOperators,
)
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q


class BoundaryQuerySet(models.QuerySet["Boundary"]):
    """Questions one may ask of the map. Each answer chains into the next."""

    def known(self, *, at: datetime | None = None) -> Self:
        """Keep what we held to be true at that moment, or hold to be true today."""
        if at is None:
            return self.filter(recorded__upper_inf=True)
        return self.filter(recorded__contains=at)

    def in_force(self, *, on: date) -> Self:
        return self.filter(validity__contains=on)


class BoundaryManager(models.Manager["Boundary"]):
    """Leave the heavy shape in the table: ask for it with `defer(None)`."""

    def get_queryset(self) -> BoundaryQuerySet:
        return BoundaryQuerySet(self.model, using=self._db).defer("shape")

    def known(self, *, at: datetime | None = None) -> BoundaryQuerySet:
        return self.get_queryset().known(at=at)


class Boundary(models.Model):
    """Where a place was between two days, as we knew it between two moments.

    A redrawn boundary is a new row for the same place, so a report filed in May
    is for ever located by the map of May. What has been recorded is never edited.
    """

    place = models.ForeignKey("Place", models.PROTECT, related_name="boundaries")
    edition = models.ForeignKey("Edition", models.PROTECT, related_name="boundaries")
    shape = models.MultiPolygonField(srid=4326)
    validity = DateRangeField(help_text="First day in force, first day no longer.")
    recorded = DateTimeRangeField(
        default=DateTimeTZRange(empty=True),
        help_text="When we held it to be true; the empty range for a draft.",
    )

    objects = BoundaryManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="boundary_shape_is_valid", condition=Q(shape__isvalid=True)
            ),
            ExclusionConstraint(
                name="place_has_one_boundary_a_day",
                expressions=[
                    ("place", RangeOperators.EQUAL),
                    ("validity", RangeOperators.OVERLAPS),
                    ("recorded", RangeOperators.OVERLAPS),
                ],
                condition=Q(recorded__isempty=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.validity}"
