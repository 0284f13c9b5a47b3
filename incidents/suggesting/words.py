"""What is looked at in a text: its words and parts of words, with and without marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from unicodedata import combining, normalize

WORD = re.compile(r"[^\W\d_]+")
#: So long the parts of a word are, its ends counted.
PARTS = (2, 3, 4)
#: Nobody needs more than this to say what it is about.
LETTERS_AT_MOST = 2000


def folded(text: str) -> str:
    """Return a text as it is typed without marks: “Đường ngập” is “duong ngap”."""
    apart = normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in apart if not combining(letter))


def words_of(text: str) -> list[str]:
    """Return the words of a text, small; numbers and signs are none."""
    return WORD.findall(normalize("NFC", text[:LETTERS_AT_MOST]).lower())


def features(text: str) -> list[str]:
    """Return all that is looked at in a text, as often as it stands there.

    Without marks for everybody, and with them again where somebody typed them: so the
    two ways of writing meet, and marks still tell “cống” from “cổng”.
    """
    marked = words_of(text)
    plain = [folded(word) for word in marked]
    found = [*plain, *_pairs(plain), *_parts(plain)]
    if marked != plain:
        found += [f"~{each}" for each in (*marked, *_pairs(marked))]
    return found


def _pairs(words: list[str]) -> Iterator[str]:
    return (f"{one} {other}" for one, other in pairwise(words))


def _parts(words: list[str]) -> Iterator[str]:
    """Cut words into parts, which stay alike where a letter is mistyped."""
    for word in words:
        whole = f"<{word}>"
        for length in PARTS:
            for start in range(len(whole) - length + 1):
                yield f"={whole[start : start + length]}"
