"""Chosen: which heir takes over one case, or why a person has to say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy

from gis_data.atlas import Atlas
from gis_data.models import Edition
from incidents.mass_routing import Asked, route_many
from incidents.models import Report

from .heirs import Heirs, Unit, only_heirs


class Why(StrEnum):
    """What made one heir take over, or what left it open."""

    ONLY = "only"  #: Nobody else carries on for the unit.
    GROUND = "ground"  #: The case lies in the heir's own place.
    WARD = "ward"  #: So does all of the ward that was named, where no point was given.
    RULES = "rules"  #: The rules of the day name it.
    NOBODY = "nobody"  #: No law says who carries on.
    OPEN = "open"  #: Several carry on, and nothing tells which of them here.


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A case, the unit that is no more, and who takes it over; nobody for the desk."""

    report: Report
    gone: Unit
    heir: Unit | None
    why: Why
    among: tuple[Unit, ...]


#: What is read of a case to find its heir.
READ = (
    "pk",
    "public_id",
    "received_at",
    "kind",
    "status",
    "organisation_id",
    "category_id",
    "point",
    "accuracy",
    "address",
    "asset",
    "declared_ward_id",
)


class Chooser:
    """The law and the map of one day, held in memory for any number of cases."""

    def __init__(self, heirs: Heirs, *, draft: Edition | None = None) -> None:
        self.heirs = heirs
        self._draft = draft
        self._atlas: Atlas | None = None

    @property
    def on(self) -> date:
        """The day it knows."""
        return self.heirs.on

    @property
    def atlas(self) -> Atlas:
        """The map of the day, read once, and only if somebody asks."""
        if self._atlas is None:
            self._atlas = Atlas.read(on=self.on, draft=self._draft)
        return self._atlas

    def choose(self, reports: Sequence[Report]) -> list[Choice]:
        """Find the heir of each case, in the order given.

        The statements do not grow with the cases. One heir takes all. Of several it
        is the one whose place the case lies in; without a point, whose place holds
        the whole ward that was named. Where heirs have no places, the rules of the day
        say which of them.
        """
        grounds = self._grounds(reports)
        found = [self._by_place(each, grounds.get(each.pk, {})) for each in reports]
        ruled = self._by_rules([each.report for each in found if _is_for_rules(each)])
        return [ruled.get(each.report.pk, each) for each in found]

    def _by_place(self, report: Report, grounds: Mapping[int, Why]) -> Choice:
        unit = report.organisation_id or 0
        among = self.heirs.of(unit)
        heir, why = None, Why.OPEN if among else Why.NOBODY
        if len(among) == 1:
            heir, why = among[0], Why.ONLY
        else:
            there = [each for each in among if each.place_id in grounds]
            if len(there) == 1 and there[0].place_id is not None:
                heir, why = there[0], grounds[there[0].place_id]
        gone = self.heirs.gone[unit]
        return Choice(report=report, gone=gone, heir=heir, why=why, among=among)

    def _grounds(self, reports: Iterable[Report]) -> dict[int, dict[int, Why]]:
        """Tell of each case that several could take over which places it lies in."""
        unsure = [
            each
            for each in reports
            if len(self.heirs.of(each.organisation_id or 0)) > 1
        ]
        kinds = self.heirs.kinds({each.organisation_id or 0 for each in unsure})
        grounds: defaultdict[int, dict[int, Why]] = defaultdict(dict)
        pinned = [each for each in unsure if each.point is not None]
        if pinned and kinds:
            self._lay(pinned, kinds, grounds)
        named = [
            (each.pk, each.declared_ward_id)
            for each in unsure
            if each.point is None and each.declared_ward_id is not None
        ]
        if named:
            wards = only_heirs({ward for _pk, ward in named}, on=self.on)
            for pk, ward in named:
                if ward in wards:
                    grounds[pk][wards[ward]] = Why.WARD
        return grounds

    def _lay(
        self,
        reports: Sequence[Report],
        kinds: Sequence[str],
        grounds: dict[int, dict[int, Why]],
    ) -> None:
        """Look points up in the map of the day; beside all areas the nearest counts."""
        spots = [each.point for each in reports if each.point is not None]
        points = numpy.array([(spot.x, spot.y) for spot in spots], dtype=numpy.float64)
        covered = numpy.zeros(len(points), dtype=bool)
        for kind in kinds:
            places = self.atlas.places(points, kind=kind)
            covered |= places > 0
            for report, place in zip(reports, places.tolist(), strict=True):
                if place:
                    grounds[report.pk][place] = Why.GROUND
        beside = numpy.flatnonzero(~covered)
        if not len(beside):
            return
        located = self.atlas.locate(points[beside])
        for turn, location in zip(beside.tolist(), located, strict=True):
            for area in location.areas:
                if area.kind in kinds:
                    grounds[reports[turn].pk].setdefault(area.place_id, Why.GROUND)

    def _by_rules(self, reports: Sequence[Report]) -> dict[int, Choice]:
        """Ask the rules of the day about what the places leave open."""
        if not reports:
            return {}
        known = {each.pk: each for each in reports}
        found = {}
        questions = [asked(each) for each in reports]
        for number, decision in route_many(questions, on=self.on, draft=self._draft):
            report, named = known[number], decision.organisation
            among = self.heirs.of(report.organisation_id or 0)
            heir = next((each for each in among if named and each.id == named.id), None)
            if heir is not None:
                found[number] = Choice(
                    report=report,
                    gone=self.heirs.gone[report.organisation_id or 0],
                    heir=heir,
                    why=Why.RULES,
                    among=among,
                )
        return found


def _is_for_rules(choice: Choice) -> bool:
    """Whether places could not tell: an heir has none, as a company has a territory."""
    return choice.why is Why.OPEN and any(not each.place_id for each in choice.among)


def asked(report: Report) -> Asked:
    """Put a report as the question that routing answers."""
    point = report.point
    return Asked(
        number=report.pk,
        point=(point.x, point.y) if point else None,
        category_id=report.category_id,
        at=report.received_at,
        accuracy=report.accuracy or 0,
        ward_id=report.declared_ward_id,
        address=report.address,
        asset=report.asset,
    )
