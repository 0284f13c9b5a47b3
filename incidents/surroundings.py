"""Surrounded: what stands near a point, and which of it a rule may mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from gis_data.locating import POSITION_TOLERANCE_M

from .errors import UnknownCondition

#: Two roads this near meet at the point: what lies there belongs to the junction.
JUNCTION_M = 12.0
#: How far a thing may stand and still be meant, where its rule says nothing else.
WITHIN_M = 20.0
#: How far from a point things are looked for at least; no rule may reach further.
AROUND_M = 30.0
#: And at most: what is known no better than this is not known.
AROUND_AT_MOST_M = 120.0
ROAD, NO_ROAD = "road", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An asset of that day near the point: a road, a canal, a lamp."""

    id: int
    kind: str
    asset_class: str
    code: str
    name: str
    spans: int  #: In how many areas of the most local level it lies.
    metres: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The things that a report may mean, kind by kind, nearest first."""

    things: Mapping[str, tuple[Thing, ...]]
    in_alley: bool = False

    def matching(
        self, *, kind: str, asset_class: str, code: str, within: float
    ) -> Thing | None:
        """Return the nearest thing that a rule speaks of, if it is near enough."""
        kept = (
            each
            for each in self.things.get(kind, ())
            if asset_class in ("", each.asset_class)
            and code in ("", each.code)
            and each.metres <= within
        )
        return next(kept, None)

    def holds(self, conditions: Mapping[str, Any], thing: Thing | None) -> bool:
        """Tell whether every condition of a rule is met, for the thing it rests on."""
        return all(
            CONDITIONS[name](self, thing, said) for name, said in conditions.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The things near a point, nearest first, and what the address says of it."""

    things: tuple[Thing, ...] = ()
    in_alley: bool = False
    named: str = ""  #: The code of the asset that the reporter named.
    around_m: float = AROUND_M  #: How far they were looked for.

    def as_measured(self) -> Meant:
        """Mean the one that was named, or the nearest with all at its junction."""
        return self._meant(lambda alike, one: one.metres <= _reach(alike))

    def at_most(self, slack: float) -> Meant:
        """Mean all that could be meant, were the point up to `slack` metres off."""
        return self._meant(
            lambda alike, one: one.metres <= _reach(alike) + slack, nearer=slack
        )

    def at_least(self, slack: float) -> Meant:
        """Mean only what is meant wherever within `slack` metres the point is."""

        def is_sure(alike: tuple[Thing, ...], one: Thing) -> bool:
            others = (each.metres for each in alike if each.id != one.id)
            furthest = one.metres + slack
            return furthest <= max(
                JUNCTION_M, min(others, default=self.around_m) - slack
            )

        return self._meant(is_sure, nearer=-slack)

    def _meant(
        self, keeps: Callable[[tuple[Thing, ...], Thing], bool], *, nearer: float = 0
    ) -> Meant:
        meant = {}
        for kind in dict.fromkeys(each.kind for each in self.things):
            alike = self._alike(kind)
            meant[kind] = tuple(
                replace(each, metres=max(0.0, each.metres - nearer))
                for each in alike
                if keeps(alike, each) or each.code == self.named
            )
        return Meant(things=meant, in_alley=self.in_alley)

    def _alike(self, kind: str) -> tuple[Thing, ...]:
        """Return the things of a kind, or just the one that was named."""
        alike = tuple(each for each in self.things if each.kind == kind)
        said = tuple(each for each in alike if self.named and each.code == self.named)
        if said:
            return tuple(replace(each, metres=0.0) for each in said)
        return alike


def around(slack: float) -> float:
    """Return how far things are looked for, where a point may be `slack` metres off."""
    return min(AROUND_M + max(0.0, slack - POSITION_TOLERANCE_M), AROUND_AT_MOST_M)


def _reach(alike: tuple[Thing, ...]) -> float:
    return max(JUNCTION_M, alike[0].metres)


def check_conditions(conditions: Mapping[str, Any]) -> None:
    """Refuse a condition that nobody could weigh."""
    for name, said in conditions.items():
        taken = TAKEN.get(name)
        if taken is None or not taken(said):
            raise UnknownCondition(
                _("“%(name)s: %(said)s” is no condition of a rule.")
                % {"name": name, "said": said}
            )


def _is_in_alley(meant: Meant, thing: Thing | None, said: bool) -> bool:
    return meant.in_alley is said


def _spans(meant: Meant, thing: Thing | None, said: str) -> bool:
    return thing is not None and (thing.spans > 1) is (said == "several")


def _on_road(meant: Meant, thing: Thing | None, said: list[str]) -> bool:
    near = [each for each in meant.things.get(ROAD, ()) if each.metres <= WITHIN_M]
    return bool({each.asset_class for each in near} & set(said)) or (
        not near and NO_ROAD in said
    )


def _at_junction(meant: Meant, thing: Thing | None, said: bool) -> bool:
    near = {
        each.name for each in meant.things.get(ROAD, ()) if each.metres <= JUNCTION_M
    }
    return (len(near) > 1) is said


#: What a rule may ask of the surroundings, and the values each may take.
CONDITIONS: dict[str, Callable[[Meant, Thing | None, Any], bool]] = {
    "alley": _is_in_alley,  #: The address lies in an alley.
    "spans": _spans,  #: The thing lies in one ward, or in several.
    "road": _on_road,  #: The road at hand is of one of these classes, or "none".
    "junction": _at_junction,  #: Two roads meet here.
}
TAKEN: dict[str, Callable[[Any], bool]] = {
    "alley": lambda said: isinstance(said, bool),
    "spans": lambda said: said in ("one", "several"),
    "road": lambda said: (
        isinstance(said, list)
        and bool(said)
        and all(isinstance(one, str) for one in said)
    ),
    "junction": lambda said: isinstance(said, bool),
}
