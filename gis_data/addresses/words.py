"""How the people of a city say an address: its own words, as data."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressWords:
    """How the city's people say an address: `addresses.toml`, if there is one.

    Words are lists of what may stand there; names are as they are written in full.
    """

    typing: list[str] = field(default_factory=list)  #: telex, vni: raw letters of.
    strokes: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    alleys: list[str] = field(default_factory=list)
    streets: list[str] = field(default_factory=list)
    junctions: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    everywhere: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    written_short: dict[str, str] = field(default_factory=dict)
    #: What people write short of a type of place: p for phường.
    place_words: dict[str, str] = field(default_factory=dict)
    #: A street's name to show, and what else it is called.
    streets_also: dict[str, list[str]] = field(default_factory=dict)
    places_also: dict[str, str] = field(default_factory=dict)
    #: Areas on no map of ours, by the codes of the places of today that lie there.
    areas: dict[str, list[str]] = field(default_factory=dict)
