"""From a reading of an address to where it may be, the likeliest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import hypot

from gis_data.models import search_key

from .agreeing import Where, places_of
from .gazetteer import Gazetteer, Spot, Stretch, Way
from .meeting import MEETS, Point, meeting_of
from .names import Fit, Span
from .reading import Reading
from .spelling import Token, has_marks
from .suggestion import Called, Kind, Suggestion, Sure

#: Of a former place less than this is not worth naming beside a ward.
WORTH_NAMING = 0.15
#: Of a street, what is shorter than this is the corner of a ward it passes by.
A_CORNER = 0.06
#: Of an area larger than this no ward by itself is offered for an unknown street.
WARDS_AT_MOST = 6
#: What it costs a reading that a name was not typed whole.
COST = {Fit.WHOLE: 0.0, Fit.BEGUN: 1.0, Fit.PART: 1.5, Fit.SLIP: 1.5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A suggestion, and how well it fits: the larger the better."""

    weight: float
    suggestion: Suggestion


class Weigher:
    """Weighs the readings of one text over a gazetteer."""

    def __init__(
        self,
        gazetteer: Gazetteer,
        *,
        typed: str,
        tokens: Sequence[Token],
        near: Point | None,
        short_types: dict[str, str],
    ) -> None:
        self._all = gazetteer
        self._typed = typed
        self._tokens = tokens
        self._near = near
        self._short = short_types
        self._is_marked = has_marks(typed)
        self._told: dict[tuple[int, int | None], tuple[str, ...]] = {}

    def weigh(self, reading: Reading) -> Iterator[Weighed]:
        """Return what a reading may mean."""
        street = reading.street
        is_guess = reading.is_torn and not (street and street.fit is Fit.WHOLE)
        if is_guess or reading.is_known:
            return
        wheres = places_of(reading.places)
        base = self._base(reading)
        base -= 4.0 if any(not where.agrees for where in wheres) else 0.0
        if reading.street and reading.crossing:
            ways = product(reading.street.hit.ways, reading.crossing.hit.ways)
            for (one, other), where in product(ways, wheres or [Where({})]):
                yield from self._crossing(reading, one, other, where, base)
        elif reading.street:
            for way in reading.street.hit.ways:
                weight = base + self._marks(reading.street, way.name)
                for where in wheres or [Where({})]:
                    yield from self._way(reading, way, where, weight)
        else:
            base += 0.0 if reading.numbers.took else 1.0
            for where in wheres:
                yield from self._places(reading, where, base)

    def _base(self, reading: Reading) -> float:
        """Every word that was understood counts, and every one that was not."""
        count = len(self._tokens)
        weight = 10.0 * (count - reading.left) / max(count, 1) - 2.0 * reading.left
        if reading.unknown:
            weight -= 1.5 + reading.unknown_words
        firsts = [group[0] for group in reading.places]
        for span in (reading.street, reading.crossing, *firsts):
            if span is None:
                continue
            weight -= COST[span.fit]
            commas = self._tokens[span.start + 1 : span.end]
            weight -= 2 * sum(token.after_comma for token in commas)
        if reading.street:
            weight += 1.0 if reading.numbers.took else -0.5
            weight -= 6.0 if reading.is_torn else 0.0
            weight -= 1.5 * sum(span.start < reading.street.start for span in firsts)
        return weight

    def _way(
        self, reading: Reading, way: Way, where: Where, base: float
    ) -> Iterator[Weighed]:
        numbers = reading.numbers
        parts = [(part, where.wards.get(part.place, 0.0)) for part in way.parts]
        if where.wards:
            there = [(part, share) for part, share in parts if share]
            if not there and not reading.is_torn:
                # Known, but not in the place that was told: the place counts.
                yield from self._places(reading, where, base + 1.0, unknown=way.name)
            base += 3.0 if there else -3.0
            parts = there or parts
        alley = self._alley(way, reading)
        by_alley = {part.place: part for part in _but_corners(alley)}
        whole = reading.left == 0 and _is_as_typed(reading.street)
        length = sum(part.metres for part, _ in parts)
        long = _but_corners([part for part, _ in parts])
        for part, share in parts:
            exact = by_alley.get(part.place)
            sure = Sure.LOOSE
            if whole and (share or not where.wards):
                alone = len(long) == 1 if not by_alley else len(by_alley) == 1
                alone = alone and (exact is not None if by_alley else part in long)
                sure = Sure.SURE if alone and where.agrees else Sure.LIKELY
            drawn = exact if exact and exact.middle else part
            spot = self._all.spots[part.place]
            weight = base + share + (1.5 if exact else 0) + self._nearness(drawn, spot)
            runs = sum(each.metres for each in alley) if exact else length
            weight += 0.8 * (exact or part).metres / runs if runs else 0
            yield Weighed(
                weight=weight,
                suggestion=Suggestion(
                    kind=Kind.STREET,
                    sure=sure,
                    places=(spot.called,),
                    was=_was(where.named),
                    formerly=self._formerly(spot, where.named),
                    street=way.name,
                    number=numbers.number,
                    alley=numbers.alley,
                    in_alley=numbers.in_alley,
                    stretch=numbers.stretch,
                    middle=drawn.middle or spot.middle,
                    box=drawn.box or spot.box,
                    used=self._raw(reading.took),
                    left=self._left(reading),
                ),
            )

    def _alley(self, way: Way, reading: Reading) -> list[Stretch]:
        """Return the alley that was told, or the one its number opens from."""
        numbers = reading.numbers
        said = numbers.alley
        if not said and "/" in numbers.number:
            said = numbers.number.rpartition("/")[0]
        mouth = said.partition("/")[0]
        while said:
            if said in way.alleys:
                return way.alleys[said]
            said = said.rpartition("/")[0]
        # Another alley behind the same mouth is as near as one comes.
        behind = [
            parts for at, parts in way.alleys.items() if at.startswith(f"{mouth}/")
        ]
        return [part for parts in behind for part in parts] if mouth else []

    def _places(
        self, reading: Reading, where: Where, base: float, *, unknown: str = ""
    ) -> Iterator[Weighed]:
        unknown = unknown or reading.unknown
        named = where.named
        wards = sorted(where.wards.items(), key=lambda each: -each[1])
        if named is not None and not named.is_now and named.part_of is None:
            yield self._former(reading, named, base + 0.6, unknown)
        many = len(wards) > WARDS_AT_MOST and bool(unknown)
        for turn, (pk, share) in enumerate(wards):
            if many:
                break
            spot = self._all.spots[pk]
            exact = all(_is_as_typed(group[0]) for group in reading.places)
            sure = Sure.LIKELY if reading.left == 0 and exact else Sure.LOOSE
            lacks = bool(unknown or reading.numbers.took)
            if sure is Sure.LIKELY and len(wards) == 1 and not lacks and where.agrees:
                sure = Sure.SURE
            if named is not None and named.part_of is None and not named.is_now:
                share = share / 100  # One of the many of a district.
            nearness = self._nearness(None, spot) if len(wards) > 1 or not named else 0
            yield Weighed(
                weight=base + 0.5 * share + nearness - 0.01 * turn,
                suggestion=Suggestion(
                    kind=Kind.PLACE,
                    sure=sure,
                    places=(spot.called,),
                    was=_was(named),
                    formerly=self._formerly(spot, named),
                    number=reading.numbers.number,
                    alley=reading.numbers.alley,
                    in_alley=reading.numbers.in_alley,
                    stretch=reading.numbers.stretch,
                    unknown_street=unknown,
                    middle=spot.middle,
                    box=spot.box,
                    used=self._raw(reading.took),
                    left=self._left(reading),
                ),
            )

    def _former(
        self, reading: Reading, named: Spot, weight: float, unknown: str
    ) -> Weighed:
        wards = sorted(named.heirs, key=lambda pk: -named.heirs[pk])
        sides = [self._all.spots[pk].box for pk in wards]
        boxes = [box for box in sides if box]
        box = named.box
        if box is None and boxes:
            wests, souths, easts, norths = zip(*boxes, strict=True)
            box = min(wests), min(souths), max(easts), max(norths)
        suggestion = Suggestion(
            kind=Kind.FORMER,
            sure=Sure.LIKELY if reading.left == 0 else Sure.LOOSE,
            places=tuple(self._all.spots[pk].called for pk in wards),
            was=named.called,
            number=reading.numbers.number,
            alley=reading.numbers.alley,
            in_alley=reading.numbers.in_alley,
            stretch=reading.numbers.stretch,
            unknown_street=unknown,
            middle=named.middle,
            box=box,
            used=self._raw(reading.took),
            left=self._left(reading),
        )
        return Weighed(weight=weight, suggestion=suggestion)

    def _crossing(
        self, reading: Reading, one: Way, other: Way, where: Where, base: float
    ) -> Iterator[Weighed]:
        found: list[tuple[float, Point, int]] = []
        for part in one.parts if one is not other else ():
            for across in other.parts:
                if meeting := meeting_of(part, across):
                    gap, point = meeting
                    share = where.wards.get(part.place, 0 if where.wards else 0.5)
                    also = where.wards.get(across.place, 0)
                    place = part.place if share >= also else across.place
                    same = part.place == across.place
                    rank = max(share, also) + 0.1 * same - gap * 100
                    found.append((rank, point, place))
        found.sort(key=lambda each: -each[0])
        kept: list[Point] = []
        for rank, point, place in found:
            if any(hypot(point[0] - x, point[1] - y) < MEETS for x, y in kept):
                continue
            kept.append(point)
            spot = self._all.spots[place]
            is_there = not where.wards or place in where.wards
            whole = reading.left == 0 and is_there
            yield Weighed(
                weight=base + 4.0 + rank + (0 if is_there else -4),
                suggestion=Suggestion(
                    kind=Kind.JUNCTION,
                    sure=Sure.SURE if whole and len(kept) == 1 else Sure.LOOSE,
                    places=(spot.called,),
                    was=_was(where.named),
                    formerly=self._formerly(spot, where.named),
                    street=one.name,
                    crossing=other.name,
                    middle=point,
                    box=(point[0], point[1], point[0], point[1]),
                    used=self._raw(reading.took),
                    left=self._left(reading),
                ),
            )

    def _marks(self, span: Span, name: str) -> float:
        """Count for more what was typed with diacritics and agrees in them."""
        if not self._is_marked:
            return 0.0
        raw = "".join(token.raw for token in self._tokens[span.start : span.end])
        if not has_marks(raw):
            return 0.0
        said = search_key(" ".join(t.raw for t in self._tokens[span.start : span.end]))
        return (
            0.5 if said.replace(" ", "") == search_key(name).replace(" ", "") else 0.0
        )

    def _nearness(self, part: Stretch | None, spot: Spot) -> float:
        """Count for more what lies near where one looks, among what fits as well."""
        middle = (part.middle if part else None) or spot.middle
        if self._near is None or middle is None:
            return 0.0
        apart = hypot(middle[0] - self._near[0], middle[1] - self._near[1])
        return max(0.0, 1.0 - 10 * apart)

    def _formerly(self, spot: Spot, named: Spot | None) -> tuple[str, ...]:
        """Name what was here before; the same place is told of many times over."""
        key = (spot.pk, named.pk if named else None)
        if key not in self._told:
            self._told[key] = self._name_former(spot, named)
        return self._told[key]

    def _name_former(self, spot: Spot, named: Spot | None) -> tuple[str, ...]:
        """Name what was here before: the place that was named, or the largest parts."""
        if named is not None and not named.is_now and named.part_of is not None:
            above = [each.called.label for each in self._all.districts_of(named)]
            return (self._shortly(named.called), *above)
        before = [(share, self._all.spots[pk]) for pk, share in spot.before.items()]
        wards = [
            each
            for share, each in before
            if each.part_of is not None and share >= WORTH_NAMING
        ]
        wards.sort(key=lambda each: _in_order(each.called.name))
        districts = [over for each in wards for over in self._all.districts_of(each)]
        if not districts:
            # A sliver of a district is none of what a ward was, where its parts tell.
            districts = [each for _, each in before if each.part_of is None]
        names = [self._shortly(each.called) for each in wards]
        names += [each.called.label for each in districts]
        return tuple(dict.fromkeys(names))

    def _shortly(self, called: Called) -> str:
        """Write “Phường 9” as “P. 9”, as people do when several stand in a row."""
        name = called.label
        for meant, short in self._short.items():
            if name.casefold().startswith(meant + " "):
                return f"{short.upper()}. {name[len(meant) + 1 :]}"
        return name

    def _left(self, reading: Reading) -> str:
        if len(reading.took) == len(self._tokens):
            return ""
        return self._raw(set(range(len(self._tokens))) - reading.took)

    def _raw(self, at: Collection[int]) -> str:
        """Return some of the words as they were typed."""
        return " ".join(self._tokens[each].raw for each in sorted(at))


def _was(named: Spot | None) -> Called | None:
    return named.called if named is not None and not named.is_now else None


def _in_order(name: str) -> list[tuple[int, str]]:
    """Order names as one counts: P. 9 before P. 11."""
    words = name.split()
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words]


def _but_corners(parts: Sequence[Stretch]) -> list[Stretch]:
    """Keep where a street runs, and not the wards whose corner it passes by."""
    least = A_CORNER * sum(part.metres for part in parts)
    return [part for part in parts if part.metres >= least]


def _is_as_typed(span: Span | None) -> bool:
    return span is not None and span.fit in (Fit.WHOLE, Fit.BEGUN)
