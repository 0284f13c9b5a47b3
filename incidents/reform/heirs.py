"""Heirs: who carries on, on a day, for the units and wards that are no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import get_language

from gis_data.succession import heirs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation as a hand-over needs it, with the place it is committee of."""

    id: int
    code: str
    name: str
    name_en: str
    place_id: int | None = None
    place_code: str = ""
    place: str = ""
    kind: str = ""  #: What kind of place that is.
    boundary_id: int | None = None  #: Where that place lies on the day.
    edition_id: int | None = None
    is_approximate: bool = False
    legal_basis: str = ""  #: By what law it carries on.

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        english = self.name_en and get_language() == "en"
        return self.name_en if english else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Heirs:
    """The units that are no more on a day, and for each who stands in its stead."""

    on: date
    gone: Mapping[int, Unit]
    heirs: Mapping[int, tuple[Unit, ...]]

    def of(self, unit: int) -> tuple[Unit, ...]:
        """Return who carries on for a unit, by code; nobody where no law says."""
        return self.heirs.get(unit, ())

    def kinds(self, units: Collection[int]) -> list[str]:
        """Return the kinds of place by which the heirs of these are told apart."""
        return sorted(
            {
                heir.kind
                for unit in units
                if len(self.of(unit)) > 1
                for heir in self.of(unit)
                if heir.kind
            }
        )


def read_heirs(*, on: date) -> Heirs:
    """Read in two statements which units have ended by that day, and who follows them.

    An heir that has ended as well gives on to its own, however often law changed.
    """
    heirs: defaultdict[int, dict[int, Unit]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(GONE, {"on": on})
        gone = {
            row[0]: Unit(id=row[0], code=row[1], name=row[2], name_en=row[3])
            for row in cursor.fetchall()
        }
        cursor.execute(FOLLOWING, {"on": on})
        for unit, *row in cursor.fetchall():
            heirs[unit].setdefault(
                row[0],
                Unit(
                    id=row[0],
                    code=row[1],
                    name=row[2],
                    name_en=row[3],
                    legal_basis=row[4],
                    place_id=row[5],
                    place_code=row[6],
                    place=row[7],
                    kind=row[8],
                    boundary_id=row[9],
                    edition_id=row[10],
                    is_approximate=row[11],
                ),
            )
    return Heirs(
        on=on,
        gone=gone,
        heirs={unit: tuple(found.values()) for unit, found in heirs.items()},
    )


def only_heirs(places: Collection[int], *, on: date) -> dict[int, int]:
    """Return for each of these places the only one that is there now, where there is.

    A place that is in force that day stands for itself, whatever ground it lost.
    """
    found = {}
    for place, heirs in heirs_of(places, on=on).items():
        there = [heir.place.pk for heir in heirs]
        if place in there:
            found[place] = place
        elif len(there) == 1:
            found[place] = there[0]
    return found


GONE = """
SELECT id, code, name, name_en FROM incidents_organisation
WHERE upper(validity) <= %(on)s::date
"""
FOLLOWING = """
WITH RECURSIVE line AS (
  SELECT id AS gone, id, 0 AS turn, ''::varchar AS legal_basis
  FROM incidents_organisation WHERE upper(validity) <= %(on)s::date
  UNION
  SELECT line.gone, s.successor_id, line.turn + 1, s.legal_basis
  FROM line
  JOIN incidents_organisation before ON before.id = line.id
    AND upper(before.validity) <= %(on)s::date
  JOIN incidents_organisationsuccession s ON s.predecessor_id = line.id
    AND s.on <= %(on)s::date
  WHERE line.turn < 9)
SELECT line.gone, o.id, o.code, o.name, o.name_en, line.legal_basis, o.place_id,
  coalesce(p.code, ''), coalesce(p.name, ''), coalesce(k.code, ''),
  b.id, b.edition_id, coalesce(e.is_approximate, false)
FROM line JOIN incidents_organisation o ON o.id = line.id
LEFT JOIN gis_data_place p ON p.id = o.place_id
LEFT JOIN gis_data_placekind k ON k.id = p.kind_id
LEFT JOIN gis_data_boundary b ON b.place_id = p.id
  AND b.validity @> %(on)s::date AND upper_inf(b.recorded)
LEFT JOIN gis_data_edition e ON e.id = b.edition_id
WHERE line.turn > 0 AND o.validity @> %(on)s::date
ORDER BY line.gone, o.code, line.turn
"""
