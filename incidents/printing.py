"""Printed: a page laid out as PDF, from our own fonts and the pictures it is given."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from PIL import ImageFile

FONTS = Path(settings.BASE_DIR) / "mapui" / "styles" / "fonts"


def print_page(page: str, photos: Mapping[str, bytes]) -> bytes:
    """Lay a page out as PDF, from the photos given and our own files."""
    # Laying out needs much that no other page does: it is loaded by who prints.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    # It lets Pillow read broken pictures, for the whole process: what citizens send
    # is looked at there too, and must not be.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    class Ours(URLFetcher):  # type: ignore[misc]
        """Gives what is ours by its name; no address leads anywhere."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            given = {**fonts(), **photos}.get(url)
            if given is None:
                raise ValueError("Nothing is fetched for what is printed.")
            kind = "font/woff2" if url.startswith("font:") else "image/jpeg"
            return URLFetcherResponse(url, given, {"Content-Type": kind})

    made: bytes = HTML(string=page, url_fetcher=Ours()).write_pdf()
    return made


@cache
def fonts() -> dict[str, bytes]:
    """Read our own fonts, once a process."""
    files = FONTS.glob("*.woff2")
    return {f"font:{each.stem}": each.read_bytes() for each in files}
