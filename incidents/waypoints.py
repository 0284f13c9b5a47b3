"""Waypoints: a round as a file that a navigator or a watch leads along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gpxpy.gpx import GPX, GPXRoute, GPXRoutePoint, GPXWaypoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """One stop: its turn and what is to be done there, in degrees."""

    name: str
    about: str
    lon: float
    lat: float
    link: str = ""  #: Where more of it is told, to who may read it.


def as_gpx(stops: Iterable[Waypoint], *, name: str, at: datetime) -> str:
    """Write a round as GPX 1.1: as a route in its order, and each stop as a waypoint.

    Some devices read the one and some the other.
    """
    file = GPX()
    file.creator, file.name, file.time = name, name, at
    route = GPXRoute(name=name)
    for stop in stops:
        lat, lon = round(stop.lat, 6), round(stop.lon, 6)
        along = GPXRoutePoint(lat, lon, name=stop.name, description=stop.about)
        route.points.append(along)
        waypoint = GPXWaypoint(lat, lon, name=stop.name, description=stop.about)
        waypoint.link = stop.link or None  # type: ignore[assignment]
        file.waypoints.append(waypoint)
    file.routes.append(route)
    return str(file.to_xml(version="1.1"))
