from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.text import get_valid_filename
from django.utils.translation import gettext_lazy as _


def _kept_at(file: MapFile, name: str) -> str:
    """Give each file a folder of its own, so that it keeps its publisher's name."""
    return f"map_files/{uuid4().hex}/{get_valid_filename(Path(name).name)[-100:]}"


class MapFile(models.Model):
    """A publisher's file of boundaries or assets, on its way to the map.

    It waits on disk while the worker looks what is in it, checks it, and keeps it;
    what was asked and what was found stay with it, so that nothing is typed twice.
    """

    class What(models.TextChoices):
        BOUNDARIES = "boundaries", _("Boundaries")
        ASSETS = "assets", _("Assets")

    class Step(models.TextChoices):
        LOOK = "look", _("Its columns are being read")
        ASK = "ask", _("Waiting for you to say how to read it")
        CHECK = "check", _("It is being checked")
        REPORT = "report", _("Checked; waiting for you to read the report")
        KEEP = "keep", _("It is being kept")
        KEPT = "kept", _("Kept")

    what = models.CharField(max_length=10, choices=What.choices)
    original = models.FileField(upload_to=_kept_at, max_length=200)
    name = models.CharField(max_length=200, help_text="As its sender called it.")
    bytes = models.PositiveBigIntegerField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
    )
    sent_at = models.DateTimeField()
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.LOOK)
    since = models.DateTimeField(help_text="When this step began.")
    done = models.PositiveSmallIntegerField(
        default=0, help_text="Of the step, in per cent."
    )
    layers = models.JSONField(
        default=list, help_text="Layer by layer: its name, columns and rows."
    )
    asked = models.JSONField(
        default=dict, help_text="How it is to be read, as the form took it."
    )
    report = models.JSONField(null=True, blank=True, help_text="What was found.")
    failure = models.TextField(blank=True, help_text="Why a step came to nothing.")
    edition = models.ForeignKey(
        "Edition",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The draft it became.",
    )

    #: The steps that are the worker's.
    WORKED = frozenset({Step.LOOK, Step.CHECK, Step.KEEP})

    class Meta:
        indexes = [models.Index(name="map_file_by_day", fields=["sent_at"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.what})"

    @property
    def is_worked_on(self) -> bool:
        """Whether the worker has it in hand."""
        return self.step in self.WORKED and not self.failure
