"""Laid over each other: how much of each place of before lies in each of after.

Areas are over the ground, as everywhere: see `checking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

import numpy as np
import shapely
from django.contrib.gis.geos import MultiPolygon

from .checking import areas_m2
from .models import Boundary, Place, PlaceKind

#: Less than this is how coordinates are rounded.
LEAST_M2 = 1.0
#: From this share on a pair is one that the law should name.
TELLING_SHARE = 0.05

Key = TypeVar("Key", int, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heirloom(Generic[Key]):
    """The ground that passed from one place to another."""

    before: Key
    after: Key
    area_m2: float
    share: float  #: Of the ground of the one before.


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Generic[Key]):
    """How far a map and a table tell the same: which pairs there are, and how large."""

    area_m2: float  #: Of places of before inside those of after.
    official_m2: float  #: Of that, in pairs that the table names.
    telling: int  #: Pairs of a share that the law should name.
    telling_official: int
    unnamed: tuple[
        Heirloom[Key], ...
    ]  #: Telling pairs that it does not, largest first.
    unseen: tuple[tuple[Key, Key], ...]  #: Pairs it names of which the map shows none.
    strange: tuple[Key, ...]  #: Places of before that it names no heir of.

    @property
    def of_area(self) -> float:
        """The part of the ground that lies in pairs of the table."""
        return self.official_m2 / self.area_m2 if self.area_m2 else 0.0

    @property
    def of_pairs(self) -> float:
        """The part of the telling pairs that are in the table."""
        return self.telling_official / self.telling if self.telling else 0.0


def measure(
    *,
    kind_before: PlaceKind,
    kind_after: PlaceKind,
    on: date,
    only: Collection[str] | None = None,
) -> tuple[Heirloom[int], ...]:
    """Lay what was in force the day before `on` over what is in force on it.

    Pairs are of place ids. `only` are the codes of before that are asked for.
    """
    one, other = in_force(kind_before, until=on), in_force(kind_after, on=on)
    if only is not None:
        one = {code: shape for code, shape in one.items() if code in only}
    ids = {
        (kind, code): pk
        for pk, kind, code in Place.objects.filter(
            kind__in=[kind_before, kind_after]
        ).values_list("pk", "kind_id", "code")
    }
    return overlay(
        {ids[kind_before.pk, code]: shape for code, shape in one.items()},
        {ids[kind_after.pk, code]: shape for code, shape in other.items()},
    )


def in_force(
    kind: PlaceKind, *, on: date | None = None, until: date | None = None
) -> dict[str, MultiPolygon]:
    """Return by code what is in force of a kind on a day, or was the day before one."""
    day = on or (until or date.max) - timedelta(days=1)
    held = Boundary.objects.known().in_force(on=day).filter(place__kind=kind)
    return dict(held.order_by("place__code").values_list("place__code", "shape"))


def ground_m2(shapes: Iterable[MultiPolygon]) -> float:
    """Return how much ground places cover together."""
    read = shapely.from_wkb([bytes(each.wkb) for each in shapes])
    return sum(areas_m2(np.array(read)))


def overlay(
    before: Mapping[Key, MultiPolygon], after: Mapping[Key, MultiPolygon]
) -> tuple[Heirloom[Key], ...]:
    """Return every pair that shares ground, the largest part of each place first."""
    if not before or not after:
        return ()
    old_keys, new_keys = list(before), list(after)
    old = np.array(shapely.from_wkb([bytes(each.wkb) for each in before.values()]))
    new = np.array(shapely.from_wkb([bytes(each.wkb) for each in after.values()]))
    shapely.prepare(old)
    one, other = shapely.STRtree(new).query(old, predicate="intersects")
    common = shapely.intersection(old[one], new[other])
    whole, parts = areas_m2(old), areas_m2(common)
    found = [
        Heirloom(
            before=old_keys[a],
            after=new_keys[b],
            area_m2=area,
            share=area / whole[a],
        )
        for a, b, area in zip(one, other, parts, strict=True)
        if area >= LEAST_M2
    ]
    return tuple(sorted(found, key=lambda each: (str(each.before), -each.area_m2)))


def agreement(
    measured: Collection[Heirloom[Key]], official: Collection[tuple[Key, Key]]
) -> Agreement[Key]:
    """Hold what a map shows against what a table names."""
    named = set(official)
    known = {before for before, _after in named}
    held = [each for each in measured if (each.before, each.after) in named]
    telling = [each for each in measured if each.share >= TELLING_SHARE]
    unnamed = [each for each in telling if (each.before, each.after) not in named]
    drawn = {each.before for each in measured}
    seen = {(each.before, each.after) for each in held}
    return Agreement(
        area_m2=sum(each.area_m2 for each in measured),
        official_m2=sum(each.area_m2 for each in held),
        telling=len(telling),
        telling_official=len(telling) - len(unnamed),
        unnamed=tuple(sorted(unnamed, key=lambda each: -each.share)),
        unseen=tuple(sorted(pair for pair in named - seen if pair[0] in drawn)),
        strange=tuple(sorted(drawn - known)),
    )
