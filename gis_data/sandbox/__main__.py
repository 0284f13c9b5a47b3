"""The process that reads a file from outside: knows no secret and no database.

Run by its path with `python -I`; asked by a line of JSON, it answers in frames.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Give up what is not needed, then read, then hand back."""
    sys.path.insert(0, str(ROOT))
    asked = json.loads(sys.stdin.buffer.readline())

    import django
    from django.conf import settings
    from django.utils import translation

    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "accounts",
            "gis_data",
        ],
        AUTH_USER_MODEL="accounts.User",
        LANGUAGE_CODE=asked["language"],
        LANGUAGES=[(asked["language"], asked["language"])],
        LOCALE_PATHS=[ROOT / "locale"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        GDAL_LIBRARY_PATH=asked["gdal"],
        GEOS_LIBRARY_PATH=asked["geos"],
        USE_TZ=True,
    )
    django.setup()
    translation.activate(asked["language"])

    from gis_data.sandbox.reading import answer

    answer(asked, sys.stdout.buffer, code=(ROOT / "gis_data", ROOT / "locale"))


if __name__ == "__main__":
    main()
