from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class MapChange(models.Model):
    """One thing done to the map, when and by whom; it is only added to."""

    class Code(models.TextChoices):
        FILE_SENT = "file_sent", _("File sent")
        FILE_DROPPED = "file_dropped", _("File thrown away")
        DRAFT_KEPT = "draft_kept", _("Draft made")
        DRAFT_DRAWN = "draft_drawn", _("Draft redrawn")
        DRAFT_DISCARDED = "draft_discarded", _("Draft thrown away")
        ACTIVATED = "activated", _("Put in force")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        ASSETS_KEPT = "assets_kept", _("Assets kept")
        ASSET_DRAWN = "asset_drawn", _("Asset drawn")

    code = models.CharField(max_length=16, choices=Code.choices)
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="Who did it.",
    )
    edition = models.ForeignKey(
        "Edition",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="changes",
        help_text="Empty for assets, and for a draft that is no more.",
    )
    arguments = models.JSONField(
        default=dict, help_text="Kind, days, source, and how much changed."
    )

    def __str__(self) -> str:
        return f"{self.code}: {self.arguments.get('kind', '')}"

    @property
    def about(self) -> str:
        """What it was done to: a place, or else the file or kind."""
        said = (
            self.arguments.get(each) for each in ("place", "code", "source", "kind")
        )
        return str(next(filter(None, said), ""))
