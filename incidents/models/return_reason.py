from __future__ import annotations

from django.db import models
from django.utils.translation import get_language


class ReturnReason(models.Model):
    """Why a unit may give a case back to the operators; a list that the city keeps."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name
