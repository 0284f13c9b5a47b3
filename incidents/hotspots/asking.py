"""What is counted for hot spots: the incidents of an agency in a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from gis_data.models import Place
from incidents.models import Incident, Report, ReportQuerySet, Status
from incidents.permissions import Actor, visible_to
from incidents.priority import Weights

#: What never was anything to repair, or is told by another case.
NO_INCIDENT = (
    Status.REFUSED,
    Status.WITHDRAWN,
    Status.EMERGENCY,
    Status.ANSWERED,
    Status.THANKED,
    Status.DUPLICATE,
)
#: What was handled, and can fail again.
HANDLED = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose incidents are asked about, of which time, and as of when."""

    actor: Actor
    since: datetime
    until: datetime
    at: datetime
    weights: Weights
    ward: Place | None = None  #: Only what lies in it today.

    @property
    def repeats_from(self) -> datetime:
        """From when on what was handled can have failed again in this time."""
        return self.since - timedelta(days=self.weights.repeat_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many incidents there are, and how they fare."""

    incidents: int = 0
    open: int = 0
    late: int = 0  #: Of the open ones.
    late_days: int = 0  #: How many days these are late, all together.
    followers: int = 0
    repeats: int = 0  #: How many came where the same had been handled shortly before.
    points: float = 0.0  #: Their priority scores together.

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            incidents=self.incidents + other.incidents,
            open=self.open + other.open,
            late=self.late + other.late,
            late_days=self.late_days + other.late_days,
            followers=self.followers + other.followers,
            repeats=self.repeats + other.repeats,
            points=self.points + other.points,
        )


def incidents_of(asked: Asked) -> ReportQuerySet:
    """Return the incidents of these units: each counts once, however often it is told.

    A duplicate is told by its master, a report of many by the head of its incident;
    planned work is no failure. What was handled shortly before is among them, for
    what came after it may be a repeat.
    """
    units = asked.actor.units
    mine = Q(organisation__in=units) | Q(subunit__in=units)
    came = Q(received_at__gte=asked.since) | Q(resolved_at__gte=asked.repeats_from)
    found = Report.objects.filter(
        mine,
        visible_to(asked.actor),
        came,
        received_at__lt=asked.until,
        kind=Report.Kind.REPORT,
        incident__isnull=True,
    ).exclude(status__in=NO_INCIDENT)
    planned = Incident.objects.filter(kind=Incident.Kind.PLANNED)
    found = found.exclude(pk__in=planned.values("head"))
    return found if asked.ward is None else found.filter(current_place=asked.ward)
