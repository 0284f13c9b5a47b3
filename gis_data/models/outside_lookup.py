from __future__ import annotations

from django.contrib.gis.db import models


class OutsideLookup(models.Model):
    """What an outside service says of one address, asked once and kept for a while.

    The address stands here only until it is answered; after that a digest finds the
    answer again for who asks the same.
    """

    digest = models.CharField(
        max_length=64, unique=True, help_text="Of the service's name and the address."
    )
    address = models.CharField(
        max_length=300, blank=True, help_text="Empty once it is answered."
    )
    asked_at = models.DateTimeField(db_index=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    point = models.PointField(srid=4326, null=True, blank=True, spatial_index=False)
    label = models.CharField(max_length=300, blank=True, help_text="In its own words.")
    doubt = models.CharField(
        max_length=32, blank=True, help_text="Why the point is not to be trusted."
    )
    failure = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outside_lookup_forgets_the_address_once_answered",
                condition=models.Q(answered_at__isnull=True) | models.Q(address=""),
            )
        ]

    def __str__(self) -> str:
        return f"lookup {self.pk}"
