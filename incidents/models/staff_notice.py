from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .outgoing import Outgoing, OutgoingQuerySet


class StaffNotice(Outgoing):
    """One e-mail owed to one of the staff, about one event or one export that waits."""

    event = models.ForeignKey(
        "Event", models.CASCADE, null=True, blank=True, related_name="staff_notices"
    )
    export = models.ForeignKey(
        "CaseExport",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="staff_notices",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="staff_notices"
    )

    objects = OutgoingQuerySet["StaffNotice"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            models.UniqueConstraint(
                name="staff_hear_of_an_event_once", fields=["event", "user"]
            ),
            models.UniqueConstraint(
                name="staff_hear_of_an_export_once", fields=["export", "user"]
            ),
            models.CheckConstraint(
                name="staff_notice_is_about_one_thing",
                condition=Q(event__isnull=False, export__isnull=True)
                | Q(event__isnull=True, export__isnull=False),
            ),
            *Outgoing.Meta.constraints,
        ]

    def __str__(self) -> str:
        about = (
            f"Event {self.event_id}" if self.event_id else f"Export {self.export_id}"
        )
        return f"{about} to {self.user_id}"


class Digest(Outgoing):
    """The morning's letter to one person of a unit: what is late, due and new."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests"
    )
    on = models.DateField()

    objects = OutgoingQuerySet["Digest"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            models.UniqueConstraint(
                name="digest_comes_once_a_day", fields=["user", "on"]
            ),
            *Outgoing.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"Digest of {self.on} to {self.user_id}"


class WeeklyLetter(Outgoing):
    """The letter about a week that is over, to one person who leads."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="weekly_letters"
    )
    week = models.DateField(help_text="The Monday on which the week began.")

    objects = OutgoingQuerySet["WeeklyLetter"].as_manager()

    class Meta(Outgoing.Meta):
        constraints = [
            models.UniqueConstraint(
                name="weekly_letter_comes_once_a_week", fields=["user", "week"]
            ),
            *Outgoing.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"Letter about the week of {self.week} to {self.user_id}"


class NoWeeklyLetter(models.Model):
    """That somebody who leads wants no weekly letter; where there is none, they do."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="no_weekly_letter"
    )
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"No weekly letter to {self.user_id}"
