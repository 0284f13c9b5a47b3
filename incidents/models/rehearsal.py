from __future__ import annotations

from django.conf import settings
from django.db import models

from gis_data.models import Edition


class Rehearsal(models.Model):
    """What a draft of the map or of the rules would have made of reports that came.

    A draft map, draft rules, or both are weighed beside what is in force; the work is
    the worker's, and its page shows how far it is.
    """

    edition = models.ForeignKey(
        Edition, models.CASCADE, null=True, blank=True, related_name="+"
    )
    rules = models.TextField(
        blank=True, help_text="A draft of the city's table of responsibilities."
    )
    since = models.DateField(help_text="Reports received from this day on.")
    on = models.DateField(
        null=True,
        blank=True,
        help_text="Weigh all on this day; empty: each on its own.",
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0, help_text="Reports to be weighed.")
    done = models.PositiveIntegerField(default=0, help_text="Weighed so far.")
    told = models.JSONField(null=True, blank=True, help_text="What came out of it.")
    failure = models.TextField(blank=True, help_text="Why it could not be told.")
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Rehearsal of {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_of_a_draft(self) -> bool:
        """Tell whether something is tried out; else what is in force is looked at."""
        return self.edition_id is not None or bool(self.rules)
