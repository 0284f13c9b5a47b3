from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReplyTemplate(models.Model):
    """Words that are written often: somebody picks them, reads them over, sends."""

    class Purpose(models.TextChoices):
        RESULT = "result", _("Result")
        MESSAGE = "message", _("Message to the reporter")
        PROGRESS = "progress", _("Progress")
        RETURN = "return", _("Return to the operators")

    organisation = models.ForeignKey(
        "Organisation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reply_templates",
        help_text="Empty for all organisations.",
    )
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    name = models.CharField(max_length=80)
    text = models.TextField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="reply_template_is_named_once",
                fields=["organisation", "purpose", "name"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name
