from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .secret_link import SecretLink

#: No link holds longer: a room that still wants one is given a new one.
LASTS_AT_MOST = timedelta(days=90)


class WallLink(SecretLink):
    """A way for a screen in a room to show the figures of the city, or of one unit.

    Who has it reads sums, and can do nothing. That it was made and taken back is kept.
    """

    name = models.CharField(max_length=80, help_text="Of the room, for colleagues.")
    organisation = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose figures it shows; empty for the whole city.",
    )
    language = models.CharField(max_length=8, help_text="What the screen says it in.")
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    last_seen_at = models.DateTimeField(
        null=True, blank=True, help_text="About when a screen last asked by it."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="wall_link_has_the_name_of_a_room", condition=~Q(name="")
            ),
            models.CheckConstraint(
                name="wall_link_expires_within_90_days",
                condition=Q(expires_at__gt=F("made_at"))
                & Q(expires_at__lte=F("made_at") + LASTS_AT_MOST),
            ),
            models.CheckConstraint(
                name="wall_link_is_taken_back_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Wall link {self.pk}"
