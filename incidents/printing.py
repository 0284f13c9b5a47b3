"""Printed: a page laid out as PDF, from our own fonts and the pictures it is given.

The same as a picture is drawn from that PDF: no browser runs where the site runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from PIL import Image, ImageChops, ImageFile

#: How wide a picture of a sheet is, in dots, and how much white is kept below it.
WIDE, BELOW = 2400, 80
WHITE = (255, 255, 255)
_ONE_AT_A_TIME = Lock()
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


def picture_of(sheet: bytes) -> bytes:
    """Draw the first page of a PDF of ours as a PNG, without the white below it."""
    # Only who asks for a picture needs it.
    import pypdfium2

    # PDFium may be called by one thread at a time, whatever it is asked for.
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(sheet)
        try:
            page = document[0]
            drawn = page.render(scale=WIDE / page.get_width()).to_pil().convert("RGB")
        finally:
            document.close()
    white = Image.new("RGB", drawn.size, WHITE)
    inked = ImageChops.difference(drawn, white).getbbox()
    bottom = min(drawn.height, inked[3] + BELOW) if inked else drawn.height
    made = BytesIO()
    drawn.crop((0, 0, drawn.width, bottom)).save(made, "PNG", optimize=True)
    return made.getvalue()


@cache
def fonts() -> dict[str, bytes]:
    """Read our own fonts, once a process."""
    files = FONTS.glob("*.woff2")
    return {f"font:{each.stem}": each.read_bytes() for each in files}
