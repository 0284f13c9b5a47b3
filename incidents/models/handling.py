from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Handling(models.Model):
    """One time a case was handled: from when it came, or came back, until it ended.

    All in it follows from the case's clocks, events, transfers and results, and is made
    anew from them whenever they change; nobody writes here. Minutes are those of the
    offices' working hours. What was refused as a denunciation has none, and neither has
    the case that an incident is worked on by: what was reported of the incident has.
    """

    class Ending(models.TextChoices):
        RESULT = "result", _("With a result")
        ANSWERED = "answered", _("Answered by the operators")
        REFUSED = "refused", _("Not accepted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        JOINED = "joined", _("Joined to another report")

    report = models.ForeignKey(
        "Report", models.CASCADE, related_name="handlings", db_index=False
    )
    round = models.PositiveSmallIntegerField(help_text="1, then one more a reopening.")
    opened_at = models.DateTimeField(help_text="When it came, or was reopened.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True)
    reopened_at = models.DateTimeField(null=True, help_text="After it had ended.")
    due_at = models.DateTimeField(
        null=True, help_text="Its unit's date; the citizen's where no unit's clock ran."
    )
    organisation = models.ForeignKey(
        "Organisation",
        models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="Who has it, or had it when it ended; empty: the operators.",
    )
    category = models.ForeignKey(
        "Category",
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    place = models.ForeignKey(
        "gis_data.Place",
        models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="By the boundaries of the day it came.",
    )
    current_place = models.ForeignKey(
        "gis_data.Place",
        models.CASCADE,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="By the boundaries of today.",
    )
    is_rerouted = models.BooleanField(help_text="More than one unit has had it.")
    is_paused = models.BooleanField(help_text="Its unit's clock stood still for days.")
    outcome = models.CharField(max_length=12, blank=True, help_text="Of its result.")
    is_unproven = models.BooleanField(help_text="Done on site, and no photo of it.")
    score = models.PositiveSmallIntegerField(
        null=True,
        help_text="The reporter's, of the handling; else of the answer, the reception.",
    )
    taken_minutes = models.IntegerField(
        null=True, help_text="From the transfer until its unit took it."
    )
    answered_minutes = models.IntegerField(
        null=True, help_text="From the opening to the first word to its reporter."
    )
    ended_minutes = models.IntegerField(
        null=True, help_text="From the opening to the end, without its pauses."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="case_is_handled_once_a_round", fields=["report", "round"]
            ),
            models.CheckConstraint(
                name="handling_ends_in_some_way",
                condition=Q(ended_at__isnull=True, ending="")
                | (Q(ended_at__isnull=False) & ~Q(ending="")),
            ),
        ]
        indexes = [
            models.Index(name="handling_by_opening", fields=["opened_at"]),
            models.Index(
                name="handling_by_end",
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False),
            ),
            models.Index(
                name="handling_in_hand",
                fields=["organisation", "opened_at"],
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                name="handling_of_unit_by_end", fields=["organisation", "ended_at"]
            ),
            models.Index(
                name="handling_of_unit_by_opening", fields=["organisation", "opened_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report_id}, {self.round}"


class CaseMark(models.Model):
    """A case that changed since it was last measured; the database writes it."""

    report_id = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.report_id)


class WorkedDay(models.Model):
    """How many minutes the offices work on a day, and had worked before it."""

    on = models.DateField(primary_key=True)
    minutes = models.PositiveSmallIntegerField()
    before = models.PositiveIntegerField(help_text="Since the first day kept here.")
    version = models.CharField(max_length=16, help_text="Of calendar and hours.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="worked_day_has_no_more_than_its_minutes",
                condition=Q(minutes__lte=1440),
            )
        ]

    def __str__(self) -> str:
        return f"{self.on}: {self.minutes}"
