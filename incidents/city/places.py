"""How the files name places: `ward:27316`, `ward:*`, `@islands`."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from gis_data.models import Place

from .reading import Line, quoting, read_table


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the map, or a territory: what cuts across the levels."""

    pk: int
    is_territory: bool


class Places:
    """The places the files may name, and those the map does not have yet."""

    def __init__(self, mapped: dict[str, Spot], groups: dict[str, list[str]]) -> None:
        self._mapped = mapped
        self._groups = groups
        self._of_kind: dict[str, list[str]] = defaultdict(list)
        self._missing: dict[str, str] = {}

    @property
    def missing(self) -> dict[str, int]:
        """Count what was named and is not on the map, kind by kind."""
        return dict(Counter(self._missing.values()))

    def claim(self, line: Line, column: str) -> Spot | None:
        """Note that an organisation is the committee of this place."""
        if not (name := line.text(column)):
            return None
        self._of_kind[_kind(line, column, name)].append(name)
        return self.spot(name)

    def hold(self, name: str) -> None:
        """Note that a place has a committee of its own."""
        self._of_kind[name.partition(":")[0]].append(name)

    def spot(self, name: str) -> Spot | None:
        """Find a place on the map; None, and counted, where it is not there yet."""
        if name not in self._mapped:
            self._missing[name] = name.partition(":")[0]
        return self._mapped.get(name)

    def named(self, line: Line, column: str) -> list[str]:
        """Spell out what a cell names: places, whole kinds, groups."""
        names: dict[str, None] = {}
        for word in line.words(column):
            names |= dict.fromkeys(self._spelt_out(line, column, word))
        return list(names)

    def _spelt_out(self, line: Line, column: str, word: str) -> list[str]:
        if word.startswith("@"):
            return line.found(column, word.removeprefix("@"), self._groups)
        kind = _kind(line, column, word)
        if word.endswith(":*"):
            return line.found(column, kind, self._of_kind)
        return [word]


def read_places(path: Path) -> Places:
    """Read the map's places and the groups the city has named."""
    rows = Place.objects.values_list("kind__code", "code", "pk", "kind__rank")
    mapped = {
        f"{kind}:{code}": Spot(pk, is_territory=rank is None)
        for kind, code, pk, rank in rows
    }
    groups: dict[str, list[str]] = defaultdict(list)
    for line in read_table(path, ("group", "place", "note")):
        name = line.needed("place")
        _kind(line, "place", name)
        groups[line.needed("group")].append(name)
    return Places(mapped, groups)


def _kind(line: Line, column: str, name: str) -> str:
    kind, colon, code = name.partition(":")
    if not (kind and colon and code):
        cause = quoting(_("{said} is not a kind and a code like ward:27316"), name)
        raise line.broken(column, cause)
    return kind
