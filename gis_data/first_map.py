"""The first map of a city: its kinds of place, and the boundaries to begin with.

Each set comes from the first source that is at hand: a file, the pinned download, the
sketch. What is in force already stays, unless it is a sketch and something better came.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .crosswalk import measure
from .errors import BrokenPlan, MapNotFetched
from .fetching import Download, fetch_sheet
from .importing import Fields, Sheet, checksum, read_sheet
from .models import Asset, Edition, PlaceKind
from .publishing import (
    outline_checksum,
    outline_of,
    publish,
    withdraw_sketches,
)
from .sketching import Level, draw_sketch
from .streets import PlannedStreets, lay_streets
from .succession import MEASURED, keep_measured, keep_official
from .succession_table import Columns, read_table
from .surveying import AssetFields, keep_assets, read_assets

TIMEOUT_S = 5.0

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What to sketch where no boundaries are at hand."""

    province: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSet:
    """A set of boundaries to begin with, and where it may come from.

    A file of the city's own lies in its folder, another where the map's files lie.
    """

    kind: str
    starts: date
    until: date | None
    optional: bool
    file: str
    fields: Fields
    download: Download | None
    sketch: Sketch | None
    own: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutline:
    """A place to be drawn round all places of another kind."""

    kind: str
    code: str
    name: str
    of: str
    starts: date
    until: date | None
    name_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAssets:
    """Roads, canals or covers to begin with, where a file of them is at hand."""

    kind: str
    starts: date
    file: str
    fields: AssetFields
    own: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSuccession:
    """Which kind of place succeeds which, by a table or as the map shows it.

    A table of the city's own lies in its folder, another where the map's files lie.
    """

    before: str
    after: str
    on: date
    around: str = ""
    source: str = ""
    table: str = ""
    own: Path | None = None
    columns: Columns = field(default_factory=Columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a city's `map.toml` asks for."""

    kinds: tuple[PlaceKind, ...]
    sets: tuple[PlannedSet, ...]
    outlines: tuple[PlannedOutline, ...]
    assets: tuple[PlannedAssets, ...] = ()
    successions: tuple[PlannedSuccession, ...] = ()
    streets: tuple[PlannedStreets, ...] = ()


def read_plan(path: Path) -> Plan:
    """Read a city's plan of its map, or say what is wrong with it."""
    try:
        with path.open("rb") as file:
            said = tomllib.load(file)
        return Plan(
            kinds=tuple(PlaceKind(**kind) for kind in said.get("kinds", [])),
            sets=tuple(
                _planned_set(each, path.parent) for each in said.get("sets", [])
            ),
            outlines=tuple(_planned_outline(each) for each in said.get("outlines", [])),
            assets=tuple(
                _planned_assets(each, path.parent) for each in said.get("assets", [])
            ),
            successions=tuple(
                _planned_succession(each, path.parent)
                for each in said.get("successions", [])
            ),
            streets=tuple(
                PlannedStreets.of_plan(each, path.parent)
                for each in said.get("streets", [])
            ),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BrokenPlan(f"{path.name}: {error!r}") from error


@transaction.atomic
def set_up(
    plan: Plan, *, folder: Path | None, fetch: bool, at: datetime, say: Say
) -> None:
    """Put the first map in force; a second time there is nothing to do."""
    kinds = {kind.code: _kind(kind) for kind in plan.kinds}
    for each in plan.sets:
        _set_up(each, kinds[each.kind], folder=folder, fetch=fetch, at=at, say=say)
    for outline in plan.outlines:
        _draw_round(outline, kinds, at=at, say=say)
    for assets in plan.assets:
        _lay_out(assets, folder=folder, say=say)
    for succession in plan.successions:
        _let_succeed(succession, kinds, folder=folder, say=say)
    for streets in plan.streets:
        lay_streets(streets, folder=folder, say=say)


def _lay_out(planned: PlannedAssets, *, folder: Path | None, say: Say) -> None:
    """Let the assets of a file stand, unless some of their kind stand already."""
    file = _at_hand(planned, folder)
    named = f"{planned.kind} {planned.starts}"
    if Asset.objects.filter(kind=planned.kind).exists():
        say(f"{named}: standing.")
    elif file is None:
        say(f"{named}: none at hand.")
    else:
        surveyed = read_assets(file, fields=planned.fields)
        kind, on = planned.kind, planned.starts
        done = keep_assets(surveyed, kind=kind, on=on, source=file.name)
        say(f"{named}: {done.new} standing, from {file.name}.")


def _let_succeed(
    planned: PlannedSuccession,
    kinds: dict[str, PlaceKind],
    *,
    folder: Path | None,
    say: Say,
) -> None:
    """Keep who succeeds whom, where the heirs are on the map and a table is at hand."""
    before, after, on = kinds[planned.before], kinds[planned.after], planned.on
    named = f"{before.code} to {after.code} {on}"
    if not planned.table:
        shares = measure(kind_before=before, kind_after=after, on=on)
        kept = keep_measured(shares, on=on, source=MEASURED)
        say(f"{named}: {kept} pairs, as the map shows them.")
        return
    file = planned.own or (folder / planned.table if folder else None)
    if file is None or not file.is_file() or not after.places.exists():
        say(f"{named}: none at hand.")
        return
    done = keep_official(
        read_table(file, columns=planned.columns),
        before=before,
        after=after,
        around=kinds[planned.around] if planned.around else None,
        on=on,
        source=planned.source or file.name,
    )
    say(f"{named}: {done.pairs} pairs of {done.places} places, from {file.name}.")
    for lost in done.unmatched:
        say(f"{named}: {lost}")


def _set_up(
    planned: PlannedSet,
    kind: PlaceKind,
    *,
    folder: Path | None,
    fetch: bool,
    at: datetime,
    say: Say,
) -> None:
    held = _held(kind, planned.starts)
    file = _at_hand(planned, folder)
    named = f"{kind.code} {planned.starts}"
    if held and not held.is_approximate:
        same = file is None or checksum(file) == held.checksum
        say(f"{named}: in force" + ("." if same else ", from another file; left."))
        return
    if held and file is None and not fetch:
        say(f"{named}: the sketch stays in force; --fetch tries the download again.")
        return
    sheet = _drawn(planned, file=file, say=say, named=named)
    if sheet is None or (held and sheet.is_approximate):
        say(f"{named}: " + ("the sketch stays in force." if held else "none at hand."))
        return
    done = publish(sheet, kind=kind, on=planned.starts, until=planned.until, at=at)
    for repair in sheet.repairs:
        say(f"{named}: repaired {repair}")
    made = len(done.opened) + len(done.changed) + len(done.kept)
    marked = ", approximate" if sheet.is_approximate else ""
    say(f"{named}: {made} in force, from {sheet.source}{marked}.")


def _at_hand(planned: PlannedSet | PlannedAssets, folder: Path | None) -> Path | None:
    """Return the file that is planned for, where there is one."""
    file = planned.own or (folder / planned.file if folder and planned.file else None)
    return file if file and file.is_file() else None


def _drawn(
    planned: PlannedSet, *, file: Path | None, say: Say, named: str
) -> Sheet | None:
    if file is not None:
        return read_sheet(file, fields=planned.fields)
    if planned.download is not None:
        try:
            fetched = fetch_sheet(planned.download, timeout_s=TIMEOUT_S)
        except MapNotFetched as error:
            say(f"{named}: {error}")
        else:
            return replace(fetched, source=planned.download.address[:200])
    if planned.sketch is not None:
        return draw_sketch(province=planned.sketch.province, level=planned.sketch.level)
    if planned.optional:
        return None
    raise MapNotFetched(_("%(set)s: no source is at hand.") % {"set": named})


def _draw_round(
    planned: PlannedOutline, kinds: dict[str, PlaceKind], *, at: datetime, say: Say
) -> None:
    kind, of = kinds[planned.kind], kinds[planned.of]
    named = f"{kind.code} {planned.starts}"
    about: dict[str, Any] = {
        "on": planned.starts,
        "code": planned.code,
        "name": planned.name,
    }
    held = _held(kind, planned.starts)
    if held and (
        not held.is_approximate or held.checksum == outline_checksum(of, **about)
    ):
        say(f"{named}: in force.")
        return
    sheet = outline_of(of, name_en=planned.name_en, **about)
    withdraw_sketches(kind, since=planned.starts, at=at)
    publish(sheet, kind=kind, on=planned.starts, until=planned.until, at=at)
    say(f"{named}: {planned.name}, drawn round every {of.code}.")


def _held(kind: PlaceKind, starts: date) -> Edition | None:
    return Edition.objects.published().filter(kind=kind, starts_on=starts).first()


def _kind(planned: PlaceKind) -> PlaceKind:
    kind, _is_new = PlaceKind.objects.update_or_create(
        code=planned.code,
        defaults={
            "rank": planned.rank,
            "name": planned.name,
            "name_en": planned.name_en,
        },
    )
    return kind


def _planned_set(said: dict[str, Any], city: Path) -> PlannedSet:
    file, sketch = said.get("file", {}), said.get("sketch")
    return PlannedSet(
        kind=said["kind"],
        starts=said["from"],
        until=said.get("until"),
        optional=said.get("optional", False),
        file=file.get("name", ""),
        fields=Fields(**file.get("fields", {}), codes=file.get("codes", {})),
        download=_download(said["download"]) if "download" in said else None,
        sketch=Sketch(**sketch) if sketch else None,
        own=city / file["name"] if file.get("own", False) else None,
    )


def _download(said: dict[str, Any]) -> Download:
    return Download(
        address=said["address"],
        parts=tuple(said["parts"].split()),
        fields=Fields(**said["fields"]),
        codes_sha256=said["codes_sha256"],
        area_km2=said["area_km2"],
    )


def _planned_assets(said: dict[str, Any], city: Path) -> PlannedAssets:
    file = said["file"]
    return PlannedAssets(
        kind=said["kind"],
        starts=said["from"],
        file=file["name"],
        fields=AssetFields(**file.get("fields", {}), classes=file.get("classes", {})),
        own=city / file["name"] if file.get("own", False) else None,
    )


def _planned_succession(said: dict[str, Any], city: Path) -> PlannedSuccession:
    table = said.get("table", {})
    name = table.get("name", "")
    return PlannedSuccession(
        before=said["before"],
        after=said["after"],
        on=said["from"],
        around=said.get("around", ""),
        source=said.get("source", ""),
        table=name,
        own=city / name if table.get("own", False) else None,
        columns=Columns(**table.get("columns", {})),
    )


def _planned_outline(said: dict[str, Any]) -> PlannedOutline:
    return PlannedOutline(
        kind=said["kind"],
        code=said["code"],
        name=said["name"],
        name_en=said.get("name_en", ""),
        of=said["of"],
        starts=said["from"],
        until=said.get("until"),
    )
