"""The address of a case as a QR code, drawn within the page."""

from __future__ import annotations

import segno
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def qr(address: str) -> SafeString:
    """Return a QR code of an address, black on white also at night, or none reads it.

    An eighth of it may be dirty or torn and it still leads there.
    """
    made = segno.make_qr(address, error="m")
    drawn = made.svg_inline(
        border=4,
        dark="#000",
        light="#fff",
        omitsize=True,
        svgclass="qr-code",
        lineclass=None,
    )
    return mark_safe(drawn)  # noqa: S308 Drawn from squares; the address is not in it.
