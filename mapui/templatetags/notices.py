"""How many notices are in a state."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def of_state(counts: Mapping[str, int], state: str) -> int:
    """Return how many there are in a state; none where none were counted."""
    return counts.get(str(state), 0)
