"""Gathering: what comes in close together, and what may belong to an incident.

Both are suggestions put before a person; nothing is put together by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection

from .models import Category, Incident, Report, ReportQuerySet
from .models.likeness import kindred, reach_of
from .models.status import ENDED

#: How long back and how far round one looks for what gathers, and how much is shown.
HOURS, METRES, ROUND_M, AT_MOST = 6, 300, 1000, 500


def may_belong(incident: Incident, *, at: datetime) -> ReportQuerySet:
    """Return the reports that are likely of an incident and in none yet, for a person.

    They are open, of its branch, told since shortly before it began, and lie where it
    does; those without a point are found by nobody and are added by hand.
    """
    category = incident.head.category
    free = Report.objects.open().filter(
        kindred(category),
        incident=None,
        headed=None,
        kind=Report.Kind.REPORT,
        category__is_public=category.is_public,
        received_at__gte=incident.starts_at - _before(category),
        received_at__lte=incident.closed_at or at,
    )
    if incident.area is None:
        return free.none()
    return free.filter(point__intersects=incident.area)


def gathered_round(spot: Point, category: Category, *, at: datetime) -> ReportQuerySet:
    """Return what of a branch came lately round a place and is in no incident yet."""
    reach = reach_of(category)
    lately = at - timedelta(hours=HOURS)
    free = Report.objects.open().filter(
        kindred(category),
        incident=None,
        headed=None,
        kind=Report.Kind.REPORT,
        received_at__range=(lately, at),
    )
    return free.near(spot, metres=max(ROUND_M, reach.metres))[:AT_MOST]


def _before(category: Category) -> timedelta:
    """How long before an incident was noted its first reports may have come."""
    return timedelta(days=reach_of(category).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Reports of one branch that came close together, and are in no incident yet."""

    branch: Category
    reports: tuple[int, ...]
    lon: float
    lat: float
    first_at: datetime
    last_at: datetime

    @property
    def count(self) -> int:
        return len(self.reports)


def clusters(
    *, at: datetime, hours: int = HOURS, metres: int = METRES, least: int = 5
) -> list[Cluster]:
    """Find what is gathering now: open reports of a branch, near in place and time."""
    _lon, lat = (
        settings.CITY.centre
    )  # The map's metres are longer away from its middle.
    asked: dict[str, Any] = {
        "since": at - timedelta(hours=hours),
        "at": at,
        "apart": metres / cos(radians(lat)),
        "least": least,
        "ended": sorted(ENDED),
    }
    with connection.cursor() as cursor:
        cursor.execute(GATHERING, asked)
        rows = cursor.fetchall()
    branches = Category.objects.in_bulk({row[0] for row in rows}) if rows else {}
    return [
        Cluster(
            branch=branches[branch],
            reports=tuple(ids),
            lon=lon,
            lat=lat,
            first_at=first,
            last_at=last,
        )
        for branch, ids, lon, lat, first, last in rows
    ]


GATHERING = """
WITH recent AS (
  SELECT r.id, r.point, r.received_at, coalesce(c.branch_id, c.id) AS branch
  FROM incidents_report r JOIN incidents_category c ON c.id = r.category_id
  WHERE r.received_at BETWEEN %(since)s AND %(at)s AND r.point IS NOT NULL
    AND r.incident_id IS NULL AND r.kind = 'report' AND r.status <> ALL(%(ended)s)
    AND NOT EXISTS (SELECT FROM incidents_incident i WHERE i.head_id = r.id)
), found AS (
  SELECT *, ST_ClusterDBSCAN(ST_Transform(point, 3857),
      %(apart)s, %(least)s)
    OVER (PARTITION BY branch) AS cluster
  FROM recent
)
SELECT branch, array_agg(id ORDER BY id), ST_X(ST_Centroid(ST_Collect(point))),
  ST_Y(ST_Centroid(ST_Collect(point))), min(received_at), max(received_at)
FROM found WHERE cluster IS NOT NULL
GROUP BY branch, cluster ORDER BY count(*) DESC, min(received_at)
"""
