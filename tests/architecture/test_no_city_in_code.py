"""What is of one city lies in its folder: code names neither it nor its telephones."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

#: Of a city: its folder, tests of it, what people read of it, figures measured on it.
ELSEWHERE = ("cities/", "tests/", "docs/", "benchmarks/")
NAMES = re.compile(r"(?<![0-9A-Za-z])1022(?!\d)|h[ồôo] ch[íi] minh|\+84", re.IGNORECASE)
#: Codes and pictures hold figures by chance; what is locked is named by others.
NOT_WRITTEN = (".woff2", ".png", ".ico", ".jpg", ".svg", ".lock", "package-lock.json")


def written_here():
    """All files of the project that somebody writes and that are not documents."""
    root = Path(settings.BASE_DIR)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith(ELSEWHERE) or name.endswith((".md", *NOT_WRITTEN)):
            continue
        if (root / name).is_file():
            yield name, (root / name).read_text("utf8")


def test_no_city_is_named_in_code_templates_styles_or_translations():
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in written_here()
        for number, line in enumerate(text.splitlines(), start=1)
        if NAMES.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("line", "is_named"),
    [
        ("call 1022", True),
        ("Bản đồ 1022", True),
        ("bando-1022", True),
        ("thành phố Hồ Chí Minh", True),
        ("Ho Chi Minh City", True),
        ("tel:+84 28", True),
        ("at 10222 or 31022", False),
        ("Asia/Ho_Chi_Minh", False),
    ],
)
def test_a_name_is_found_wherever_it_stands(line, is_named):
    assert bool(NAMES.search(line)) is is_named
