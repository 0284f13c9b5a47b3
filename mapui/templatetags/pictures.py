"""What a branch of categories looks like: a drawing beside its words."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

PICTURES = {
    "bolt": "M13 2.5 5 13.5h6l-1 8 8-11h-6l1-8Z",
    "tap": "M4 7h9a4 4 0 0 1 4 4v2h-4v-2H4zM8.5 7V4M6 4h5"
    "M15 16.5s-1.8 2.3-1.8 3.4a1.8 1.8 0 0 0 3.6 0c0-1.1-1.8-3.4-1.8-3.4Z",
    "drain": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM8 7.5v9M12 6v12M16 7.5v9",
    "lamp": "M8 21V6.5A3.5 3.5 0 0 1 11.5 3H14M12.5 3h7l-1.2 4h-4.6l-1.2-4ZM5 21h6"
    "M14.5 10l-1 3M16 10v3.5M17.5 10l1 3",
    "tree": "M12 21v-7M12 3a5 5 0 0 0-4.8 6.3A4 4 0 0 0 8 17h8a4 4 0 0 0 .8-7.7A5 "
    "5 0 0 0 12 3Z"
    "M12 14l2.5-2.5",
    "mast": "M12 9v12M8.5 21 12 9l3.5 12M12 9a1.8 1.8 0 1 0 0-3.6A1.8 1.8 0 0 0 12 9Z"
    "M7.5 11a5.5 5.5 0 0 1 0-7.5M16.5 11a5.5 5.5 0 0 0 0-7.5",
    "road": "M7.5 3 3.5 21M16.5 3l4 18M12 4v3M12 10.5v3M12 17v3",
    "lights": "M8 3h8v18H8zM12 8.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z"
    "M12 13.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM12 18.5a1.5 1.5 0 1 0 0-3 1.5 "
    "1.5 0 0 0 0 3Z",
    "shop": "M4 10v10h16V10M3 6.5 5 3.5h14l2 3v1.5a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 "
    "0 0 1-6 0zM10 20v-6h4v6",
    "bin": "M5 7h14M9.5 7V4h5v3M6.5 7l1 14h9l1-14M10 10.5v7M14 10.5v7",
    "health": "M12 20.5S3.5 15.5 3.5 9.3A4.6 4.6 0 0 1 12 6.9a4.6 4.6 0 0 1 8.5 2.4"
    "c0 6.2-8.5 11.2-8.5 11.2ZM12 9.5v5M9.5 12h5",
    "suitcase": "M4 8h16v12H4zM9 8V4.5h6V8M9 8v12M15 8v12",
    "hall": "M3.5 9 12 4l8.5 5zM5.5 9v9M10 9v9M14 9v9M18.5 9v9M3.5 21h17M4.5 18h15",
    "more": "M6 13.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4Z"
    "M12 13.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4ZM18 13.2a1.2 1.2 0 1 0 0-2.4 "
    "1.2 1.2 0 0 0 0 2.4Z",
}


@register.simple_tag
def picture(code: str) -> SafeString:
    """Return the drawing that the city gave to a branch, or the one for the rest."""
    name = settings.CITY.pictures.get(code, "more")
    return format_html(
        '<svg viewBox="0 0 24 24" width="28" height="28" fill="none" '
        'stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" '
        'stroke-linecap="round" aria-hidden="true"><path d="{}"/></svg>',
        PICTURES.get(name, PICTURES["more"]),
    )
