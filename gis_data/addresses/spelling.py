"""How a name is typed: without diacritics, by raw key strokes, with a slip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

#: A house number with strokes, with a letter or a span; else letters, else digits.
SIGNS = re.compile(
    r"\d+[^\W\d_]{0,2}(?:/\d+[^\W\d_]{0,2})+|\d+|[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*"
)
VOWELS = "aeiouy"
#: Telex marks a tone or the shape of a vowel by a letter that follows it.
TELEX_MARKS = str.maketrans("", "", "sfrxjzw")
DOUBLED = re.compile(r"([aeo])([^aeo]*)\1")
#: VNI marks a vowel, or a d, by digits that follow it; “p12” has none.
VNI = re.compile(r"(?<=[aeiouyd])[1-9]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One word or number of what was typed, and where it stands in it."""

    raw: str
    word: str  #: As one types it without diacritics.
    start: int
    end: int
    is_joined: bool  #: Nothing stands between it and the word before.
    after_comma: bool

    @property
    def is_number(self) -> bool:
        return self.word[0].isdigit()


def fold(text: str) -> str:
    """Return a text as one types it without diacritics."""
    apart = normalize("NFD", text.casefold()).replace("đ", "d").replace("ð", "d")
    return "".join(sign for sign in apart if not combining(sign))


def has_marks(text: str) -> bool:
    """Tell whether a text was typed with diacritics."""
    return fold(text) != normalize("NFD", text.casefold())


def tokens_of(text: str) -> tuple[Token, ...]:
    """Split a text into its words and numbers: “Q5” and “17/3A” are two and one."""
    found: list[Token] = []
    end = 0
    for match in SIGNS.finditer(text):
        between = text[end : match.start()]
        found.append(
            Token(
                raw=match.group(),
                word=fold(match.group()),
                start=match.start(),
                end=match.end(),
                is_joined=bool(found) and not between,
                after_comma="," in between or ";" in between,
            )
        )
        end = match.end()
    return tuple(found)


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared."""
    return tuple(token.word for token in tokens_of(name))


def without_telex(word: str) -> str:
    """Return what a word typed on a Telex keyboard that was off means, without marks.

    In a Vietnamese syllable none of the letters Telex marks by can end it, and “d”
    stands in front alone: what of them follows the first vowel is a mark.
    """
    head = len(word) - len(word.lstrip("bcdghklmnpqrstvxđ"))
    if head == len(word):
        return word
    front, rest = word[:head].replace("dd", "d"), word[head:]
    if rest[0] == "w":
        rest = "u" + rest[1:]
    rest = rest[0] + rest[1:].translate(TELEX_MARKS).replace("d", "")
    return front + DOUBLED.sub(r"\1\2", rest)


def without_vni(chunk: str) -> str:
    """Return what a word typed on a VNI keyboard that was off means, without marks."""
    return VNI.sub("", chunk)


def slips(text: str) -> Iterator[str]:
    """Return a text with one sign left out, each in turn, and itself."""
    yield text
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


def is_one_slip(one: str, other: str) -> bool:
    """Tell whether one sign too many, too few, other or exchanged parts two texts."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    at = next(
        (turn for turn, sign in enumerate(short) if sign != long[turn]), len(short)
    )
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    exchanged = short[at : at + 2] == long[at : at + 2][::-1]
    return short[at + 1 :] == long[at + 1 :] or (
        exchanged and short[at + 2 :] == long[at + 2 :]
    )


def phrase(words: Sequence[str]) -> str:
    """Return words as one name is looked up by."""
    return " ".join(words)
