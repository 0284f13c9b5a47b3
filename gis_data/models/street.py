from __future__ import annotations

from django.contrib.gis.db import models

from .place import SearchKeyField


class Street(models.Model):
    """A street, or an alley, by its name, as far as it lies in one place.

    A street of three wards is three rows. Where its line is known, so is where in the
    ward it runs; a list of names alone still tells in which wards to look.
    """

    name = models.CharField(max_length=200, db_collation="vi-x-icu")
    search_key = SearchKeyField(max_length=200, editable=False)
    place = models.ForeignKey("Place", models.PROTECT, related_name="streets")
    shape = models.MultiLineStringField(
        srid=4326,
        null=True,
        blank=True,
        spatial_index=False,
        help_text="Its line within the place, where one is known.",
    )
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="street_is_listed_once_in_a_place", fields=["place", "search_key"]
            ),
            models.CheckConstraint(
                name="street_has_a_name", condition=~models.Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.place}"
