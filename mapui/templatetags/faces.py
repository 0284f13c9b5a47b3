"""Five faces, from very satisfied to very dissatisfied; the words stand beside them."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.models import Score

register = template.Library()

MOUTHS = {
    Score.VERY_GOOD: "M7 13.2c.8 3 2.7 4.6 5 4.6s4.2-1.6 5-4.6Z",
    Score.GOOD: "M7.6 14.4c1 1.6 2.5 2.4 4.4 2.4s3.4-.8 4.4-2.4",
    Score.FAIR: "M8 15.4h8",
    Score.BAD: "M7.6 16.6c1-1.6 2.5-2.4 4.4-2.4s3.4.8 4.4 2.4",
    Score.VERY_BAD: "M7 17.6c.8-3 2.7-4.6 5-4.6s4.2 1.6 5 4.6Z",
}


@register.simple_tag
def face(score: Score) -> SafeString:
    """Return the face of a score, in the colour of the words beside it."""
    return format_html(
        '<svg viewBox="0 0 24 24" width="40" height="40" fill="none" '
        'stroke="currentColor" stroke-width="1.5" stroke-linecap="round" '
        'stroke-linejoin="round" aria-hidden="true"><circle cx="12" cy="12" r="10"/>'
        '<path d="M9 9.2v.9M15 9.2v.9" stroke-width="2.2"/><path d="{}"/></svg>',
        MOUTHS[score],
    )
