"""Counted: how many reports each ward had, by today's boundaries or their day's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Count, Q

from gis_data.models import Place

from .filters import ReportFilter
from .models import ReportQuerySet, StatusGroup
from .models.status import ENDED, GROUPS


class Boundaries(StrEnum):
    """By which map reports are counted: a reform moves the past under one of them."""

    NOW = "now"  #: Where they lie today, so that years can be held side by side.
    THEN = "then"  #: Where they lay when they came, as was reported at the time.


COLUMN = {Boundaries.NOW: "current_place", Boundaries.THEN: "place"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the reports that came in a time; the parts add up to them."""

    received: int = 0
    open: int = 0
    late: int = 0  #: Of the open ones, those past their due date.
    done: int = 0
    refused: int = 0  #: Not accepted, or taken back.

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            received=self.received + other.received,
            open=self.open + other.open,
            late=self.late + other.late,
            done=self.done + other.done,
            refused=self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WardCounts:
    """The counts of one ward."""

    place: Place
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The counts of every ward that had a report, and of what lies in none."""

    wards: tuple[WardCounts, ...]
    placeless: Counts

    @property
    def total(self) -> Counts:
        """All of it: what lies in a ward, and what does not."""
        return sum((each.counts for each in self.wards), self.placeless)


def count_by_ward(
    reports: ReportQuerySet,
    *,
    since: date,
    until: date,
    by: Boundaries,
    at: datetime,
) -> Statistics:
    """Count by ward what came from `since` on and before `until`, in two statements.

    `reports` are what the reader may see. What has no ward by these boundaries, such as
    one that was split and is known by its name alone, is counted apart.
    """
    is_open = ~Q(status__in=sorted(ENDED))
    column = COLUMN[by]
    asked = ReportFilter(since=since, until=until)
    found = list(
        asked.keep(reports.with_due_date())
        .order_by()
        .values(column)
        .annotate(
            n_received=Count("pk"),
            n_open=Count("pk", filter=is_open),
            n_late=Count("pk", filter=is_open & Q(due_at__lt=at)),
            n_done=Count("pk", filter=_in(StatusGroup.DONE)),
            n_refused=Count("pk", filter=_in(StatusGroup.REFUSED)),
        )
    )
    counted = {
        each[column]: Counts(
            received=each["n_received"],
            open=each["n_open"],
            late=each["n_late"],
            done=each["n_done"],
            refused=each["n_refused"],
        )
        for each in found
    }
    placeless = counted.pop(None, Counts())
    places = Place.objects.filter(pk__in=list(counted)).order_by("name", "code")
    wards = [WardCounts(place=place, counts=counted[place.pk]) for place in places]
    return Statistics(wards=tuple(wards), placeless=placeless)


def _in(group: StatusGroup) -> Q:
    return Q(status__in=sorted(GROUPS[group]))
