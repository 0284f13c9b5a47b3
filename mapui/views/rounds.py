"""A round: from case to case in a good order, on the map, on paper, in a navigator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from gis_data.fallbacks import office_of
from gis_data.models import DefaultPoint
from incidents.deadlines import read_calendar
from incidents.models import Category, Organisation, Report, ReportQuerySet
from incidents.permissions import Actor
from incidents.rounds import Leg, Stop, in_good_order
from incidents.waypoints import Waypoint, as_gpx
from incidents.worklist import Term, terms, to_visit
from mapui.templatetags.staff import directions, staff_address, where

from .city_map import first_view, map_words
from .doors import for_staff
from .unit import Job, job_of

#: So many cases make a round, the most pressing; nobody goes to more in a day.
STOPS_AT_MOST = 60
#: Which part of the work one may go round, by its name in addresses.
PARTS: Mapping[str, Promise] = {
    "mine": pgettext_lazy("a round", "Given to me"),
    "today": pgettext_lazy("a round", "Late or due today"),
    "all": gettext_lazy("All in hand"),
}
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a round begins, in degrees."""

    lon: float
    lat: float
    label: str
    is_own: bool = False  #: The device's own position, which is kept nowhere.


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One stop of a round, with its turn in it."""

    number: int
    job: Job
    metres: float | None  #: From the stop before, as the crow flies.

    @property
    def report(self) -> Report:
        return self.job.report


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which cases to go to, and from where."""

    part: str
    chosen: tuple[str, ...]
    here: tuple[float, float] | None

    def of(self, work: ReportQuerySet, actor: Actor, *, at: datetime) -> ReportQuerySet:
        """Keep the cases that are asked for."""
        due = terms(at=at)
        parts = {
            "mine": Q(assignee=actor.user),
            "today": due[Term.LATE] | due[Term.TODAY],
            CHOSEN: Q(public_id__in=self.chosen),
        }
        return work.filter(parts.get(self.part, Q()))


def read_asked(said: QueryDict) -> Asked:
    """Read what is asked for; without a word it is what was given to the person."""
    chosen = tuple(each.partition(":")[0] for each in said.getlist("chosen"))
    part = said.get("of", "")
    if chosen:
        part = CHOSEN
    return Asked(
        part=part if part in {*PARTS, CHOSEN} else "mine",
        chosen=chosen[:STOPS_AT_MOST],
        here=_position(said.get("lat", ""), said.get("lon", "")),
    )


@for_staff
@require_http_methods(["GET", "HEAD", "POST"])
def visits(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Put the chosen cases into a good order, with the way there and on paper.

    Where the device is comes in the body of a request: no address holds it, and it is
    written down nowhere.
    """
    if not actor.units:
        return redirect("mapui:workbench")
    now = timezone.now()
    asked = read_asked(request.POST if request.method == "POST" else request.GET)
    found = asked.of(to_visit(actor, at=now), actor, at=now)
    rows = list(found.with_its_ward().with_first_photo()[: STOPS_AT_MOST + 1])
    shown = rows[:STOPS_AT_MOST]
    start = _start(asked, actor) if shown else None
    turns = _turns(shown, actor, start=start, at=now)
    context: dict[str, Any] = {
        "actor": actor,
        "asked": asked,
        "parts": [(name, label, asked.part == name) for name, label in PARTS.items()],
        "start": start,
        "turns": turns,
        "metres": sum(turn.metres or 0 for turn in turns),
        "placeless": [each for each in shown if each.point is None],
        "is_cut": len(rows) > STOPS_AT_MOST,
        "at_most": STOPS_AT_MOST,
        "now": now,
        "pins": _pins(turns, start),
        "map_words": map_words(),
        "first_view": first_view(),
    }
    return render(request, "mapui/staff/round.html", context)


@for_staff
@require_POST
def round_file(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Give the round as it stands on the page as a GPX file."""
    now = timezone.now()
    chosen = read_asked(request.POST).chosen
    found = to_visit(actor, at=now).filter(public_id__in=chosen, point__isnull=False)
    cases = {each.public_id: each for each in found.with_its_ward()}
    stops = [
        _waypoint(number, cases[each])
        for number, each in enumerate((e for e in chosen if e in cases), start=1)
    ]
    said = _("Round of %(day)s") % {"day": f"{localdate(now):%d/%m/%Y}"}
    answer = HttpResponse(as_gpx(stops, name=said, at=now), "application/gpx+xml")
    name = f"round-{localdate(now):%Y-%m-%d}.gpx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _position(lat: str, lon: str) -> tuple[float, float] | None:
    """Return longitude and latitude, where both are said and lie in the city's box."""
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        return None
    west, south, east, north = settings.CITY.bounds
    return (x, y) if west <= x <= east and south <= y <= north else None


def _start(asked: Asked, actor: Actor) -> Start | None:
    """Begin where the device is, or else at the office; or nowhere in particular."""
    if asked.here is not None:
        lon, lat = asked.here
        return Start(lon=lon, lat=lat, label=_("Where you are"), is_own=True)
    places = Organisation.objects.filter(pk__in=actor.units, place__isnull=False)
    found = office_of(places.values("place"), on=localdate())
    if found is None:
        return None
    is_office = found.kind == DefaultPoint.Kind.OFFICE
    label = _("Your unit's office") if is_office else _("The middle of your ward")
    return Start(lon=found.point.x, lat=found.point.y, label=label)


def _turns(
    rows: list[Report], actor: Actor, *, start: Start | None, at: datetime
) -> list[Turn]:
    """Order what has a point; what is urgent is gone to first."""
    cases = {each.pk: each for each in rows if each.point is not None}
    if not cases:
        return []
    stops = [_stop(each) for each in cases.values()]
    begin = (start.lon, start.lat) if start else None
    legs: list[Leg] = in_good_order(stops, start=begin)
    calendar = read_calendar()
    return [
        Turn(
            number=number,
            job=job_of(cases[leg.stop.key], actor, at=at, calendar=calendar),
            metres=leg.metres,
        )
        for number, leg in enumerate(legs, start=1)
    ]


def _stop(report: Report) -> Stop:
    point = report.point
    if point is None:
        raise RuntimeError("Only what has a point can be gone to.")
    is_urgent = report.category.urgency == Category.Urgency.URGENT
    return Stop(key=report.pk, lon=point.x, lat=point.y, rank=0 if is_urgent else 1)


def _pins(turns: list[Turn], start: Start | None) -> dict[str, Any]:
    """Return what the map draws: the stops in their order, and where it begins."""
    return {
        "start": start and [round(start.lon, 6), round(start.lat, 6)],
        "stops": [
            {
                "at": [round(point.x, 6), round(point.y, 6)],
                "number": turn.number,
                "title": turn.report.category.label,
                "where": where(turn.report),
                "due": turn.job.clock.label if turn.job.clock else "",
                "state": turn.job.clock.state if turn.job.clock else "fine",
                "case": reverse("mapui:staff-case", args=[turn.report.public_id]),
                "directions": directions(turn.report),
            }
            for turn in turns
            if (point := turn.report.point)
        ],
    }


def _waypoint(number: int, report: Report) -> Waypoint:
    point = report.point
    if point is None:
        raise RuntimeError("Only what has a point can be gone to.")
    return Waypoint(
        name=f"{number}. {report.category.label}",
        about=where(report),
        lon=point.x,
        lat=point.y,
        link=staff_address(report),
    )
