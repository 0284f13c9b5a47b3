"""Names found by what was typed of them: whole, begun, in part, or with one slip."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from .gazetteer import Gazetteer, Spot, Way
from .spelling import Token, is_one_slip, phrase, slips, words_of
from .words import AddressWords

#: No name has more words than this.
LONGEST = 9
#: Of a beginning so many names are looked at, and of a part or a slip.
AT_MOST = 16
#: What is shorter has too many neighbours at one slip.
SLIP_FROM = 6


class Fit(IntEnum):
    """How a name answers to what was typed, the best first."""

    WHOLE = 0
    BEGUN = 1  #: The last word is still being typed.
    PART = 2  #: Some words of a longer name.
    SLIP = 3


@dataclass(slots=True, eq=False)
class Hit:
    """All that bears one name."""

    ways: list[Way] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    area: dict[int, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Some words of what was typed that are a name."""

    start: int
    end: int  #: The first word no longer.
    key: str
    hit: Hit
    fit: Fit
    is_marked: bool = False  #: With its type: “phường”, “q.”.

    @property
    def size(self) -> int:
        return self.end - self.start

    def clashes(self, other: Span) -> bool:
        """Tell whether two spans share a word."""
        return self.start < other.end and other.start < self.end


class Names:
    """The names of a gazetteer, ready to be looked up."""

    def __init__(self, gazetteer: Gazetteer, words: AddressWords) -> None:
        self.gazetteer = gazetteer
        self._short = {
            phrase(words_of(short)): words_of(meant)
            for short, meant in (words.written_short | words.place_words).items()
        }
        #: Of what type a place is says nothing of its name.
        self._types = {phrase(words_of(each)) for each in words.places}
        self._hits: dict[str, Hit] = {}
        self._marked: set[str] = set()
        for way in gazetteer.ways.values():
            for name in (way.name, *words.streets_also.get(way.name, ())):
                for key in self._spellings(words_of(name)):
                    self._add_way(key, way)
        also = defaultdict(list)
        for short, meant in words.places_also.items():
            also[phrase(words_of(meant))].append(phrase(words_of(short)))
        for spot in gazetteer.spots.values():
            self._add_spot(spot, also)
        for name, inside in gazetteer.areas.items():
            self._hit(name).area = inside
            self._marked.add(name)

    def whole(self, words: Sequence[str]) -> str:
        """Return the name these words are, with what is short written out; or none."""
        for key in self._spellings(words):
            if key in self._hits:
                return key
            squeezed = key.replace(" ", "")
            if len(squeezed) >= SLIP_FROM and squeezed in self._squeezed:
                return self._squeezed[squeezed]
        return ""

    def knows(self, word: str) -> bool:
        """Tell whether some name has this word."""
        return word in self._by_word or word in self._short

    def span(self, start: int, end: int, key: str, fit: Fit) -> Span:
        """Return the span of a name that is known."""
        return Span(start, end, key, self._hits[key], fit, key in self._marked)

    def whole_spans(self, words: Sequence[str]) -> Iterator[Span]:
        """Return every run of words that is a name."""
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                if key := self.whole(words[start:end]):
                    yield self.span(start, end, key, Fit.WHOLE)

    def begun_spans(self, words: Sequence[str]) -> Iterator[Span]:
        """Return the names that the last words, the very last unfinished, begin."""
        for start in range(max(0, len(words) - LONGEST), len(words)):
            if sum(map(len, words[start:])) < 2 or words[-1].isdigit():
                continue
            found = [
                span
                for key in self._spellings(words[start:])
                for span in self._begun(start, len(words), key)
            ]
            yield from found
            if found:
                return  # What more words begin says more than what fewer do.

    def part_spans(self, words: Sequence[str]) -> Iterator[Span]:
        """Return the longer names in which a run of words stands."""
        for start in range(len(words)):
            for end in range(min(start + LONGEST, len(words)), start, -1):
                run = phrase(words[start:end])
                if len(run) < 4 or words[start][0].isdigit() or run in self._types:
                    continue
                among = self._by_word.get(words[start], ())
                found = [key for key in among if f" {run} " in f" {key} "]
                yield from (
                    self.span(start, end, key, Fit.PART) for key in found[:AT_MOST]
                )
                if found:
                    break

    def slip_spans(self, words: Sequence[str]) -> Iterator[Span]:
        """Return the names that differ by one sign from a run of words."""
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                for spelling in self._spellings(words[start:end]):
                    run = spelling.replace(" ", "")
                    if len(run) < SLIP_FROM:
                        continue
                    keys = {
                        key for slip in slips(run) for key in self._slips.get(slip, ())
                    }
                    for key in sorted(keys)[:AT_MOST]:
                        if is_one_slip(run, key.replace(" ", "")) and _digits(
                            run
                        ) == _digits(key):
                            yield self.span(start, end, key, Fit.SLIP)

    def _begun(self, start: int, end: int, key: str) -> Iterator[Span]:
        at = bisect_left(self._sorted, key)
        for name in self._sorted[at : at + AT_MOST]:
            if not name.startswith(key):
                return
            if name != key:
                yield self.span(start, end, name, Fit.BEGUN)

    def _spellings(self, words: Sequence[str]) -> list[str]:
        """Return words as they stand, and with what is short written out."""
        plain = phrase(words)
        out = phrase([w for word in words for w in self._short.get(word, (word,))])
        return [plain] if out == plain else [plain, out]

    def _hit(self, key: str) -> Hit:
        return self._hits.setdefault(key, Hit())

    def _add_way(self, key: str, way: Way) -> None:
        ways = self._hit(key).ways
        if way not in ways:
            ways.append(way)

    def _add_spot(self, spot: Spot, also: Mapping[str, list[str]]) -> None:
        full = phrase(words_of(spot.called.name))
        types = full.removesuffix(spot.bare)
        keys = {full}
        if types:
            self._marked.add(full)
        if not spot.bare.isdigit():
            keys.add(spot.bare)
        for short in also.get(spot.bare, ()):
            keys |= {short, types + short}
        if spot.called.name_en:
            keys.add(phrase(words_of(spot.called.name_en)))
        for key in keys:
            self._hit(key).spots.append(spot)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._hits)

    @cached_property
    def _squeezed(self) -> dict[str, str]:
        return {key.replace(" ", ""): key for key in self._hits if " " in key}

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key in self._sorted:
            for word in dict.fromkeys(key.split()):
                found[word].append(key)
        return found

    @cached_property
    def _slips(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key in self._sorted:
            run = key.replace(" ", "")
            if len(run) >= SLIP_FROM - 1:
                for slip in slips(run):
                    found[slip].append(key)
        return found

    def make_ready(self) -> None:
        """Build what is looked up by now, so that nobody waits for it."""
        self.__dict__.update(
            {name: getattr(self, name) for name in ("_squeezed", "_by_word", "_slips")}
        )


def words_typed(tokens: Sequence[Token]) -> list[str]:
    """Return the words of what was typed, as names are compared."""
    return [token.word for token in tokens]


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
