from django.db import models
from django.utils.translation import get_language


class PlaceKind(models.Model):
    """A level of government, or a territory that follows no level."""

    code = models.SlugField(unique=True)
    rank = models.PositiveSmallIntegerField(
        unique=True,
        null=True,
        blank=True,
        help_text="Larger is more local. Empty for a territory: it cuts across levels.",
    )
    name = models.CharField(max_length=100, blank=True)
    name_en = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name or self.code
