from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleChange(models.Model):
    """One thing done to what somebody may do, and by whom; it is only added to."""

    class Code(models.TextChoices):
        INVITED = "invited", _("Invited")
        INVITED_AGAIN = "invited_again", _("Invitation sent again")
        GRANTED = "granted", _("Role given")
        CHANGED = "changed", _("Role changed")
        ENDED = "ended", _("Role ended")
        DEPUTISED = "deputised", _("Named to stand in")
        HANDED_OVER = "handed_over", _("Work handed over")
        SWITCHED_OFF = "switched_off", _("Account switched off")
        SWITCHED_ON = "switched_on", _("Account switched on again")
        FACTORS_RESET = "factors_reset", _("Second factor taken off")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="role_changes"
    )
    code = models.CharField(max_length=16, choices=Code.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="Who did it.",
    )
    organisation = models.ForeignKey(
        "Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    role = models.CharField(max_length=16, blank=True)
    arguments = models.JSONField(
        default=dict, help_text="Days, the role before, how much was handed over."
    )

    def __str__(self) -> str:
        return f"{self.code}: {self.user}"
