from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class PlaceSuccession(models.Model):
    """From a day on, what was one place lies, in whole or in part, in another.

    The law names the pair, or our map shows it, or both: so a code from before a
    reform still finds what is there now.
    """

    predecessor = models.ForeignKey(
        "Place", models.PROTECT, related_name="place_successions"
    )
    successor = models.ForeignKey("Place", models.PROTECT, related_name="place_origins")
    on = models.DateField(help_text="First day the successor is in force.")
    share = models.FloatField(
        null=True,
        blank=True,
        help_text="Of the predecessor's ground, as measured; empty if unmeasured.",
    )
    is_official = models.BooleanField(
        default=False, help_text="Named by the table of the reform."
    )
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="place_succeeds_another_once_a_day",
                fields=["predecessor", "successor", "on"],
            ),
            models.CheckConstraint(
                name="place_succession_has_a_share_of_one_at_most",
                condition=Q(share__isnull=True) | Q(share__range=(0, 1)),
            ),
            models.CheckConstraint(
                name="place_does_not_succeed_itself",
                condition=~Q(predecessor=F("successor")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"
