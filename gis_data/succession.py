"""Succeeded: which places of a day lie where a place of before lay, and by what law."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from .crosswalk import Heirloom, measure
from .models import Boundary, Place, PlaceKind, PlaceSuccession, search_key
from .succession_table import Row

#: A smaller part of a place than this is how two publishers drew one line.
LEAST_SHARE = 0.01
MEASURED = "measured on the map"
#: Who succeeds whom is a chain of reforms; none is longer.
STEPS_AT_MOST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a table of successions made, and which of its rows led nowhere."""

    places: int
    pairs: int
    unmatched: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """A place in force that lies where another lay."""

    place: Place
    share: float | None  #: Of the other's ground; none where nobody measured.
    is_official: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a code means on a day: places in force, or the heirs of what was.

    `heirs` are told where the code is of before; they are all there is of it that day.
    """

    code: str
    asked: tuple[Place, ...]
    then: frozenset[int]  #: Every place that ever had the code, by id.
    heirs: tuple[Heir, ...] = ()
    is_former: bool = False

    @property
    def today(self) -> frozenset[int]:
        """The places that lie there that day, by id; those asked where none does."""
        lasting = (heir.place for heir in self.heirs) if self.heirs else self.asked
        return frozenset(place.pk for place in lasting)


@dataclass(slots=True)
class _Table:
    """A table of successions on its way into the database."""

    pairs: dict[tuple[int, int, date], str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)


@transaction.atomic
def keep_official(
    rows: Collection[Row],
    *,
    before: PlaceKind,
    after: PlaceKind,
    around: PlaceKind | None,
    on: date,
    source: str,
) -> Kept:
    """Keep what the law says: each row is a place of before and one it passes to.

    Places of before that are not known yet are kept, each as a part of the one of
    `around` it lay in. That one is succeeded by all that its parts are succeeded by.
    `on` counts for rows without a day of their own. The same table again changes
    nothing. A row whose heir is not on the map is told, and left out.
    """
    regions = _regions(rows, around)
    former = _former(rows, before, regions)
    heirs = list(after.places.all())
    by_code = {place.code: place for place in heirs}
    by_name: dict[str, list[Place]] = {}
    for place in heirs:
        by_name.setdefault(place.search_key, []).append(place)
    table = _Table()
    for row in rows:
        named = by_name.get(search_key(row.into), [])
        heir = by_code.get(row.into_code)
        if heir is None and not row.into_code and len(named) == 1:
            heir = named[0]
        if heir is None:
            table.unmatched.append(f"{row.into_code} {row.into}: not on the map")
            continue
        if row.into and heir not in named:
            said = f"{row.into_code} {row.into}: called {heir.name} on the map"
            table.unmatched.append(said)
        day, law = row.on or on, (row.source or source)[:200]
        table.pairs[former[row.code].pk, heir.pk, day] = law
        region = former[row.code].part_of
        if region is not None and before != after:
            table.pairs[region.pk, heir.pk, day] = law
    PlaceSuccession.objects.bulk_create(
        (
            PlaceSuccession(
                predecessor_id=old,
                successor_id=new,
                on=day,
                is_official=True,
                source=law,
            )
            for (old, new, day), law in table.pairs.items()
            if old != new
        ),
        update_conflicts=True,
        unique_fields=["predecessor", "successor", "on"],
        update_fields=["is_official", "source"],
    )
    return Kept(
        places=len(former),
        pairs=len(table.pairs),
        unmatched=tuple(dict.fromkeys(table.unmatched)),
    )


@transaction.atomic
def keep_measured(measured: Iterable[Heirloom[int]], *, on: date, source: str) -> int:
    """Keep the shares that a map shows, beside what the law says of the same pair.

    What is no more than two publishers' ways to draw one line is left out, unless the
    law names it. Pairs are of place ids; return how many were kept.
    """
    official = set(
        PlaceSuccession.objects.filter(on=on, is_official=True).values_list(
            "predecessor", "successor"
        )
    )
    rows = [
        PlaceSuccession(
            predecessor_id=each.before,
            successor_id=each.after,
            on=on,
            share=min(each.share, 1.0),
            source=source,
        )
        for each in measured
        if each.share >= LEAST_SHARE or (each.before, each.after) in official
    ]
    PlaceSuccession.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["predecessor", "successor", "on"],
        update_fields=["share"],
    )
    return len(rows)


def let_succeed(kind: PlaceKind, *, ended: Collection[str], on: date) -> None:
    """Keep who lies where the places of a kind lay that end the day before `on`."""
    if ended:
        measured = measure(kind_before=kind, kind_after=kind, on=on, only=ended)
        keep_measured(measured, on=on, source=MEASURED)


def undo_successions(kind: PlaceKind, *, on: date) -> None:
    """Forget what `let_succeed` kept; what the law says of that day stays."""
    PlaceSuccession.objects.filter(
        predecessor__kind=kind, successor__kind=kind, on=on, is_official=False
    ).delete()


def heirs_of(
    place_ids: Collection[int], *, on: date, least: float = LEAST_SHARE
) -> dict[int, tuple[Heir, ...]]:
    """Return for each place what is in force on a day where it lay, the largest first.

    Reform after reform is followed. Where the law names the heirs of a place, a map
    that shows others is not asked; an heir known to be less than `least` is left out.
    One statement; a place that is still in force that day is among its own heirs.
    """
    found: dict[int, list[Heir]] = {pk: [] for pk in place_ids}
    if not found:
        return {}
    given = {"ids": list(found), "on": on, "steps": STEPS_AT_MOST, "least": least}
    for place in Place.objects.raw(HEIRS, given):
        told = vars(place)
        found[told["origin"]].append(
            Heir(place=place, share=told["share"], is_official=told["official"])
        )
    return {pk: tuple(heirs) for pk, heirs in found.items()}


def resolve(code: str, *, on: date) -> Resolution | None:
    """Return what a code of any time means on a day, or nothing if it never was."""
    return resolve_all([code], on=on).get(code)


def resolve_all(codes: Collection[str], *, on: date) -> dict[str, Resolution]:
    """Return what codes of any time mean on a day; the unknown are left out.

    A place in force comes before one of before that had the same code, which is asked
    for as “kind:code”. What is only drafted, or begins later, is not known yet. One
    statement, and one more where a code is of before.
    """
    bare = {each.rpartition(":")[2] for each in codes}
    in_force = Boundary.objects.known().in_force(on=on).filter(place=OuterRef("pk"))
    known = (
        _begun(Place.objects.filter(code__in=bare), on=on)
        .annotate(is_in_force=Exists(in_force))
        .select_related("kind", "part_of")
        .order_by(F("kind__rank").desc(nulls_last=True), "pk")
    )
    places = list(known)
    named = {said: _named(said, places) for said in codes}
    current = {
        said: tuple(place for place in found if vars(place)["is_in_force"])
        for said, found in named.items()
    }
    gone = {said for said, found in named.items() if found and not current[said]}
    heirs = heirs_of({place.pk for said in gone for place in named[said]}, on=on)
    return {
        said: Resolution(
            code=said,
            asked=current[said] or found,
            then=frozenset(place.pk for place in found),
            heirs=_together(heirs, found) if said in gone else (),
            is_former=said in gone,
        )
        for said, found in named.items()
        if found
    }


def law_of(
    *, before: PlaceKind, after: PlaceKind, on: date
) -> dict[str, frozenset[str]]:
    """Return what the law lets the places of a kind become, by codes, however small.

    A place that became another first is succeeded by what that is succeeded by.
    """
    places = {place.pk: place.code for place in before.places.all()}
    heirs = heirs_of(places, on=on, least=0)
    return {
        code: frozenset(
            heir.place.code
            for heir in heirs[pk]
            if heir.is_official and heir.place.kind_id == after.pk
        )
        for pk, code in places.items()
    }


def codes_on(kind: PlaceKind, *, on: date) -> dict[str, str]:
    """Return, by the code a place had that day, ours for it, where it is another.

    Where the code of a place passed to its heir, ours has the last year it was its own
    behind it: “27139-2020” is what had 27139 until the end of 2020.
    """
    found: dict[str, str] = {}
    codes = kind.places.filter(code__contains="-").values_list("code", flat=True)
    for code in codes.order_by("-code"):
        own, _dash, year = code.rpartition("-")
        if year.isdigit() and int(year) >= on.year:
            found[own] = code
    return found


def _begun(places: QuerySet[Place], *, on: date) -> QuerySet[Place]:
    """Keep the places there were until a day, on a map of ours or only in a table."""
    drawn = Boundary.objects.filter(place=OuterRef("pk"))
    put_in_force = drawn.filter(recorded__isempty=False, validity__startswith__lte=on)
    heirs = PlaceSuccession.objects.filter(predecessor=OuterRef("pk"), on__lte=on)
    return places.filter(Exists(put_in_force) | ~Exists(drawn) | Exists(heirs))


def _named(said: str, places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places that a code means, with or without its kind before it."""
    kind, _colon, code = said.rpartition(":")
    return tuple(
        place
        for place in places
        if place.code == code and kind in ("", place.kind.code)
    )


def _together(
    heirs: Mapping[int, tuple[Heir, ...]], asked: Iterable[Place]
) -> tuple[Heir, ...]:
    """Return each heir of some places once."""
    found = {heir.place.pk: heir for place in asked for heir in heirs[place.pk]}
    return tuple(found.values())


def _regions(rows: Iterable[Row], around: PlaceKind | None) -> dict[str, Place]:
    """Return the places that those of before lay in, kept if they were not."""
    if around is None:
        return {}
    said = {row.part_code: row.part for row in rows if row.part_code}
    Place.objects.bulk_create(
        (
            Place(kind=around, code=code, name=name, search_key=search_key(name))
            for code, name in said.items()
        ),
        ignore_conflicts=True,
    )
    return {place.code: place for place in around.places.all()}


def _former(
    rows: Iterable[Row], before: PlaceKind, regions: Mapping[str, Place]
) -> dict[str, Place]:
    """Return the places of before by code, kept and named as the table names them."""
    said = {row.code: row for row in rows}
    Place.objects.bulk_create(
        (
            Place(
                kind=before,
                code=row.code,
                name=row.name,
                part_of=regions.get(row.part_code),
            )
            for row in said.values()
        ),
        update_conflicts=True,
        unique_fields=["kind", "code"],
        update_fields=["name", "search_key", "part_of"],
    )
    kept = before.places.filter(code__in=said).select_related("part_of")
    return {place.code: place for place in kept}


HEIRS = """
WITH RECURSIVE step (origin, place, share, official, since, steps) AS (
  SELECT asked.id, asked.id, 1.0::float, true, '-infinity'::date, 0
  FROM unnest(%(ids)s::bigint[]) AS asked (id)
  UNION ALL
  SELECT step.origin, s.successor_id, step.share * s.share,
    step.official AND s.is_official, s."on", step.steps + 1
  FROM step
  JOIN gis_data_placesuccession s ON s.predecessor_id = step.place
  WHERE s."on" <= %(on)s::date AND s."on" >= step.since AND step.steps < %(steps)s
    AND (s.is_official OR NOT EXISTS (
      SELECT FROM gis_data_placesuccession other
      WHERE other.predecessor_id = s.predecessor_id AND other."on" = s."on"
        AND other.is_official))
), heir AS (
  SELECT origin, place, bool_or(official) AS official,
    CASE WHEN bool_or(share IS NULL) THEN NULL ELSE least(sum(share), 1) END AS share
  FROM step GROUP BY origin, place
)
SELECT p.*, heir.origin, heir.share, heir.official
FROM heir
JOIN gis_data_place p ON p.id = heir.place
WHERE EXISTS (
  SELECT FROM gis_data_boundary b
  WHERE b.place_id = p.id AND b.validity @> %(on)s::date AND upper_inf(b.recorded))
  AND (heir.share IS NULL OR heir.share >= %(least)s)
ORDER BY heir.origin, heir.share DESC NULLS LAST, p.name, p.code
"""
