"""Drawings that stand beside words, never in their place; and the four shapes."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.models.status import StatusGroup

register = template.Library()

DRAWINGS = {
    "map": "M9 4 3.5 6.5v13L9 17l6 3 5.5-2.5v-13L15 7 9 4Zm0 0v13m6-10v13",
    "layers": "M12 4 3 9l9 5 9-5-9-5ZM3.5 14.5 12 19l8.5-4.5",
    "report": "M12 21s-7-6.2-7-11.5a7 7 0 0 1 14 0C19 14.8 12 21 12 21Z"
    "M12 6.5v6m-3-3h6",
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM20 20l-4.8-4.8",
    "work": "M4 8h16v11H4zM9 8V5h6v3M4 13h16",
    "pin": "M12 21s-7-6.2-7-11.5a7 7 0 0 1 14 0C19 14.8 12 21 12 21Z"
    "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
    "gps": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v4m0 12v4M2 12h4m12 0h4",
    "phone": "M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3"
    "A15 15 0 0 1 3 6a3 3 0 0 1 3-3Z",
    "camera": "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 "
    "0-6.4 3.2 3.2 0 0 0 0 6.4Z",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "lock": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 15v2",
    "clock": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2",
    "alert": "M12 3.5 22 20H2L12 3.5ZM12 10v4.5M12 17v.5",
    "close": "M6 6l12 12M18 6 6 18",
    "copy": "M9 9h11v11H9zM15 9V4H4v11h5",
    "print": "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20a7.5 7.5 0 0 1 15 0",
    "people": "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19.5a6.5 6.5 0 0 1 13 0"
    "M16 4.8a3.5 3.5 0 0 1 0 6.4M18 13.6a6.5 6.5 0 0 1 3.5 5.9",
    "figures": "M4 20V11m5.5 9V4m5.5 16v-7m5 7V8",
    "download": "M12 3.5V15m0 0-4-4m4 4 4-4M5 16v4h14v-4",
    "list": "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.5M4 12h.5M4 17.5h.5",
    "way": "M12 3 21 12l-9 9-9-9 9-9ZM9.5 14.5v-3h5m-2-2 2 2-2 2",
    "message": "M4 5h16v11H9.5L5 19.5V16H4z",
    "bell": "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15L6 16.5ZM10 20.5h4",
    "again": "M5 12a7 7 0 1 1 2.2 5.1M5 19v-4.5h4.5",
    "star": "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8Z",
    "mail": "M3.5 5.5h17v13h-17zM3.5 7l8.5 6.5L20.5 7",
    "share": "M12 15V3.5m0 0L8 7.5m4-4 4 4M6 11H5v9.5h14V11h-1",
    "more": "M4 6.5h16M4 12h16M4 17.5h16",
    "empty": "M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 2.5h3L15 13h5",
}
SHAPES = {
    StatusGroup.WAITING: "M7 1a6 6 0 1 0 0 12A6 6 0 0 0 7 1Z",
    StatusGroup.IN_PROGRESS: "M7 0l7 7-7 7-7-7z",
    StatusGroup.DONE: "M2 1h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H2a1 1 0 0 1-1-1V2"
    "a1 1 0 0 1 1-1Z",
    StatusGroup.REFUSED: "M7 1l7 12H0z",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return a drawing in the colour of the words beside it."""
    return format_html(
        '<svg viewBox="0 0 24 24" width="24" height="24" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" '
        'stroke-linecap="round" aria-hidden="true"><path d="{}"/></svg>',
        DRAWINGS[name],
    )


@register.simple_tag
def shape(group: str) -> SafeString:
    """Return the shape that a status has on the map."""
    return format_html(
        '<svg class="shape" viewBox="0 0 14 14" aria-hidden="true">'
        '<path d="{}"/></svg>',
        SHAPES[StatusGroup(group)],
    )


@register.simple_tag
def status_badge(group: str) -> SafeString:
    """Return the one of four words a status is told by, with its shape."""
    return format_html(
        '<span class="badge is-{}">{}{}</span>',
        group,
        shape(group),
        StatusGroup(group).label,
    )


@register.simple_tag
def mark() -> SafeString:
    """Return the sign of the site: a pin over the bends of a river."""
    return mark_safe(
        '<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">'
        '<path fill="currentColor" d="M16 2C9.4 2 4.5 6.9 4.5 13.3 4.5 21.6 '
        '16 30 16 30s11.5-8.4 11.5-16.7C27.5 6.9 22.6 2 16 2Z"/>'
        '<path fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round" '
        'd="M8.5 17.5c2.6-2.4 4.4 1.7 7.2.2s3.2-3.4 7.8-1.7"/>'
        '<circle class="mark-dot" cx="16" cy="9.6" r="3.4"/></svg>'
    )
