"""Routed: who answers for this problem, here, on that day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils.timezone import localdate

from gis_data.fallbacks import DEFAULT_POINT_M
from gis_data.geometry import metres_a_degree
from gis_data.locating import (
    POSITION_TOLERANCE_M,
    Area,
    Found,
    Location,
    MapDoubt,
    locate,
)

from .decisions import Basis, Claim, Decision, Unit
from .models import Category
from .surroundings import Surroundings, Thing, around

ENGINE = 3  #: Raise it when the same evidence would come out otherwise.

#: A point that so many people told so many different things of, so shortly before, is
#: nobody's: a geocoder or an app fell back to it.
REPEATED_BY, REPEATED_FOR, REPEATED_WITHIN = 8, 3, timedelta(days=90)

#: What is known of the point itself and what stands near it come first; then every rule
#: over the areas or about a thing that stands there, of whoever carries on for a
#: unit that is no more. A function of the database, planned once a session: see
#: its migration.
WEIGHED = """
SELECT rule, asset, kind, asset_class, code, name, spans, metres, role, precedence,
  legal_basis, is_confirmed, by_territory, place_id, conditions,
  unit_id, unit_code, unit_name, unit_name_en
FROM incidents_weigh(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
NAMED = """
SELECT k.code, k.rank, p.code, p.name, p.name_en, p.id
FROM gis_data_place p JOIN gis_data_placekind k ON k.id = p.kind_id
WHERE p.id = %(ward)s OR (k.code = %(kind)s AND p.code = %(code)s)
ORDER BY k.rank DESC NULLS LAST, p.code
"""


class Row(NamedTuple):
    """What is known of the point, a thing near it, or a rule, as the statement tells.

    Of a point that was told of before, `spans` are the categories and `metres` the
    people.
    """

    rule: int | None
    asset: int | None
    kind: str
    asset_class: str
    code: str
    name: str
    spans: int
    metres: float | None
    role: str
    precedence: int
    legal_basis: str
    is_confirmed: bool
    by_territory: bool
    place_id: int | None
    conditions: str  #: As JSON.
    unit_id: int
    unit_code: str
    unit_name: str
    unit_name_en: str


def route(
    point: Point | None,
    category: Category,
    at: datetime,
    *,
    accuracy: float = 0,
    ward_id: int | None = None,
    address: str = "",
    asset: str = "",
    known_at: datetime | None = None,
) -> Decision:
    """Weigh the map, what stands there and the rules of that day, in two statements.

    Without a point it weighs what the declared ward and the city as a whole answer
    for. Reads and never writes, so an old decision can be replayed as we knew things
    then, and a new responsibility tried out before it is in force.

    `accuracy` is in metres, `point` in degrees (SRID 4326); `asset` is the code on a
    plate, where somebody read one.
    """
    day = localdate(at)
    if point is None:
        location = declared(ward_id)
    else:
        found = locate(point, on=day, accuracy=accuracy, known_at=known_at)
        location = answered(found, ward_id)
    slack = max(accuracy, POSITION_TOLERANCE_M)
    weighed = _weigh(
        location, category, point, at=at, metres=around(slack), known_at=known_at
    )
    return Decision(
        location=location,
        rules=weighed.rules,
        surroundings=Surroundings(
            things=weighed.things,
            in_alley=bool(settings.CITY.alley.search(address)),
            named=asset,
            around_m=around(slack),
        ),
        slack_m=slack,
        has_point=point is not None,
        needs_point=category.needs_place,
        declared=ward_id,
        is_default_point=weighed.is_default_point,
        is_repeated_point=weighed.is_repeated_point,
    )


class _Weighed(NamedTuple):
    """What the statement told: things nearest first, rules strongest first."""

    things: tuple[Thing, ...] = ()
    rules: tuple[Claim, ...] = ()
    is_default_point: bool = False
    is_repeated_point: bool = False


def _weigh(
    location: Location,
    category: Category,
    point: Point | None,
    *,
    at: datetime,
    metres: float,
    known_at: datetime | None,
) -> _Weighed:
    """Read what is known of the point, what stands near it, and every rule about it."""
    if not location.areas:
        return _Weighed()
    east, north = metres_a_degree(point.y) if point else (1.0, 1.0)
    places = most_local(location)
    about = (
        point.hexewkb.decode() if point else None,
        east,
        north,
        metres / east,
        metres / north,
        places,
        category.pk,
        localdate(at),
        DEFAULT_POINT_M,
        at,
        at - REPEATED_WITHIN,
        known_at,
    )
    with connection.cursor() as cursor:
        cursor.execute(WEIGHED, about)
        rows = [Row(*row) for row in cursor.fetchall()]
    things = [thing_of(row) for row in rows if row.asset is not None]
    things.sort(key=lambda each: (each.metres, each.kind, each.code))
    # What has neither a rule nor an asset speaks of the point itself.
    about_it = [row for row in rows if row.rule is None and row.asset is None]
    rules = [claim_of(row) for row in rows if row.rule is not None]
    return _Weighed(
        things=tuple(each for each in things if each.metres <= metres),
        rules=strongest_first(rules, places=places),
        is_default_point=any(row.kind == "default_point" for row in about_it),
        is_repeated_point=any(_is_repeated(row) for row in about_it),
    )


def _is_repeated(row: Row) -> bool:
    """Tell whether so many told so many different things of this very point."""
    return (
        row.kind == "repeated_point"
        and row.spans >= REPEATED_FOR
        and (row.metres or 0) >= REPEATED_BY
    )


def answered(location: Location, ward_id: int | None) -> Location:
    """Take the word of who was asked in which of several areas an unsure point lies.

    Only where the position is so unsure that they were asked, and only one that it
    reaches: otherwise what was named does not change where a point lies.
    """
    if ward_id is None or MapDoubt.DISC not in location.doubts:
        return location
    given = location.areas[0]
    reached = (*location.areas, *location.beside)
    named = next((each for each in reached if each.place_id == ward_id), None)
    if named is None or named.kind != given.kind:
        return location
    others = [each for each in reached if each not in (given, named)]
    doubts = tuple(each for each in location.doubts if each != MapDoubt.DISC)
    kept = [each for each in others if each in location.areas]
    beside = [each for each in others if each in location.beside]
    if named is not given:
        beside = [given, *beside]
    return replace(location, areas=(named, *kept), beside=tuple(beside), doubts=doubts)


def most_local(location: Location) -> list[int]:
    """Return a place of each kind: where two overlap, the one with the larger share."""
    strongest: dict[str, int] = {}
    for area in location.areas:
        strongest.setdefault(area.kind, area.place_id)
    return list(strongest.values())


def strongest_first(
    rules: Iterable[Claim], *, places: Sequence[int]
) -> tuple[Claim, ...]:
    """Put rules in their order, which does not depend on when each was written.

    Of equals the one about the first of `places`; the last resort is what they say.
    """
    turns: dict[int | None, int] = {place: turn for turn, place in enumerate(places)}

    def strength(rule: Claim) -> tuple[Any, ...]:
        return (
            -rule.precedence,
            turns.get(rule.place_id, len(turns)),
            rule.unit.code,
            rule.role,
            rule.asset_kind,
            rule.asset_class,
            rule.asset_code,
            json.dumps(rule.conditions, sort_keys=True),
            rule.legal_basis,
            rule.responsibility,
        )

    return tuple(sorted(rules, key=strength))


def thing_of(row: Row) -> Thing:
    """Return the thing near the point that a row tells of."""
    return Thing(
        id=row.asset or 0,
        kind=row.kind,
        asset_class=row.asset_class,
        code=row.code,
        name=row.name,
        spans=row.spans,
        metres=round(row.metres or 0.0, 3),
    )


def claim_of(row: Row) -> Claim:
    """Return the rule that a row tells of, not weighed yet."""
    rests_on_asset = row.place_id is None
    ground = Basis.TERRITORY if row.by_territory else Basis.AREA
    return Claim(
        responsibility=row.rule or 0,
        unit=Unit(
            id=row.unit_id,
            code=row.unit_code,
            name=row.unit_name,
            name_en=row.unit_name_en,
        ),
        role=row.role,
        precedence=row.precedence,
        basis=Basis.ASSET if rests_on_asset else ground,
        place_id=row.place_id,
        asset_kind=row.kind,
        asset_class=row.asset_class,
        asset_code=row.code,
        within_m=row.metres,
        conditions=json.loads(row.conditions),
        legal_basis=row.legal_basis,
        is_confirmed=row.is_confirmed,
    )


def declared(ward_id: int | None) -> Location:
    """Return the declared ward, if there is one, and the city, as if located there."""
    root = settings.CITY.root_place
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"ward": ward_id, **root})
        rows = cursor.fetchall()
    areas = tuple(
        Area(
            kind=kind,
            rank=rank,
            code=code,
            name=name,
            name_en=name_en,
            place_id=place,
            boundary_id=None,
            edition_id=None,
            share=1.0,
            distance_m=0.0,
        )
        for kind, rank, code, name, name_en, place in rows
    )
    return Location(areas=areas, beside=(), reason=Found.INSIDE, doubts=())
