from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class SuggestionModel(models.Model):
    """What was learnt of which words go with which category: the newest is in use.

    Numbers only, laid out as a plain archive of arrays, and told whole by their digest;
    nothing in it is run.
    """

    made_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty where a command trained it.",
    )
    arrays = models.BinaryField(help_text="Features, weights and classes.")
    sha256 = models.CharField(max_length=64)
    learnt_from = models.JSONField(help_text="How many texts of which origin.")
    figures = models.JSONField(help_text="How often it was right on texts held out.")

    def __str__(self) -> str:
        return f"Suggestions of {self.made_at:%Y-%m-%d %H:%M}"

    @property
    def version(self) -> str:
        """What tells one from another at sight."""
        return self.sha256[:10]

    def measured(self, *path: str) -> Any:
        """Return what was measured under these names, or nothing."""
        found: Any = self.figures
        for name in path:
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found
