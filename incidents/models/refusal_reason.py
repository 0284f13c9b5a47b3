from __future__ import annotations

from django.conf import settings
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
    sms_en = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name

    @property
    def brief(self) -> str:
        """The reason in a text message, in the reader's language."""
        english = self.sms_en and get_language() == "en"
        return (self.sms_en if english else self.sms) or self.label

    @property
    def is_quarantined(self) -> bool:
        """Whether what is refused for it is to be kept from those who handle cases.

        A denunciation must not reach whom it accuses, nor those who work beside them.
        """
        return self.code in settings.CITY.quarantined_reasons
