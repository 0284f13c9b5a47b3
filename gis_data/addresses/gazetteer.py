"""Every place and street one may name, read in a few statements and held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from gis_data.models import search_key

from .spelling import fold, phrase, words_of
from .suggestion import Box, Called
from .words import AddressWords

#: So much of a former place lies in its heir, unless the law names the pair.
A_PART = 0.02

#: Every place below the city, as it was last known to lie.
PLACES = """
SELECT DISTINCT ON (place.id) place.id, place.code, kind.code, kind.rank, place.name,
       place.name_en, place.part_of_id, boundary.validity @> %(on)s::date,
       ST_X(middle), ST_Y(middle),
       ST_XMin(boundary.shape), ST_YMin(boundary.shape),
       ST_XMax(boundary.shape), ST_YMax(boundary.shape)
FROM gis_data_boundary boundary
JOIN gis_data_place place ON place.id = boundary.place_id
JOIN gis_data_placekind kind ON kind.id = place.kind_id,
LATERAL ST_PointOnSurface(boundary.shape) AS middle
WHERE upper_inf(boundary.recorded) AND lower(boundary.validity) <= %(on)s::date
  AND (kind.rank > 1 OR EXISTS (SELECT FROM gis_data_placesuccession s
                                WHERE s.predecessor_id = place.id))
ORDER BY place.id, lower(boundary.validity) DESC
"""
#: What was named in a reform, or may be part of another, and is on no map of ours.
UNMAPPED = """
SELECT place.id, place.code, kind.code, kind.rank, place.name, place.name_en,
       place.part_of_id
FROM gis_data_place place JOIN gis_data_placekind kind ON kind.id = place.kind_id
WHERE NOT EXISTS (SELECT FROM gis_data_boundary b
                  WHERE b.place_id = place.id AND upper_inf(b.recorded))
  AND (EXISTS (SELECT FROM gis_data_placesuccession s
               WHERE place.id IN (s.predecessor_id, s.successor_id))
       OR EXISTS (SELECT FROM gis_data_place p WHERE p.part_of_id = place.id))
"""
SUCCESSIONS = """
SELECT predecessor_id, successor_id,
       COALESCE(share, CASE WHEN is_official THEN 1 END, 0), is_official
FROM gis_data_placesuccession WHERE "on" <= %(on)s::date
"""
#: In which other places the middle of each place lies.
WITHIN = """
SELECT inner_.id, boundary.place_id
FROM unnest(%(ids)s::bigint[], %(lons)s::float8[], %(lats)s::float8[])
     AS inner_(id, lon, lat)
JOIN gis_data_boundarypiece piece
  ON ST_Covers(piece.shape, ST_SetSRID(ST_MakePoint(inner_.lon, inner_.lat), 4326))
JOIN gis_data_boundary boundary ON boundary.id = piece.boundary_id
WHERE upper_inf(boundary.recorded) AND boundary.place_id = ANY(%(ids)s)
  AND boundary.place_id <> inner_.id
GROUP BY inner_.id, boundary.place_id
"""
STREETS = """
SELECT street.name, street.place_id, ST_X(middle), ST_Y(middle),
       ST_XMin(shape), ST_YMin(shape), ST_XMax(shape), ST_YMax(shape),
       ST_AsBinary(shape), ST_Length(shape::geography)
FROM gis_data_street street,
LATERAL ST_ClosestPoint(shape, ST_Centroid(shape)) AS middle
ORDER BY street.place_id, street.name
"""


@dataclass(slots=True, kw_only=True, eq=False)
class Spot:
    """A place as one may name it, and what became of it or what it was."""

    pk: int
    called: Called
    rank: int
    is_now: bool
    part_of: int | None = None
    middle: tuple[float, float] | None = None
    box: Box | None = None
    bare: str = ""  #: Its name without its type, folded.
    heirs: dict[int, float] = field(default_factory=dict)  #: Places of today, shares.
    before: dict[int, float] = field(default_factory=dict)  #: Former places here.


@dataclass(slots=True, kw_only=True, eq=False)
class Stretch:
    """A street as far as it runs through one place."""

    place: int
    middle: tuple[float, float] | None = None
    box: Box | None = None
    line: bytes | None = None
    metres: float = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Way:
    """A street by its name, wherever it runs, and the alleys that open from it."""

    name: str
    parts: list[Stretch] = field(default_factory=list)
    alleys: dict[str, list[Stretch]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Gazetteer:
    """All names of a city on a day."""

    spots: dict[int, Spot]
    ways: dict[str, Way]
    areas: dict[str, dict[int, float]]  #: Areas on no map, by their folded name.

    def districts_of(self, spot: Spot) -> list[Spot]:
        """Return the former places a former ward was in."""
        if spot.part_of is not None and spot.part_of in self.spots:
            return [self.spots[spot.part_of]]
        return []


def read_gazetteer(*, on: date, words: AddressWords) -> Gazetteer:
    """Read all that may be named on that day, in five statements."""
    spots = _read_spots(on, words)
    ways = _read_ways(spots, words)
    codes = {spot.called.code: pk for pk, spot in spots.items() if spot.is_now}
    areas = {
        fold(name): {codes[code]: 1.0 for code in inside if code in codes}
        for name, inside in words.areas.items()
    }
    return Gazetteer(
        spots=spots, ways=ways, areas={name: at for name, at in areas.items() if at}
    )


def _read_spots(on: date, words: AddressWords) -> dict[int, Spot]:
    types = [words_of(each) for each in words.places]
    spots: dict[int, Spot] = {}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"on": on})
        for row in cursor.fetchall():
            pk, code, kind, rank, name, english, part_of, is_now, lon, lat, *box = row
            spots[pk] = Spot(
                pk=pk,
                called=Called(code=code, kind=kind, name=name, name_en=english),
                rank=rank or 0,
                is_now=is_now,
                part_of=part_of,
                middle=(round(lon, 5), round(lat, 5)),
                box=_box(box),
                bare=_bare(name, types),
            )
        cursor.execute(UNMAPPED)
        for pk, code, kind, rank, name, english, part_of in cursor.fetchall():
            spots[pk] = Spot(
                pk=pk,
                called=Called(code=code, kind=kind, name=name, name_en=english),
                rank=rank or 0,
                is_now=False,
                part_of=part_of,
                bare=_bare(name, types),
            )
        cursor.execute(SUCCESSIONS, {"on": on})
        successions = cursor.fetchall()
        mapped = [spot for spot in spots.values() if spot.middle]
        about: dict[str, list[int] | list[float]] = {
            "ids": [spot.pk for spot in mapped],
            "lons": [spot.middle[0] for spot in mapped if spot.middle],
            "lats": [spot.middle[1] for spot in mapped if spot.middle],
        }
        cursor.execute(WITHIN, about)
        within = cursor.fetchall()
    _tie(spots, successions, within)
    return spots


def _tie(
    spots: dict[int, Spot],
    successions: Iterable[tuple[int, int, float, bool]],
    within: Iterable[tuple[int, int]],
) -> None:
    """Tell each former place its heirs, and each place of today what it was."""
    for old, heirs in _heirs_of_today(spots, successions).items():
        spots[old].heirs = heirs
    #: Whose heirs the table of a reform names, or our map shows, needs no guess.
    told = {pk for pk, spot in spots.items() if spot.heirs}
    nearest = max((spot.rank for spot in spots.values() if spot.is_now), default=0)
    for one, other in within:
        _tie_within(spots[one], spots[other], nearest=nearest, told=told)
    _tie_parts(spots)
    for spot in spots.values():
        for heir, share in spot.heirs.items():
            before = spots[heir].before
            before[spot.pk] = max(share, before.get(spot.pk, 0))


def _heirs_of_today(
    spots: Mapping[int, Spot], successions: Iterable[tuple[int, int, float, bool]]
) -> dict[int, dict[int, float]]:
    """Follow successions to the places of today: a heir may have heirs of its own."""
    into: dict[int, dict[int, float]] = {}
    for old, new, share, is_official in successions:
        if old in spots and new in spots and (share >= A_PART or is_official):
            into.setdefault(old, {})[new] = max(share, A_PART)
    found: dict[int, dict[int, float]] = {}
    for old in into:
        heirs: dict[int, float] = {}
        waiting, seen = [(old, 1.0)], {old}
        while waiting:
            place, part = waiting.pop()
            for new, share in into.get(place, {}).items():
                if spots[new].is_now:
                    heirs[new] = max(part * share, heirs.get(new, 0.0))
                elif new not in seen:
                    seen.add(new)
                    waiting.append((new, part * share))
        if heirs:
            found[old] = heirs
    return found


def _tie_within(inner: Spot, outer: Spot, *, nearest: int, told: set[int]) -> None:
    """Draw from where a place lies what no table tells of it."""
    if inner.is_now and not outer.is_now and inner.rank == nearest:
        inner.before.setdefault(outer.pk, 0.5)
        if outer.pk not in told:
            outer.heirs.setdefault(inner.pk, 1.0)
    elif not inner.is_now and outer.is_now and outer.rank == nearest:
        if inner.pk not in told:
            inner.heirs.setdefault(outer.pk, 1.0)
    elif not inner.is_now and not outer.is_now and inner.part_of is None:
        inner.part_of = outer.pk if _is_larger(outer, inner) else None


def _tie_parts(spots: dict[int, Spot]) -> None:
    """Let a district that is on no map be where its former wards went."""
    for part in list(spots.values()):
        above = spots.get(part.part_of or 0)
        if above is not None and above.middle is None and not above.is_now:
            for heir, share in part.heirs.items():
                above.heirs[heir] = max(share, above.heirs.get(heir, 0))


def _is_larger(one: Spot, other: Spot) -> bool:
    def extent(spot: Spot) -> float:
        west, south, east, north = spot.box or (0, 0, 0, 0)
        return (east - west) * (north - south)

    return one.called.kind != other.called.kind and extent(one) > extent(other)


def _read_ways(spots: Mapping[int, Spot], words: AddressWords) -> dict[str, Way]:
    """Gather the rows of each street under one name, its alleys with it."""
    shown = {}
    for name, others in words.streets_also.items():
        for each in (name, *others):
            shown[phrase(words_of(each))] = name
    types = [words_of(each) for each in words.streets]
    alleys = {fold(each).rstrip(".") for each in words.alleys}
    ways = {fold(name): Way(name=name) for name in words.streets_also}
    with connection.cursor() as cursor:
        cursor.execute(STREETS)
        rows = cursor.fetchall()
    waiting: list[tuple[str, str, Stretch]] = []
    for name, place, lon, lat, west, south, east, north, line, metres in rows:
        is_drawn = line is not None
        middle = (round(lon, 5), round(lat, 5)) if is_drawn else None
        box = _box((west, south, east, north)) if is_drawn else None
        drawn = bytes(line) if is_drawn else None
        for heir in _places_of_today(spots, place):
            part = Stretch(
                place=heir, middle=middle, box=box, line=drawn, metres=metres or 0
            )
            number, street = _alley(name, alleys, types)
            if number and not street:
                continue  # An alley of no street that is told cannot be found.
            own = _street_name(street or name, types)
            own = shown.get(_key(own)) or shown.get(_key(_bare_name(own, types)), own)
            if number:
                waiting.append((number, own, part))
                continue
            way = ways.setdefault(_key(own), Way(name=own))
            way.name = _better(way.name, own)
            way.parts.append(part)
    for number, own, part in waiting:
        way = ways.setdefault(_key(own), Way(name=own))
        way.alleys.setdefault(number, []).append(part)
        if all(each.place != part.place for each in way.parts):
            way.parts.append(Stretch(place=part.place))
    for way in ways.values():
        way.parts = _one_a_place(way.parts)
    return ways


def _key(name: str) -> str:
    return phrase(words_of(name))


def _places_of_today(spots: Mapping[int, Spot], place: int) -> list[int]:
    spot = spots.get(place)
    if spot is None:
        return []
    return [place] if spot.is_now else list(spot.heirs)


def _alley(
    name: str, alleys: set[str], types: list[tuple[str, ...]]
) -> tuple[str, str]:
    """Read “Hẻm 115/6 Lò Siêu” as alley 115/6 of that street; else as no alley."""
    first, _, rest = name.partition(",")[0].partition(" ")
    if fold(first).rstrip(".") not in alleys or not rest.strip():
        return "", ""
    number, _, street = rest.strip().partition(" ")
    if not number[0].isdigit():
        return "", ""
    return number.upper(), _street_name(street.strip(), types)


def _street_name(name: str, types: list[tuple[str, ...]]) -> str:
    """Return a street's name without the word for street, unless a number follows."""
    name = name.partition(",")[0].strip().replace("Ð", "Đ")
    words = name.split()
    for turn in types:
        folded = tuple(fold(word) for word in words[: len(turn)])
        rest = words[len(turn) :]
        bare_number = rest and (rest[0][0].isdigit() or fold(rest[0]) == "so")
        if folded == turn and rest and not bare_number and len(rest[0]) > 1:
            return " ".join(rest)
    return name


def _bare_name(name: str, types: list[tuple[str, ...]]) -> str:
    """Return a name without the word for street, whatever follows: “3/2”."""
    words = name.split()
    for turn in types:
        if tuple(fold(word) for word in words[: len(turn)]) == turn:
            return " ".join(words[len(turn) :])
    return name


def _better(one: str, other: str) -> str:
    """Of two spellings of a name show the one whose every word is a capital."""
    return min((one, other), key=lambda name: (not name.istitle(), search_key(name)))


def _one_a_place(parts: list[Stretch]) -> list[Stretch]:
    """Keep for each place the part that is drawn best."""
    found: dict[int, Stretch] = {}
    for part in parts:
        before = found.get(part.place)
        if before is None or part.metres > before.metres:
            found[part.place] = part
    return list(found.values())


def _bare(name: str, types: list[tuple[str, ...]]) -> str:
    words = words_of(name)
    for turn in types:
        if words[: len(turn)] == turn and len(words) > len(turn):
            return phrase(words[len(turn) :])
    return phrase(words)


def _box(sides: Iterable[float]) -> Box:
    west, south, east, north = (round(side, 5) for side in sides)
    return west, south, east, north
