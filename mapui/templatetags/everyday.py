"""By which other words people look for what the city calls by a name of its own."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def everyday_words(code: str) -> str:
    """Return the words by which a category is found too; nothing where it has none."""
    return settings.CITY.category_words.get(code, "")
