"""Streets by ward: from a list of names, and from the roads that are on the map."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, cast

from django.contrib.gis.geos import GEOSGeometry, MultiLineString
from django.db import connection, transaction
from django.utils.translation import gettext as _

from .errors import UnreadableStreets
from .models import Place, Street, search_key, tidy

NAME_AT_MOST = 200
ROWS_AT_MOST = 1_000_000
BATCH = 2_000

#: What of each named road lies in each place of a kind, line by line together.
ROADS_BY_PLACE = """
WITH pieces AS MATERIALIZED (
    SELECT b.place_id, piece.shape
    FROM gis_data_boundarypiece piece
    JOIN gis_data_boundary b ON b.id = piece.boundary_id
    JOIN gis_data_place p ON p.id = b.place_id
    JOIN gis_data_placekind k ON k.id = p.kind_id
    WHERE k.code = %(place_kind)s
      AND upper_inf(piece.recorded) AND piece.validity @> %(on)s::date
)
SELECT a.name, pieces.place_id, ST_AsBinary(ST_Multi(ST_CollectionExtract(
    ST_Union(ST_Intersection(a.shape, pieces.shape)), 2)))
FROM gis_data_asset a JOIN pieces ON ST_Intersects(pieces.shape, a.shape)
WHERE a.kind = %(asset_kind)s AND a.name <> '' AND a.validity @> %(on)s::date
  AND ST_Dimension(a.shape) = 1
GROUP BY a.name, pieces.place_id
HAVING bool_or(ST_Dimension(ST_Intersection(a.shape, pieces.shape)) = 1)
ORDER BY pieces.place_id, a.name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetFields:
    """Which columns of a list say the street and the place it lies in."""

    name: str = "name"
    place: str = "place"
    #: Whether the column gives the place's code; else its name.
    by_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One street in one place, and its line there where it is known."""

    name: str
    place_id: int
    shape: MultiLineString | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetList:
    """What a file lists, and the rows that could not be understood, with the cause."""

    streets: tuple[Listed, ...]
    refused: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetChanges:
    """What a list did to the streets that are known."""

    new: int
    changed: int
    kept: int
    gone: int


def read_streets(
    path: Path, *, kind: str, on: date, fields: StreetFields | None = None
) -> StreetList:
    """Read a CSV list of streets and the places of `kind` they lie in on that day.

    A row whose place is not on the map is left out and named; a file that is no such
    list is refused with its cause.
    """
    fields = fields or StreetFields()
    known = _places(kind=kind, on=on, by_code=fields.by_code)
    streets: list[Listed] = []
    refused: list[str] = []
    for number, row in _rows(path, fields):
        name, said = tidy(row[fields.name] or ""), tidy(row[fields.place] or "")
        place = known.get(said if fields.by_code else search_key(said))
        if not name or len(name) > NAME_AT_MOST:
            refused.append(_("row %(row)s: it names no street.") % {"row": number})
        elif place is None:
            why = _("row %(row)s: no place “%(place)s” is on the map.")
            refused.append(why % {"row": number, "place": said[:60]})
        else:
            streets.append(Listed(name=name, place_id=place))
    return StreetList(streets=tuple(streets), refused=tuple(refused))


def streets_of_roads(*, asset_kind: str, kind: str, on: date) -> tuple[Listed, ...]:
    """Return the named roads of that day, cut along the borders of the places."""
    about: dict[str, str | date] = {
        "asset_kind": asset_kind,
        "place_kind": kind,
        "on": on,
    }
    with connection.cursor() as cursor:
        cursor.execute(ROADS_BY_PLACE, about)
        rows = cursor.fetchall()
    return tuple(
        Listed(
            name=tidy(name)[:NAME_AT_MOST],
            place_id=place_id,
            shape=cast("MultiLineString", GEOSGeometry(memoryview(shape), srid=4326)),
        )
        for name, place_id, shape in rows
        if shape is not None and tidy(name)
    )


@transaction.atomic
def keep_streets(
    streets: Iterable[Listed], *, source: str, is_complete: bool = False
) -> StreetChanges:
    """Keep what is listed; a line that is known stays where a list has none.

    Of a complete list, what came from the same source before and is not in it goes.
    """
    told: dict[tuple[int, str], Listed] = {}
    for each in streets:
        key = (each.place_id, search_key(each.name))
        before = told.get(key)
        told[key] = _joined(before, each) if before else each
    known = {(each.place_id, each.search_key): each for each in Street.objects.all()}
    new = [
        Street(
            name=each.name,
            place_id=each.place_id,
            shape=each.shape,
            source=source[:200],
        )
        for key, each in told.items()
        if key not in known
    ]
    changed: list[Street] = []
    for key, each in told.items():
        row = known.get(key)
        if row and each.shape and (not row.shape or row.shape.wkb != each.shape.wkb):
            row.shape, row.source = each.shape, source[:200]
            changed.append(row)
    gone = [
        row.pk
        for key, row in known.items()
        if is_complete and row.source == source and key not in told
    ]
    Street.objects.bulk_create(new, batch_size=BATCH)
    Street.objects.bulk_update(changed, ["shape", "source"], batch_size=BATCH)
    Street.objects.filter(pk__in=gone).delete()
    kept = len(told) - len(new) - len(changed)
    return StreetChanges(new=len(new), changed=len(changed), kept=kept, gone=len(gone))


def _joined(one: Listed, other: Listed) -> Listed:
    """Two spellings of one street in one place are one, with both their lines."""
    if one.shape is None or other.shape is None:
        return one if one.shape else other
    lines = MultiLineString([*one.shape, *other.shape], srid=4326)
    return Listed(name=one.name, place_id=one.place_id, shape=lines)


def _rows(
    path: Path, fields: StreetFields
) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = {fields.name, fields.place} - set(table.fieldnames or ())
            if missing:
                said = _("%(file)s: there is no column %(names)s.")
                names = ", ".join(sorted(missing))
                raise UnreadableStreets(said % {"file": path.name, "names": names})
            for number, row in enumerate(table, start=2):
                if number > ROWS_AT_MOST:
                    said = _("%(file)s: it has more than %(count)s rows.")
                    about = {"file": path.name, "count": ROWS_AT_MOST}
                    raise UnreadableStreets(said % about)
                yield number, row
    except (OSError, UnicodeError, csv.Error) as error:
        said = _("%(file)s: cannot be read: %(error)s")
        about = {"file": path.name, "error": str(error)}
        raise UnreadableStreets(said % about) from error


def _places(*, kind: str, on: date, by_code: bool) -> dict[str, int]:
    """Find the places in force by code or by name; a name of two places finds none."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    rows = (
        Place.objects.filter(
            kind__code=kind,
            boundaries__validity__contains=on,
            boundaries__recorded__upper_inf=True,
        )
        .distinct()
        .values_list("code", "search_key", "pk")
    )
    for code, key, pk in rows:
        name = code if by_code else key
        if name in found:
            twice.add(name)
        found[name] = pk
    return {name: pk for name, pk in found.items() if name not in twice}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStreets:
    """Streets to begin with: of the roads on the map, or of a list at hand.

    A list of the city's own lies in its folder, another where the map's files lie.
    """

    of: str  #: The kind of place they are listed by.
    on: date
    roads: str = ""
    file: str = ""
    own: Path | None = None
    fields: StreetFields = field(default_factory=StreetFields)

    @classmethod
    def of_plan(cls, said: Mapping[str, Any], city: Path) -> PlannedStreets:
        """Read an entry of the city's plan of its map."""
        file = said.get("file", {})
        return cls(
            of=said["of"],
            on=said["from"],
            roads=said.get("roads", ""),
            file=file.get("name", ""),
            own=city / file["name"] if file.get("own") else None,
            fields=StreetFields(**file.get("fields", {})),
        )

    def source(self, folder: Path | None) -> str:
        """Return what they come from, if it is at hand."""
        if self.roads:
            return f"assets:{self.roads}"
        path = self._path(folder)
        return path.name if path else ""

    def read(self, folder: Path | None) -> StreetList:
        """Read what is at hand; nothing where nothing is."""
        if self.roads:
            cut = streets_of_roads(asset_kind=self.roads, kind=self.of, on=self.on)
            return StreetList(streets=cut)
        path = self._path(folder)
        if path is None:
            return StreetList(streets=())
        return read_streets(path, kind=self.of, on=self.on, fields=self.fields)

    def _path(self, folder: Path | None) -> Path | None:
        path = self.own or (folder / self.file if folder and self.file else None)
        return path if path and path.is_file() else None


def lay_streets(
    planned: PlannedStreets, *, folder: Path | None, say: Callable[[str], object]
) -> None:
    """List the streets of a plan, unless what they come from was listed before."""
    source = planned.source(folder)
    named = f"streets by {planned.of} from {planned.on}"
    if not source:
        say(f"{named}: none at hand.")
    elif Street.objects.filter(source=source).exists():
        say(f"{named}: listed from {source}.")
    else:
        listed = planned.read(folder)
        done = keep_streets(listed.streets, source=source)
        kept = done.new + done.changed + done.kept
        lost = f", {len(listed.refused)} not placed" if listed.refused else ""
        say(f"{named}: {kept} from {source}{lost}.")
