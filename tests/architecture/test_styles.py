"""The look has names: colours, sizes and spaces are told once, and can be read."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings

STYLES = settings.BASE_DIR / "mapui/styles"
TOKENS = (STYLES / "tokens.css").read_text()
LINES_AT_MOST = 400
COMMENT = re.compile(r"/\*.*?\*/", re.S)
#: What gives a name, and what is given one.
NAMED = re.compile(r"(--[\w-]+):\s*([^;]+);")
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(")
SIZE = re.compile(r"(?<![\w-])font(?:-size)?:\s*([^;]+);")
#: Shades and fills that nobody reads upon; `--focus` is a ring beside its edge.
TEXT = [
    *product(["ink", "muted", "link"], ["paper", "surface", "sunken"]),
    *product(["ink", "link"], ["brand-soft"]),
    *product(["brand", "danger"], ["surface", "paper"]),
    *product(["ink"], ["danger-soft", "done-soft", "waiting-soft", "in-progress-soft"]),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("on-call", "call"),
    ("on-call", "call-deep"),
    ("on-focus", "focus"),
    ("on-sheet", "sheet"),
    ("label", "land"),
    ("label", "water"),
    *((name, f"{name}-soft") for name in ("waiting", "in-progress", "done", "refused")),
    ("danger", "danger-soft"),
]
#: Lines one has to see to know a control, or what has the focus.
LINES = [("edge", "surface"), ("edge", "paper"), ("focus-edge", "focus")]


def styles():
    return sorted(STYLES.glob("*.css"))


def words_of(path):
    return COMMENT.sub("", path.read_text())


def tokens(scheme):
    """The names and values of a scheme; what the night does not change, it keeps."""
    day, _, night = TOKENS.partition("@media screen and (prefers-color-scheme: dark)")
    named = dict(NAMED.findall(day))
    return named | dict(NAMED.findall(night)) if scheme == "dark" else named


def luminance(colour):
    """How light a colour is, as WCAG reckons it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    ]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("path", styles(), ids=lambda path: path.name)
def test_a_style_uses_only_what_has_a_name(path):
    words = words_of(path)
    nameless = NAMED.sub("", words)
    sizes = [
        size
        for size in SIZE.findall(words)
        if not re.search(r"var\(--size-|^(inherit|0)$|[\d.]+em$", size.strip())
    ]

    assert COLOUR.findall(nameless) == []
    assert sizes == []


def test_every_name_that_is_used_is_given_and_every_one_given_is_used():
    code = [
        path.read_text()
        for folder in ("mapui/elements", "mapui/templates", "mapui/templatetags")
        for path in Path(settings.BASE_DIR, folder).rglob("*")
        if path.suffix in {".ts", ".html", ".py"}
    ]
    code.append((settings.BASE_DIR / "mapui/style.py").read_text())
    words = "".join(words_of(path) for path in styles())
    used = set(re.findall(r"var\((--[\w-]+)", words))
    given = {name for name, _ in NAMED.findall(words)}

    told = {name for name in given if any(name in said for said in code)}

    assert used - given - _set_by(code) == set()
    assert {name for name, _ in NAMED.findall(TOKENS)} - used - told == set()


def _set_by(code):
    """What scripts give a value to, each on its own element."""
    return {name for said in code for name in re.findall(r"--[\w-]+", said)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_words_can_be_read_on_their_ground(scheme, ink, ground):
    named = tokens(scheme)

    assert contrast(named[f"--{ink}"], named[f"--{ground}"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), LINES)
def test_lines_that_matter_can_be_seen(scheme, line, ground):
    named = tokens(scheme)

    assert contrast(named[f"--{line}"], named[f"--{ground}"]) >= 3


@pytest.mark.parametrize("path", styles(), ids=lambda path: path.name)
def test_a_style_is_no_longer_than_one_can_read(path):
    assert len(path.read_text().splitlines()) <= LINES_AT_MOST
