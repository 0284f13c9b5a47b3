"""Routed in bulk: many problems, each decided about as `route` decides about one.

The map, what stands on it and the rules are read once for all days on which they are
the same, and held in memory; what `route` asks of the database is asked of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.utils.timezone import get_current_timezone, localdate

from gis_data.atlas import Atlas
from gis_data.fallbacks import DEFAULT_POINT_M, default_points
from gis_data.inventory import Inventory, Standing
from gis_data.locating import POSITION_TOLERANCE_M, Location
from gis_data.measuring import Numbers, Truths, between, scales
from gis_data.models import Edition

from .decisions import Decision
from .models import Category
from .routing import answered, declared, most_local
from .rulebook import Rulebook
from .surroundings import Surroundings, Thing, around

#: So many problems are taken at a time; so many decisions are kept for the next.
AT_ONCE, KEPT = 20_000, 50_000
#: Of so many stretches of days the map, the assets and the rules are held.
DAYS_HELD = 8
Held = TypeVar("Held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One problem to be routed: what `route` is given about it, under a number."""

    number: int
    point: tuple[float, float] | None  #: Longitude and latitude, in degrees.
    category_id: int
    at: datetime
    accuracy: float = 0  #: In metres.
    ward_id: int | None = None  #: The place that the reporter named.
    address: str = ""
    asset: str = ""  #: The code on a plate.


def route_many(
    asked: Iterable[Asked], *, on: date | None = None, draft: Edition | None = None
) -> Iterator[tuple[int, Decision]]:
    """Decide about each, in the order given, as `route` would; reads, never writes.

    Each is weighed on its own local day, or all of them on one. A draft of boundaries
    stands in for what is in force of its kind. Whether many told of a point before is
    a question about other reports, which is left out. Equal evidence is decided once,
    so one decision may be given for several numbers.
    """
    router = _Router(on=on, draft=draft)
    coming = iter(asked)
    while batch := list(islice(coming, AT_ONCE)):
        decisions = router.decide(batch)
        yield from zip((each.number for each in batch), decisions, strict=True)


class _Days(Generic[Held]):
    """Something that is the same on many days: read once for each stretch of them."""

    def __init__(self, read: Callable[[date], Held], *, turns: str) -> None:
        self._read = read
        self._held: OrderedDict[int, Held] = OrderedDict()
        with connection.cursor() as cursor:
            cursor.execute(turns)
            self._turns = sorted(turn for (turn,) in cursor.fetchall() if turn)

    def stretch(self, day: date) -> int:
        """Return the number of the stretch of days that a day is in."""
        return bisect_right(self._turns, day)

    def on(self, day: date) -> Held:
        """Return what there was on a day."""
        stretch = self.stretch(day)
        if stretch not in self._held:
            self._held[stretch] = self._read(day)
        self._held.move_to_end(stretch)
        while len(self._held) > DAYS_HELD:
            self._held.popitem(last=False)
        return self._held[stretch]


class _Router:
    """What decisions are made from, as far as it was read by now."""

    def __init__(self, *, on: date | None, draft: Edition | None) -> None:
        self._on = on
        self._maps = _Days(lambda day: _Map(on=day, draft=draft), turns=MAP_TURNS)
        self._assets = _Days(lambda day: Inventory.read(on=day), turns=ASSET_TURNS)
        self._rules = _Days(lambda day: _Law(on=day), turns=RULE_TURNS)
        self._zone = get_current_timezone()
        self._alley = settings.CITY.alley
        rows = Category.objects.values_list("pk", "needs_place")
        self._needs_place: dict[int, bool] = dict(rows)
        self._named: dict[int | None, Location] = {}

    def decide(self, asked: Sequence[Asked]) -> list[Decision]:
        """Decide about each, in the order given."""
        groups: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        days = [self._on or localdate(each.at, self._zone) for each in asked]
        stretches = (self._maps, self._assets, self._rules)
        for turn, day in enumerate(days):
            same = tuple(each.stretch(day) for each in stretches)
            groups[asked[turn].point is not None, *same].append(turn)
        found: dict[int, Decision] = {}
        for (has_point, *_), turns in groups.items():
            decide = self._with_points if has_point else self._without
            decisions = decide([asked[turn] for turn in turns], on=days[turns[0]])
            found.update(zip(turns, decisions, strict=True))
        return [found[turn] for turn in range(len(asked))]

    def _without(self, asked: Sequence[Asked], *, on: date) -> Iterator[Decision]:
        """Decide about those without a point, by the ward that was named."""
        law = self._rules.on(on)
        for each in asked:
            if each.ward_id not in self._named:
                self._named[each.ward_id] = declared(each.ward_id)
            yield self._decided(each, self._named[each.ward_id], law=law)

    def _with_points(self, asked: Sequence[Asked], *, on: date) -> Iterator[Decision]:
        law, map_ = self._rules.on(on), self._maps.on(on)
        points = np.array([each.point for each in asked], dtype=np.float64)
        scale = scales(points)
        accuracy = np.array([each.accuracy for each in asked], dtype=np.float64)
        located = map_.atlas.locate(points, accuracy=accuracy)
        is_default = map_.are_default(points, scale).tolist()
        metres = np.array(
            [around(max(each.accuracy, POSITION_TOLERANCE_M)) for each in asked]
        )
        near = self._assets.on(on).around(points, scale=scale, metres=metres)
        for each, location, standing, falls_back in zip(
            asked, located, near, is_default, strict=True
        ):
            yield self._decided(
                each,
                location,
                law=law,
                near=standing if location.areas else (),
                is_default=falls_back and bool(location.areas),
            )

    def _decided(
        self,
        asked: Asked,
        location: Location,
        *,
        law: _Law,
        near: Sequence[tuple[Standing, float]] = (),
        is_default: bool = False,
    ) -> Decision:
        """Decide from all that was read; what is equal is decided once."""
        slack = max(asked.accuracy, POSITION_TOLERANCE_M)
        in_alley = bool(self._alley.search(asked.address))
        location = answered(location, asked.ward_id)
        key = (
            id(location),  # Of one that is kept, for the decision keeps it.
            asked.category_id,
            asked.ward_id,
            asked.asset,
            slack,
            in_alley,
            asked.point is None,
            is_default,
        )
        if not near and key in law.decided:
            return law.decided[key]
        reach = around(slack)
        decision = Decision(
            location=location,
            rules=law.rules.about(
                asked.category_id,
                places=tuple(most_local(location)),
                kinds=frozenset(one.kind for one, _ in near),
                codes=[one.code for one, _ in near],
            ),
            surroundings=Surroundings(
                things=_things(near, within=reach),
                in_alley=in_alley,
                named=asked.asset,
                around_m=reach,
            ),
            slack_m=slack,
            has_point=asked.point is not None,
            needs_point=self._needs_place[asked.category_id],
            declared=asked.ward_id,
            is_default_point=is_default,
        )
        if not near:
            law.keep(key, decision)
        return decision


class _Law:
    """The rules of a day, and what was decided by them where nothing stands near."""

    def __init__(self, *, on: date) -> None:
        self.rules = Rulebook.read(on=on)
        self.decided: dict[tuple[object, ...], Decision] = {}

    def keep(self, key: tuple[object, ...], decision: Decision) -> None:
        """Keep a decision for equal evidence; when there are too many, start anew."""
        if len(self.decided) >= KEPT:
            self.decided.clear()
        self.decided[key] = decision


class _Map:
    """The map of a day, with the points that others fall back to."""

    def __init__(self, *, on: date, draft: Edition | None) -> None:
        self.atlas = Atlas.read(on=on, draft=draft)
        self._defaults = np.array(default_points(on=on)).reshape(-1, 2)
        self._tree = shapely.STRtree([shapely.Point(each) for each in self._defaults])

    def are_default(self, points: Numbers, scale: Numbers) -> Truths:
        """Tell of each point if maps answer it when they know no better."""
        found = np.zeros(len(points), dtype=bool)
        spot, default = self._tree.query(
            shapely.points(points),
            predicate="dwithin",
            distance=2 * DEFAULT_POINT_M / scale.min(axis=1),
        )
        away = between(points[spot], self._defaults[default], scale=scale[spot])
        found[spot[away <= DEFAULT_POINT_M]] = True
        return found


def _things(
    near: Sequence[tuple[Standing, float]], *, within: float
) -> tuple[Thing, ...]:
    """Return what stands near enough, nearest first."""
    things = [
        Thing(
            id=one.id,
            kind=one.kind,
            asset_class=one.asset_class,
            code=one.code,
            name=one.name,
            spans=one.spans,
            metres=away,
        )
        for one, metres in near
        if (away := round(metres, 3)) <= within
    ]
    things.sort(key=lambda each: (each.metres, each.kind, each.code))
    return tuple(things)


MAP_TURNS = """
SELECT lower(validity) FROM gis_data_boundary WHERE upper_inf(recorded)
UNION SELECT upper(validity) FROM gis_data_boundary WHERE upper_inf(recorded)
"""
ASSET_TURNS = """
SELECT lower(validity) FROM gis_data_asset
UNION SELECT upper(validity) FROM gis_data_asset
"""
RULE_TURNS = """
SELECT lower(validity) FROM incidents_responsibility
UNION SELECT upper(validity) FROM incidents_responsibility
UNION SELECT lower(validity) FROM incidents_organisation
UNION SELECT upper(validity) FROM incidents_organisation
UNION SELECT "on" FROM incidents_organisationsuccession
"""
