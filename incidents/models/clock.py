from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Target(models.TextChoices):
    """What a shorter time than the law's is set for, inside the house."""

    ACCEPT = "accept", _("the operators pass it on")
    ACKNOWLEDGE = "acknowledge", _("the unit takes it")
    SAFE = "safe", _("the danger is over")
    DONE = "done", _("it is done")
    ANSWER = "answer", _("the first answer is given")


class ClockQuerySet(models.QuerySet["Clock"]):
    """Which clocks run, and for whom. Each answer chains into the next."""

    def running(self) -> Self:
        return self.filter(stopped_at__isnull=True)

    def legal(self) -> Self:
        """Keep what the law or a promise sets, and no internal target."""
        return self.exclude(party=Clock.Party.TARGET)

    def late(self, *, at: datetime) -> Self:
        """Keep what runs still and is past its date."""
        return self.running().filter(due_at__lt=at)


class Clock(models.Model):
    """Time that runs on a case: the citizen's, the unit's, or an internal target's.

    Late is computed from it and never typed. A target is never a deadline.
    """

    class Party(models.TextChoices):
        CITIZEN = "citizen", _("The citizen's")
        UNIT = "unit", _("The unit's")
        TARGET = "target", _("An internal target")

    report = models.ForeignKey("Report", models.CASCADE, related_name="clocks")
    party = models.CharField(max_length=8, choices=Party.choices)
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    step = models.CharField(
        max_length=16,
        choices=Target.choices,
        blank=True,
        default="",
        db_default="",
        help_text="Which step a target is for.",
    )
    rule = models.ForeignKey("DeadlineRule", models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    counted_from = models.DateTimeField(
        null=True, blank=True, help_text="Where the time is not counted from its start."
    )
    due_at = models.DateTimeField()
    is_firm = models.BooleanField(help_text="Off while the date is only expected.")
    calendar_version = models.CharField(max_length=16)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="citizen_has_one_clock_a_case",
                fields=["report"],
                condition=Q(party="citizen"),
            ),
            models.UniqueConstraint(
                name="one_unit_clock_runs_at_a_time",
                fields=["report"],
                condition=Q(party="unit", stopped_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="one_target_of_a_step_runs_at_a_time",
                fields=["report", "step"],
                condition=Q(party="target", stopped_at__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_of_a_unit_names_it",
                condition=~Q(party="unit") | Q(organisation__isnull=False),
            ),
            models.CheckConstraint(
                name="target_names_its_step_and_is_no_firm_deadline",
                condition=Q(party="target", is_firm=False) & ~Q(step="")
                | ~Q(party="target") & Q(step=""),
            ),
            models.CheckConstraint(
                name="clock_is_due_after_it_starts",
                condition=Q(due_at__gte=F("started_at")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "due_at"],
                name="clock_running_by_due_date",
                condition=Q(stopped_at__isnull=True),
            ),
            models.Index(
                fields=["due_at"],
                name="clock_running_by_moment_due",
                condition=Q(stopped_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_party_display()} {self.due_at:%Y-%m-%d}"

    @property
    def is_target(self) -> bool:
        return self.party == self.Party.TARGET

    @property
    def counts_from(self) -> datetime:
        """From when the time is counted: a firm date from the first transfer on."""
        return self.counted_from or self.started_at


class ClockPause(models.Model):
    """From a moment to a day the unit's clock stood still, for a reason given."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="pauses")
    event = models.ForeignKey("Event", models.CASCADE, related_name="+")
    began_at = models.DateTimeField()
    until = models.DateField(help_text="The day on which it ends by itself.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="clock_is_paused_once_at_a_time",
                fields=["clock"],
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="pause_ends_after_it_begins",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"Clock {self.clock_id} until {self.until}"


class Extension(models.Model):
    """More working days for a unit, once a clock, granted by who leads it."""

    clock = models.OneToOneField(Clock, models.CASCADE, related_name="extension")
    event = models.ForeignKey("Event", models.CASCADE, related_name="+")
    working_days = models.PositiveSmallIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="extension_gives_a_day_or_more",
                condition=Q(working_days__gte=1),
            )
        ]

    def __str__(self) -> str:
        return f"Clock {self.clock_id}: {self.working_days} days more"
