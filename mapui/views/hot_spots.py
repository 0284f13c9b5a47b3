"""Where to repair first: hot spots in words, then on a map, each with its cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from gis_data.models import Place, Street
from incidents.deadlines import Calendar, read_calendar
from incidents.hotspots import (
    LEVEL,
    PERMUTATIONS,
    Asked,
    Case,
    Counted,
    HotSpots,
    Quiet,
    Spot,
    Zone,
    cases_in,
    find_hot_spots,
    quiet_wards,
    read_streets,
    read_zone,
)
from incidents.models import Category, Report
from incidents.permissions import Actor
from incidents.priority import Priority, Weights, priority_of, read_weights

from .doors import for_staff
from .hot_spot_map import draw
from .on_paper import paper_of
from .remaining import Remaining, remaining

#: So many spots are told in words, and so many cases of one of them are listed.
TOLD, LISTED = 5, 200
#: How many days back one may look; a year where nobody says.
SPANS = (30, 90, 365)
WARDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What an address asks for: how far back, in which ward, which spot."""

    days: int
    ward: str
    spot: str

    def address(self, **other: str) -> str:
        """Return the query of the same page with something else asked for."""
        said = {"days": str(self.days), "ward": self.ward, "o": self.spot} | other
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def whole(self) -> str:
        """Ask for all of one's ground."""
        return self.address(ward="", o="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One incident of a spot, with how its score is made up."""

    report: Report
    case: Case
    priority: Priority
    clock: Remaining | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One hot spot as the page tells of it."""

    number: int
    spot: Spot
    name: str
    category: Category | None
    way: str
    order: str
    is_on: bool

    @property
    def per_km2(self) -> float:
        return self.spot.counted.incidents / self.spot.area_m2 * 1e6

    @property
    def per_road_km(self) -> float | None:
        metres = self.spot.road_m
        return self.spot.counted.incidents / metres * 1000 if metres >= 100 else None

    @property
    def one_in(self) -> int:
        """One time in how many chance alone would be as hot."""
        return round(1 / self.spot.p)


def read_way(said: QueryDict) -> Way:
    """Read what is asked for; what is no such thing is left out."""
    days = said.get("days", "")
    return Way(
        days=int(days) if days in map(str, SPANS) else SPANS[-1],
        ward=said.get("ward", "")[:32],
        spot=said.get("o", "")[:20],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was found for a way, and what it was asked with."""

    way: Way
    asked: Asked
    zone: Zone
    found: HotSpots
    streets: Sequence[Street]
    ward: Place | None

    @property
    def chosen(self) -> Spot | None:
        """The spot that the address names, while it is there."""
        spots = self.found.spots
        return next((each for each in spots if str(each.number) == self.way.spot), None)


def search(actor: Actor, way: Way, *, at: datetime) -> Search | None:
    """Find the hot spots of a person's units; none where they have no ground."""
    zone = read_zone(actor, on=localdate(at), ward=way.ward)
    if zone is None:
        return None
    ward = zone.places[0] if way.ward else None
    asked = Asked(
        actor=actor,
        since=at - timedelta(days=way.days),
        until=at,
        at=at,
        weights=read_weights(),
        ward=ward,
    )
    streets = read_streets(zone)
    found = find_hot_spots(asked, zone, streets)
    return Search(
        way=way, asked=asked, zone=zone, found=found, streets=streets, ward=ward
    )


@for_staff
@require_safe
def hot_spots(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Say where to repair first, show it on a map, and list one spot's cases."""
    if not actor.units:
        return redirect("mapui:workbench")
    now, way = timezone.now(), read_way(request.GET)
    done = search(actor, way, at=now)
    context: dict[str, Any] = {
        "way": way,
        "spans": _spans(way),
        "now": now,
        "paper": paper_of(request.path, way.address(), at=now),
    }
    if done is None:
        return render(request, "mapui/staff/hot_spots.html", context)
    found = done.found
    repeats = found.tally.again
    chosen = done.chosen
    cases = (
        cases_in(done.asked, done.zone.grid, chosen.cells, at_most=LISTED)
        if chosen
        else []
    )
    shown = list(found.spots[:TOLD])
    if chosen and chosen not in shown:
        shown.append(chosen)
    wards, categories = names_of(found, shown)
    calendar = read_calendar()
    rows = rows_of([*cases, *repeats], done.asked.weights, calendar, at=now)
    told = [
        told_of(each, found, way, wards, categories, is_on=each is chosen)
        for each in shown
    ]
    context |= {
        "found": found,
        "takes": way.address(o=""),
        "told": told,
        "more": len(found.spots) - len(told),
        "chosen": next((each for each in told if each.is_on), None),
        "rows": [rows[each.report] for each in cases],
        "repeats": [rows[each.report] for each in repeats],
        "share_of_points": _share(
            sum(each.counted.points for each in found.spots), found.total.points
        ),
        "share_of_ground": _share(
            sum(len(each.cells) for each in found.spots), len(found.cells)
        ),
        "wards": _wards(found, wards, way) if done.ward is None else [],
        "quiet": _quiet(done, on=localdate(now)),
        "ward": done.ward,
        "drawn": draw(found, shown, on=localdate(now)),
        "weights": done.asked.weights,
        "rule": settings.CITY.priority,
        "cells": len(found.cells),
        "level": round(LEVEL * 100),
        "permutations": PERMUTATIONS + 1,
        "listed": LISTED,
    }
    return render(request, "mapui/staff/hot_spots.html", context)


def told_of(
    spot: Spot,
    found: HotSpots,
    way: Way,
    wards: dict[int, Place],
    categories: dict[int, Category],
    *,
    is_on: bool,
) -> Told:
    """Tell of a spot by where it is and what it mostly is."""
    ward = wards.get(spot.called_by.ward or 0)
    where = ward.label if ward else _("No ward")
    street = spot.called_by.street
    query = way.address(o=str(spot.number))
    return Told(
        number=found.spots.index(spot) + 1,
        spot=spot,
        name=f"{street}, {where}" if street else where,
        category=categories.get(spot.called_by.category),
        way=f"?{query}#cases",
        order=f"?{query}",
        is_on=is_on,
    )


def rows_of(
    cases: list[Case], weights: Weights, calendar: Calendar, *, at: datetime
) -> dict[int, Row]:
    """Read the reports that cases are of, in one statement, with their scores."""
    ids = {0, *(case.report for case in cases)}
    reports = Report.objects.filter(pk__in=ids).with_its_ward().with_due_date()
    found = {each.pk: each for each in reports}
    return {
        case.report: Row(
            report=found[case.report],
            case=case,
            priority=priority_of(
                urgency=found[case.report].category.urgency,
                days_late=case.days_late,
                followers=case.followers,
                repeats=case.repeats,
                weights=weights,
            ),
            clock=_clock(found[case.report], calendar, at=at) if case.is_open else None,
        )
        for case in cases
    }


def _clock(report: Report, calendar: Calendar, *, at: datetime) -> Remaining | None:
    due_at = getattr(report, "due_at", None)
    return remaining(due_at, at=at, calendar=calendar) if due_at else None


def names_of(
    found: HotSpots, spots: list[Spot]
) -> tuple[dict[int, Place], dict[int, Category]]:
    """Read what wards and categories are called, in two statements."""
    wards = {ward or 0 for ward in found.tally.wards}
    # Nobody has the number 0: asked for with it, nothing costs what something does.
    return (
        Place.objects.in_bulk(sorted({0, *wards})),
        Category.objects.in_bulk(sorted({0, *(s.called_by.category for s in spots)})),
    )


def _wards(
    found: HotSpots, wards: dict[int, Place], way: Way
) -> list[tuple[Place, Counted, float | None, str]]:
    """Return the wards with most points, how thick it lies there, and a closer look."""
    rows = []
    for pk, counted in list(found.tally.wards.items())[:WARDS]:
        place = wards.get(pk or 0)
        if place is not None:
            area = place.official_area_km2
            dense = counted.incidents / area if area else None
            rows.append((place, counted, dense, way.address(ward=place.code, o="")))
    return rows if len(rows) > 1 else []


def _quiet(done: Search, *, on: date) -> list[tuple[Place, Quiet]]:
    """Return the wards of one's ground that tell of less than wards like them."""
    asked, root = done.asked, settings.CITY.root_place
    found = quiet_wards(since=asked.since, until=asked.until, on=on)
    named = Place.objects.in_bulk([0, *(each.place for each in found)])
    own = set(done.zone.ids)
    whole = any(
        (place.kind.code, place.code) == (root["kind"], root["code"])
        for place in done.zone.places
    )
    rows = [(named[each.place], each) for each in found if whole or each.place in own]
    return rows[:WARDS]


def _spans(way: Way) -> list[tuple[str, str, bool]]:
    return [
        (
            ngettext("%(n)s day", "%(n)s days", days) % {"n": days},
            way.address(days=str(days), o=""),
            days == way.days,
        )
        for days in SPANS
    ]


def _share(part: float, whole: float) -> str:
    """Say how many in a hundred, and never nought where there is something."""
    share = round(100 * part / whole) if whole else 0
    return _("under %(share)s") % {"share": 1} if part and not share else str(share)
