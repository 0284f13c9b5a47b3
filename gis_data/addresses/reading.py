"""What the words of an address are: its numbers, its street, its places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from .names import Fit, Names, Span, words_typed
from .spelling import Token, words_of
from .words import AddressWords

WITH_STROKE = re.compile(r"\d+[^\W\d_]{0,2}(?:/\d+[^\W\d_]{0,2})+")
#: So many streets are tried as the street of an address.
STREETS_AT_MOST = 24
#: What joins two streets of a corner, or two numbers, without a word.
STROKES = frozenset("-\N{EN DASH}&/+")


@dataclass(slots=True, kw_only=True)
class Numbers:
    """The numbers of an address, and which words they took."""

    number: str = ""
    alley: str = ""
    in_alley: bool = False
    stretch: tuple[str, str] | None = None
    took: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read an address; `took` are the words that mean something in it."""

    street: Span | None
    crossing: Span | None
    places: tuple[tuple[Span, ...], ...]  #: Each with what else its words may mean.
    numbers: Numbers
    unknown: str  #: What seems the name of a street that is not known.
    unknown_words: int
    is_known: bool  #: What seems unknown is a street that is known.
    took: frozenset[int]
    left: int  #: How many words that matter were not understood.
    is_torn: bool  #: A word that is not understood stands against the street's name.


class Reader:
    """Reads what was typed with the words of a city."""

    def __init__(self, words: AddressWords) -> None:
        self._numbers = _phrases(words.numbers)
        self._starts = _phrases(words.starts)
        self._ends = _phrases(words.ends)
        self._alleys = _phrases(words.alleys)
        self._streets = _phrases(words.streets)
        self._junctions = _phrases(words.junctions)
        self._joins = _phrases(words.joins)
        self._everywhere = _phrases(words.everywhere)
        self._beside = _phrases(words.beside)
        self._types = _phrases([*words.places, *words.place_words])
        strokes = "|".join(re.escape(each) for each in words.strokes)
        self._strokes = (
            re.compile(rf"(?<=\d)\s+(?:{strokes})\s+(?=\d)", re.IGNORECASE)
            if strokes
            else None
        )

    def spelled(self, typed: str) -> str:
        """Return what was typed with the strokes of its numbers written as strokes."""
        return self._strokes.sub("/", typed) if self._strokes else typed

    def readings(
        self, typed: str, tokens: Sequence[Token], spans: Sequence[Span]
    ) -> Iterator[Reading]:
        """Return every way to read the words with these names in them."""
        streets = [span for span in spans if span.hit.ways]
        streets.sort(key=lambda span: (-span.size, span.fit, span.start))
        streets = streets[:STREETS_AT_MOST]
        for one, other in combinations(streets, 2):
            first, second = sorted((one, other), key=lambda span: span.start)
            if self._meet(typed, tokens, first, second):
                yield self._read(typed, tokens, spans, first, second)
        for street in streets:
            yield self._read(typed, tokens, spans, street, None)
        yield self._read(typed, tokens, spans, None, None)

    def _meet(
        self, typed: str, tokens: Sequence[Token], one: Span, other: Span
    ) -> bool:
        """Tell whether two streets are told as a corner."""
        if one.clashes(other) or one.end > other.start:
            return False
        words = words_typed(tokens)
        between = _skip(words, one.end, self._streets)
        has_join = bool(length := _at(words, one.end, self._joins))
        if has_join:
            between = _skip(words, one.end + length, self._streets)
        dash = typed[tokens[one.end - 1].end : tokens[other.start].start]
        has_join = has_join or bool(STROKES & set(dash))
        start = one.start - (1 if self._ends_at(words, one.start, self._streets) else 0)
        is_corner = self._ends_at(words, start, self._junctions)
        return between == other.start and (has_join or bool(is_corner))

    def _read(
        self,
        typed: str,
        tokens: Sequence[Token],
        spans: Sequence[Span],
        street: Span | None,
        crossing: Span | None,
    ) -> Reading:
        roads = [span for span in (street, crossing) if span]
        took = {at for span in roads for at in range(span.start, span.end)}
        places = _places(spans, took)
        took |= {at for first, *_ in places for at in range(first.start, first.end)}
        numbers = self._find_numbers(typed, tokens, took)
        took |= numbers.took | self._passed_over(words_typed(tokens), street, crossing)
        torn = roads + [first for first, *_ in places if first.fit is not Fit.WHOLE]
        is_torn = any(_is_torn(tokens, span, took) for span in torn)
        named = {at for span in roads for at in range(span.start, span.end)}
        is_torn = is_torn or any(
            first.fit is Fit.PART and _is_torn(tokens, first, took - named)
            for first, *_ in places
        )
        run = () if street else self._unknown(tokens, numbers, took)
        took |= set(run)
        unknown = typed[tokens[run[0]].start : tokens[run[-1]].end] if run else ""
        return Reading(
            street=street,
            crossing=crossing,
            places=places,
            numbers=numbers,
            unknown=unknown,
            unknown_words=len(run),
            is_known=any(
                span.hit.ways
                and span.fit is Fit.WHOLE
                and (span.start, span.end) == (run[0], run[-1] + 1)
                for span in spans
                if run
            ),
            took=frozenset(took),
            left=len(tokens) - len(took),
            is_torn=is_torn,
        )

    def _passed_over(
        self, words: list[str], street: Span | None, crossing: Span | None
    ) -> set[int]:
        """Return the words that are said in an address and name nothing."""
        over: set[int] = set()
        for at in range(len(words)):
            for among in (self._everywhere, self._beside, self._streets):
                over |= set(range(at, at + _at(words, at, among)))
        if street and crossing:
            over |= set(range(street.end, crossing.start))
        if street:
            at = street.start - self._ends_at(words, street.start, self._streets)
            over |= set(range(at - self._ends_at(words, at, self._junctions), at))
        return over

    def _find_numbers(
        self, typed: str, tokens: Sequence[Token], took: set[int]
    ) -> Numbers:
        words = words_typed(tokens)
        found = Numbers()
        self._find_stretch(tokens, words, found, took)
        self._find_alley(tokens, words, found, took)
        self._find_house(typed, tokens, words, found, took)
        said = f"{found.number} {found.alley}"
        found.in_alley = found.in_alley or bool(WITH_STROKE.search(said))
        return found

    def _find_stretch(
        self, tokens: Sequence[Token], words: list[str], found: Numbers, took: set[int]
    ) -> None:
        for at in range(len(words)):
            start = _at(words, at, self._starts)
            if not start or not _is_free(tokens, at + start, took):
                continue
            one = at + start
            after = _after_number(tokens, one)
            end = _at(words, after, self._ends)
            if not end or not _is_free(tokens, after + end, took):
                continue
            other = after + end
            last = _after_number(tokens, other)
            found.stretch = _raw(tokens, one), _raw(tokens, other)
            found.took |= set(range(at, last))
            return

    def _find_alley(
        self,
        tokens: Sequence[Token],
        words: list[str],
        found: Numbers,
        took: set[int],
    ) -> None:
        for at in range(len(words)):
            length = _at(words, at, self._alleys)
            if not length or at in took:
                continue
            found.in_alley = True
            found.took |= set(range(at, at + length))
            number = at + length + _at(words, at + length, self._numbers)
            if _is_free(tokens, number, took):
                found.alley = _raw(tokens, number)
                found.took |= set(range(at, _after_number(tokens, number)))
            return

    def _find_house(
        self,
        typed: str,
        tokens: Sequence[Token],
        words: list[str],
        found: Numbers,
        took: set[int],
    ) -> None:
        taken = took | found.took
        for at in range(len(tokens)):
            if not _is_free(tokens, at, taken):
                continue
            named = next(
                (
                    size
                    for size in (2, 1)
                    if at >= size and _at(words, at - size, self._numbers) == size
                ),
                0,
            )
            if at and tokens[at].is_joined and not named:
                continue  # The 5 of “q5” is no house.
            last = _after_number(tokens, at)
            found.took |= set(range(at - named, last))
            found.number = _raw(tokens, at)
            if _is_free(tokens, last, taken):
                between = typed[tokens[last - 1].end : tokens[last].start].strip()
                if between and set(between) <= STROKES:
                    found.number += "-" + _raw(tokens, last)
                    found.took |= set(range(last, _after_number(tokens, last)))
            return

    def _unknown(
        self, tokens: Sequence[Token], numbers: Numbers, took: set[int]
    ) -> Sequence[int]:
        """Return which words look like the name of a street that is not known.

        What follows the word for street says so best, then what follows a number.
        """
        words = words_typed(tokens)
        found: list[tuple[int, int, int]] = []
        for start in range(len(tokens)):
            begins = start == 0 or start - 1 in took or tokens[start].after_comma
            if start in took or not begins or _at(words, start, self._types):
                continue
            end = start + 1
            while end < len(tokens) and end not in took:
                if tokens[end].after_comma or _at(words, end, self._types):
                    break
                end += 1
            has_type = bool(self._ends_at(words, start, self._streets))
            letters = sum(not tokens[at].is_number for at in range(start, end))
            if has_type and letters:
                found.append((0, start, end))
            elif letters and start - 1 in numbers.took:
                found.append((1, start, end))
            elif letters > 1:
                found.append((2, start, end))
        if not found:
            return ()
        _, start, end = min(found)
        return range(start, end)

    def _ends_at(self, words: list[str], end: int, among: list[tuple[str, ...]]) -> int:
        """Return how many words before `end` are one of these phrases."""
        for each in among:
            start = end - len(each)
            if start >= 0 and tuple(words[start:end]) == each:
                return len(each)
        return 0


def spans_of(names: Names, tokens: Sequence[Token], fits: Sequence[Fit]) -> list[Span]:
    """Return the names in what was typed, as far as is asked for."""
    words = words_typed(tokens)
    found = list(names.whole_spans(words))
    if Fit.BEGUN in fits:
        found += names.begun_spans(words)
    if Fit.PART in fits:
        found += names.part_spans(words)
    if Fit.SLIP in fits:
        found += names.slip_spans(words)
    return found


def _places(spans: Sequence[Span], took: set[int]) -> tuple[tuple[Span, ...], ...]:
    """Choose the places among the words a street leaves, the longest names first."""
    chosen: list[list[Span]] = []
    named = [span for span in spans if span.hit.spots or span.hit.area]
    named.sort(key=lambda span: (span.fit, -span.is_marked, -span.size, span.start))
    for span in named:
        if took & set(range(span.start, span.end)):
            continue
        others = [group for group in chosen if group[0].clashes(span)]
        if not others:
            chosen.append([span])
        elif others[0][0].fit is span.fit and _extent(others[0][0]) == _extent(span):
            others[0].append(span)
    return tuple(tuple(group) for group in sorted(chosen, key=lambda g: g[0].start))


def _extent(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _is_torn(tokens: Sequence[Token], span: Span, took: set[int]) -> bool:
    """Tell whether a name is but a part of one that is not known: Nguyễn Thi, Định."""
    before, after = span.start - 1, span.end
    if before >= 0 and before not in took and not tokens[span.start].after_comma:
        return not tokens[before].is_number
    return (
        after < len(tokens)
        and after not in took
        and not tokens[after].is_number
        and not tokens[after].after_comma
    )


def _phrases(said: Sequence[str]) -> list[tuple[str, ...]]:
    """Return phrases as their words, the longest first."""
    return sorted({words_of(each) for each in said if words_of(each)}, key=len)[::-1]


def _at(words: Sequence[str], at: int, among: Sequence[tuple[str, ...]]) -> int:
    """Return how many words from here on are one of these phrases."""
    for each in among:
        if tuple(words[at : at + len(each)]) == each:
            return len(each)
    return 0


def _skip(words: Sequence[str], at: int, among: Sequence[tuple[str, ...]]) -> int:
    return at + _at(words, at, among)


def _is_free(tokens: Sequence[Token], at: int, took: set[int]) -> bool:
    return 0 <= at < len(tokens) and tokens[at].is_number and at not in took


def _after_number(tokens: Sequence[Token], at: int) -> int:
    """Return where a number ends: the letter of “12A” and the “bis” belong to it."""
    end = at + 1
    if end < len(tokens):
        token = tokens[end]
        if token.is_joined and not token.is_number and len(token.word) <= 2:
            return end + 1
        if token.word in {"bis", "ter"}:
            return end + 1
    return end


def _raw(tokens: Sequence[Token], at: int) -> str:
    """Return a number as it was said, its letters as capitals."""
    parts = [token.raw for token in tokens[at : _after_number(tokens, at)]]
    if len(parts) > 1 and len(parts[1]) > 2:
        return " ".join(parts)
    return "".join(parts).upper()
