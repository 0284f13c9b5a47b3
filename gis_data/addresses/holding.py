"""The names of the city held in memory, for as long as nothing about them changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache as remember
from threading import Lock, Thread

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from .gazetteer import read_gazetteer
from .names import Names
from .reading import Reader
from .words import AddressWords

#: For so many seconds nobody asks whether the names are still as they were.
HOLDS = 60
#: Of so many states the names are held: of today, and of a day that is looked at.
STATES_AT_MOST = 3

#: What a change of the map, of a street or of a succession leaves its mark in. The day
#: itself is not in it: a new day on which nothing changed finds the same names.
STATE = """
SELECT (SELECT (count(*), sum(id), count(*) FILTER (WHERE validity @> %(on)s::date),
                sum(id) FILTER (WHERE validity @> %(on)s::date))::text
        FROM gis_data_boundary
        WHERE upper_inf(recorded) AND lower(validity) <= %(on)s::date),
       (SELECT (count(*), max(id), sum(hashtextextended(
                concat_ws('|', id, name, name_en, part_of_id), 0)))::text
        FROM gis_data_place),
       (SELECT (count(*), sum(id), sum(share), sum(xmin::text::bigint))::text
        FROM gis_data_placesuccession WHERE "on" <= %(on)s::date),
       (SELECT (count(*), max(id), sum(xmin::text::bigint))::text FROM gis_data_street)
"""
State = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The names of one state of the map."""

    state: State
    names: Names


_held: dict[date, Held] = {}
_lock, _reading = Lock(), Lock()
_renewing: set[date] = set()


def names_of(*, on: date) -> Names:
    """Return the names of a day: from memory, or read; at most one statement if held.

    Where the map has changed since, the names of before serve on while those of now
    are read beside; but who reads within a transaction sees what it has written.
    """
    known = _held.get(on)
    if known is not None and cache.get(_key(on)) == known.state:
        return known.names
    state = _state(on)
    cache.set(_key(on), state, HOLDS)
    if (same := _of(state)) is not None:
        return _keep(on, same)
    if known is None or connection.in_atomic_block:
        with _reading:  # Of many who ask as a day begins, one reads.
            return _keep(on, _of(state) or _read(on, state))
    with _lock:
        if on not in _renewing:
            _renewing.add(on)
            renewal = Thread(
                target=_renew, args=(on, state), name="addresses", daemon=True
            )
            renewal.start()
    return known.names


def forget() -> None:
    """Forget all names, so that they are read anew."""
    _held.clear()
    city_words.cache_clear()
    city_reader.cache_clear()


@remember
def city_words() -> AddressWords:
    """Return how the people of this city say an address."""
    city = settings.CITY
    return AddressWords(**city.addresses, place_words=city.place_words)


@remember
def city_reader() -> Reader:
    """Return what reads an address with the words of this city."""
    return Reader(city_words())


def _of(state: State) -> Held | None:
    """Return the names of a state that are held for another day, if they are."""
    return next((each for each in list(_held.values()) if each.state == state), None)


def _keep(on: date, held: Held) -> Names:
    with _lock:
        _held[on] = held
        while len(_held) > STATES_AT_MOST:
            _held.pop(next(iter(_held)))
    return held.names


def _read(on: date, state: State) -> Held:
    words = city_words()
    names = Names(read_gazetteer(on=on, words=words), words)
    names.make_ready()
    return Held(state=state, names=names)


def _renew(on: date, state: State) -> None:
    """Read the names of now beside what serves; a failure leaves those of before."""
    try:
        _keep(on, _read(on, state))
    finally:
        _renewing.discard(on)
        connection.close()


def _state(on: date) -> State:
    with connection.cursor() as cursor:
        cursor.execute(STATE, {"on": on})
        row = cursor.fetchone()
    return tuple(row or ())


def _key(on: date) -> str:
    return f"addresses-{on}"
