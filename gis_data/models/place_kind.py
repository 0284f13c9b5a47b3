from django.db import models


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
