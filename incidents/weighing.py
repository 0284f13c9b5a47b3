"""Weighed again: what a decision rested on, rule by rule, for those who check it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from .decisions import Basis, Claim, Decision
from .models import DecisionRecord, Report
from .routing import route
from .surroundings import NO_ROAD, WITHIN_M


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One rule on the scales: whether it carried the decision, and what it rests on."""

    claim: Claim
    won: bool
    rests_on: str = ""  #: The road, ward or territory, by name.
    metres: float | None = None  #: How far the thing is that it rests on.
    percent: int | None = None  #: How much of what the point may be lies in the area.
    #: What it asks of the surroundings; of one set aside, what is not met.
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """Every rule of the category that speaks of a point: what counted, what did not."""

    counted: tuple[Weight, ...]  #: The strongest first.
    set_aside: tuple[Weight, ...]
    #: The areas next to the point where it may lie as well, each with its share of the
    #: point in percent.
    beside: tuple[tuple[str, int], ...] = ()

    @property
    def ids(self) -> list[int]:
        """The responsibilities on either side."""
        return [each.claim.responsibility for each in (*self.counted, *self.set_aside)]

    @property
    def runner_up(self) -> Weight | None:
        """The strongest lead of another unit than those that carried the decision."""
        winners = {each.claim.unit for each in self.counted if each.won}
        leads = (each for each in self.counted if each.claim.leads)
        return next((each for each in leads if each.claim.unit not in winners), None)


def weigh_again(record: DecisionRecord, report: Report) -> Weighing | None:
    """Put on the scales again what was decided then, as we knew things then.

    Nothing where it no longer comes out so: rules were mended after the fact, or it was
    not routing that decided. Two statements, as routing takes.
    """
    said = record.inputs
    lon, lat = said.get("lon"), said.get("lat")
    if said.get("category") != report.category.code:
        return None
    decision = route(
        None if lon is None or lat is None else Point(lon, lat, srid=4326),
        report.category,
        record.at,
        accuracy=said.get("accuracy") or 0,
        ward_id=said.get("ward"),
        address=report.address,
        asset=report.asset,
        known_at=record.at,
    )
    again = [claim.responsibility for claim in decision.weighed]
    return weighing_of(decision) if again == record.responsibilities else None


def weighing_of(decision: Decision) -> Weighing:
    """Lay out what a decision weighed."""
    won = {claim.responsibility for claim in decision.claims}
    counted = (
        _weight(claim, decision, won=claim.responsibility in won)
        for claim in decision.weighed
    )
    aside = (
        Weight(claim=claim, won=False, conditions=tuple(_unmet(claim, decision)))
        for claim in decision.set_aside
    )
    return Weighing(
        counted=tuple(counted),
        set_aside=tuple(aside),
        beside=tuple(
            (each.name, round(100 * each.share)) for each in decision.location.beside
        ),
    )


def _weight(claim: Claim, decision: Decision, *, won: bool) -> Weight:
    asked = tuple(condition(name, said) for name, said in claim.conditions.items())
    if claim.thing is not None:
        thing = claim.thing
        name, metres = thing.name or thing.code, thing.metres
        return Weight(
            claim=claim, won=won, rests_on=name, metres=metres, conditions=asked
        )
    areas = (*decision.location.areas, *decision.location.beside)
    area = next((each for each in areas if each.place_id == claim.place_id), None)
    return Weight(
        claim=claim,
        won=won,
        rests_on=area.name if area else "",
        percent=round(100 * area.share) if area and decision.has_point else None,
        conditions=asked,
    )


def _unmet(claim: Claim, decision: Decision) -> list[str]:
    """Say why a rule does not apply here: what is not near, or what does not hold."""
    meant = decision.surroundings.as_measured()
    if claim.basis is Basis.ASSET:
        within = WITHIN_M if claim.within_m is None else claim.within_m
        thing = meant.matching(
            kind=claim.asset_kind,
            asset_class=claim.asset_class,
            code=claim.asset_code,
            within=within,
        )
        if thing is None:
            said = _("needs %(thing)s within %(metres)s m, which is not here")
            return [said % {"thing": thing_named(claim), "metres": f"{within:g}"}]
    else:
        thing = None
    return [
        condition(name, said)
        for name, said in claim.conditions.items()
        if not meant.holds({name: said}, thing)
    ]


def thing_named(claim: Claim) -> str:
    """Say what thing a rule about assets speaks of."""
    if claim.asset_code:
        return f"{claim.asset_kind} {claim.asset_code}"
    kind, of = claim.asset_kind, claim.asset_class
    if kind == "road":
        return road_class(of) if of else _("a road")
    return f"{kind} ({of})" if of else kind


def road_class(code: str) -> str:
    """Say what class of road is meant, in words."""
    return {
        "city": _("a road of the city"),
        "ward": _("a road of the ward"),
        "internal": _("an internal road"),
        NO_ROAD: _("no road"),
    }.get(code, code)


def condition(name: str, said: Any) -> str:
    """Say in words what a rule asks of the surroundings."""
    if name == "alley":
        if said:
            return _("only where the address is in an alley")
        return _("only where the address is not in an alley")
    if name == "spans":
        if said == "several":
            return _("only what crosses a ward line")
        return _("only what lies in one ward")
    if name == "junction":
        return _("only at a junction") if said else _("only away from junctions")
    if name == "road":
        roads = ", ".join(road_class(each) for each in said)
        return _("only where the road at hand is: %(roads)s") % {"roads": roads}
    return f"{name}: {said}"
