"""Found by name: a ward of today, or the district or ward that used to be there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from unicodedata import combining, normalize

from django.core.cache import cache
from django.db import connection

#: How long names may lag behind a newly published map.
HOLDS = 10 * 60
WORD = re.compile(r"\d+|[^\W\d_]+")

#: Every place of a level below the city, as it was last known to lie; for one of today,
#: the former ones its middle lies in.
GAZETTEER = """
WITH known AS (
    SELECT DISTINCT ON (boundary.place_id) boundary.id, place.code, kind.code AS kind,
           kind.rank, place.name, place.name_en,
           boundary.validity @> %(on)s::date AS is_now,
           ST_PointOnSurface(boundary.shape) AS middle, boundary.shape::box2d AS box
    FROM gis_data_boundary boundary
    JOIN gis_data_place place ON place.id = boundary.place_id
    JOIN gis_data_placekind kind ON kind.id = place.kind_id
    WHERE upper_inf(boundary.recorded) AND kind.rank > 1
      AND NOT boundary.validity >> daterange(%(on)s::date, NULL)
      AND lower(boundary.validity) <= %(on)s::date
    ORDER BY boundary.place_id, lower(boundary.validity) DESC
)
SELECT code, kind, name, name_en, is_now, ST_X(middle), ST_Y(middle),
       ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box),
       ARRAY(SELECT former.name FROM known former
             JOIN gis_data_boundarypiece piece ON piece.boundary_id = former.id
             WHERE known.is_now AND NOT former.is_now
               AND ST_Intersects(piece.shape, known.middle)
             GROUP BY former.name, former.rank ORDER BY former.rank DESC)
FROM known ORDER BY rank DESC, name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A place that can be found by its name, and what it was part of before."""

    code: str
    kind: str
    name: str
    name_en: str
    is_now: bool  #: Whether there is one of this name today.
    middle: tuple[float, float]
    box: tuple[float, float, float, float]  #: West, south, east, north.
    formerly: tuple[str, ...] = ()  #: The former places it lies in.


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found for some words, best first."""

    places: tuple[Named, ...]
    is_loose: bool = False  #: The first words had to be left out.


def find_places(
    typed: str, *, on: date, words: Mapping[str, str], at_most: int = 8
) -> Search:
    """Find places by what people call them, with or without diacritics.

    `words` are what the city's people write short. Where no place has all that was
    typed, as for a ward that is on no map we hold, the first words are left out.
    """
    asked = _spelled_out(typed, words)
    every = gazetteer(on=on)
    for left_out in range(len(asked)):
        kept = asked[left_out:]
        if left_out and not any(word.isalpha() for word in kept):
            break
        ranked = [(rank, place) for place in every if (rank := _rank(kept, place))]
        if ranked:
            ranked.sort(key=lambda each: each[0])
            places = tuple(place for _, place in ranked[:at_most])
            return Search(places=places, is_loose=left_out > 0)
    return Search(places=())


def gazetteer(*, on: date) -> Sequence[Named]:
    """Return every place known on that day, in one statement, kept for a while."""
    key = f"gazetteer-{on}"
    found: Sequence[Named] | None = cache.get(key)
    if found is None:
        found = _read(on)
        cache.set(key, found, HOLDS)
    return found


def fold(text: str) -> str:
    """Return a text as one types it without diacritics."""
    apart = normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(sign for sign in apart if not combining(sign))


def _read(on: date) -> tuple[Named, ...]:
    with connection.cursor() as cursor:
        cursor.execute(GAZETTEER, {"on": on})
        rows = cursor.fetchall()
    return tuple(
        Named(
            code=code,
            kind=kind,
            name=name,
            name_en=name_en,
            is_now=is_now,
            middle=(round(lon, 5), round(lat, 5)),
            box=(round(west, 5), round(south, 5), round(east, 5), round(north, 5)),
            formerly=tuple(formerly),
        )
        for (
            code,
            kind,
            name,
            name_en,
            is_now,
            lon,
            lat,
            west,
            south,
            east,
            north,
            formerly,
        ) in rows
    )


def _spelled_out(typed: str, words: Mapping[str, str]) -> list[str]:
    """Split what was typed into words, with what people write short written out."""
    short = {fold(each): fold(meant).split() for each, meant in words.items()}
    return [
        meant for word in WORD.findall(fold(typed)) for meant in short.get(word, [word])
    ]


def _rank(asked: Sequence[str], place: Named) -> tuple[int, int, str] | None:
    """Say how well a place fits, the least best; nothing if a word is not in it."""
    own = _words(place.name) + _words(place.name_en)
    every = own + [word for name in place.formerly for word in _words(name)]
    if not asked or not all(_starts(word, every) for word in asked):
        return None
    name = _words(place.name)
    if name == list(asked):
        fit = 0
    elif all(_starts(word, own) for word in asked):
        fit = (
            1 if any(_starts(asked[0], name[turn : turn + 1]) for turn in (0, 1)) else 2
        )
    else:
        fit = 3
    return fit, 0 if place.is_now else 1, fold(place.name)


def _starts(word: str, among: Sequence[str]) -> bool:
    """Tell whether one of the words begins so; a number is either it or not."""
    if word.isdigit():
        return word in among
    return any(each.startswith(word) for each in among)


def _words(name: str) -> list[str]:
    return WORD.findall(fold(name))
