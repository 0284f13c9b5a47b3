from __future__ import annotations

from django.db import models
from django.db.models import Q

from .outgoing import Outgoing, OutgoingQuerySet


class OneTimeCode(Outgoing):
    """Six digits that prove whose contact it is: hashed, few tries, short-lived."""

    index = models.CharField(
        max_length=64, db_index=True, help_text="The blind index of the contact."
    )
    sealed = models.BinaryField(help_text="Address and code for the worker, encrypted.")
    digest = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    channel = models.CharField(
        max_length=8,
        choices=Outgoing.Channel.choices,
        default=Outgoing.Channel.EMAIL,
    )
    asked_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingQuerySet["OneTimeCode"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            *Outgoing.Meta.constraints,
            models.CheckConstraint(
                name="one_time_code_expires_after_it_was_asked",
                condition=Q(expires_at__gt=models.F("asked_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"One-time code {self.pk}"
