from __future__ import annotations

from django.db import models
from django.utils.translation import get_language


class RefusalReason(models.Model):
    """Why a report may be refused, and what the reporter is told to do instead."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    guidance = models.TextField(help_text="Offered to the operator as the text.")
    guidance_en = models.TextField(blank=True)
    sms = models.CharField(max_length=60, blank=True, help_text="Short, no diacritics.")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name
