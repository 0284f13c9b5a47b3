"""Suggested: what an address, typed or told, may be, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from heapq import nlargest
from unicodedata import normalize

from gis_data.models import tidy

from .holding import city_reader, city_words, names_of
from .names import Fit, Names
from .reading import spans_of
from .spelling import Token, has_marks, tokens_of, without_telex, without_vni
from .suggestion import Kind, Suggestion, Sure
from .weighing import Weighed, Weigher

#: What is longer is no address; only its beginning is read.
LONGEST = 160
WORDS_AT_MOST = 24
#: So many of what an address may be are looked at more closely.
WEIGHED_AT_MOST = 64
#: What weighs so much less than the best is not worth offering.
APART = 8.0
#: What weighs nearly as much as the best leaves a choice.
CLOSE = 1.2

#: How far one goes to find something: each step only where the one before left words.
STEPS: tuple[tuple[Fit, ...], ...] = (
    (Fit.BEGUN,),
    (Fit.BEGUN, Fit.PART),
    (Fit.BEGUN, Fit.SLIP),
)


def suggest(
    typed: str,
    *,
    on: date,
    near: tuple[float, float] | None = None,
    at_most: int = 8,
) -> tuple[Suggestion, ...]:
    """Return what an address may be on that day, the likeliest first.

    It may be told with or without diacritics, in old or new names, by the letters of a
    name alone, in raw Telex or VNI. Of what fits as well, what lies near `near`, a
    longitude and latitude, comes first. Nothing known gives nothing.
    """
    said = city_reader().spelled(tidy(typed)[:LONGEST])
    names = names_of(on=on)
    best: list[Weighed] = []
    tried: set[tuple[str, ...]] = set()
    for spell in _spellings(said):
        tokens = spell(said, names)[:WORDS_AT_MOST]
        words = tuple(token.word for token in tokens)
        if not words or words in tried:
            continue
        tried.add(words)
        for fits in STEPS:
            found = _weigh(said, tokens, names, fits, near)
            if _top(found) > _top(best):
                best = found
            if _is_whole(best):
                break
        if _is_whole(best):
            break
    return _ordered(best, at_most)


def locate_address(text: str, *, on: date) -> Suggestion | None:
    """Return the one place an address can only mean on that day; or nothing."""
    found = suggest(text, on=on, at_most=2)
    return found[0] if found and found[0].sure is Sure.SURE else None


def _weigh(
    said: str,
    tokens: Sequence[Token],
    names: Names,
    fits: Sequence[Fit],
    near: tuple[float, float] | None,
) -> list[Weighed]:
    short = {meant: word for word, meant in reversed(city_words().place_words.items())}
    weigher = Weigher(
        names.gazetteer, typed=said, tokens=tokens, near=near, short_types=short
    )
    spans = spans_of(names, tokens, fits)
    readings = city_reader().readings(said, tokens, spans)
    weighed = (each for reading in readings for each in weigher.weigh(reading))
    return nlargest(WEIGHED_AT_MOST, weighed, key=lambda each: each.weight)


def _spellings(said: str) -> list[Callable[[str, Names], tuple[Token, ...]]]:
    """Return the ways to take the key strokes: as they are, or of a keyboard."""
    ways: list[Callable[[str, Names], tuple[Token, ...]]] = [
        lambda text, _: tokens_of(text)
    ]
    typing = city_words().typing
    if not has_marks(said):
        if "telex" in typing:
            ways.append(_as_telex)
        if "vni" in typing:
            ways.append(_as_vni)
    return ways


def _as_telex(text: str, names: Names) -> tuple[Token, ...]:
    return tuple(
        token
        if token.is_number or names.knows(token.word)
        else Token(
            token.raw,
            without_telex(token.word),
            token.start,
            token.end,
            token.is_joined,
            token.after_comma,
        )
        for token in tokens_of(text)
    )


def _as_vni(text: str, names: Names) -> tuple[Token, ...]:
    """Take the digits within words for marks; the words keep their places."""
    plain = " ".join(
        without_vni(chunk.casefold()) if chunk[:1].isalpha() else chunk
        for chunk in normalize("NFC", text).split()
    )
    return tokens_of(plain)


def _top(found: Sequence[Weighed]) -> float:
    return max((each.weight for each in found), default=float("-inf"))


def _is_whole(found: Sequence[Weighed]) -> bool:
    """Tell whether the best of what was found leaves nothing to look further for."""
    if not found:
        return False
    best = max(found, key=lambda each: each.weight).suggestion
    known = not best.left and not best.unknown_street
    return known and best.sure is not Sure.LOOSE


def _ordered(found: Sequence[Weighed], at_most: int) -> tuple[Suggestion, ...]:
    """Put the heaviest first; the same place in other words is offered once."""
    top = _top(found)
    kept: dict[tuple[object, ...], Weighed] = {}
    for each in sorted(found, key=lambda weighed: -weighed.weight):
        if each.weight < top - APART:
            break
        kept.setdefault(_same(each.suggestion), each)
    rivals = [each for each in kept.values() if each.weight > top - CLOSE]
    return tuple(
        replace(each.suggestion, sure=Sure.LIKELY)
        if each.suggestion.sure is Sure.SURE and (each not in rivals or len(rivals) > 1)
        else each.suggestion
        for each in list(kept.values())[:at_most]
    )


def _same(one: Suggestion) -> tuple[object, ...]:
    place = one.place.code if one.place and one.kind is not Kind.FORMER else ""
    was = one.was.code if one.kind is Kind.FORMER and one.was else ""
    about = one.middle if one.kind is Kind.JUNCTION else None
    return one.kind, one.street, one.crossing, place, was, about
