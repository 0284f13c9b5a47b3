"""One filter for list, tile, count and export, so that they always agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.contrib.gis.geos import Polygon
from django.db.models import Q, Value
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.utils.timezone import get_default_timezone

from gis_data.models import Place
from gis_data.succession import Resolution

from .models import Report, ReportQuerySet, StatusGroup
from .models.status import GROUPS
from .models.weeks import weeks_of_today


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFilter:
    """What of the public reports is asked for; nothing given keeps everything.

    `since` is the first day of receipt, `until` the first day no longer, both local.
    Places, categories and organisations are given as ids, a category with all under it.
    A place means what lies in it by the boundaries of today, or with `then` what lay in
    it when it was reported.
    """

    bbox: Polygon | None = None
    categories: frozenset[int] | None = None
    groups: frozenset[StatusGroup] | None = None
    places: frozenset[int] | None = None
    organisations: frozenset[int] | None = None
    since: date | None = None
    until: date | None = None
    words: str = ""
    current_on: date | None = None  #: Open, or ended in the months before this day.
    placed: bool | None = None  #: Whether there is a point on the map for it.
    then: bool = False
    former: tuple[Resolution, ...] = ()  #: What was asked for by a code of before.
    current: tuple[Place, ...] = ()  #: What was asked for by a code in force.

    def public(self) -> ReportQuerySet:
        """Return the public reports that pass."""
        return self.keep(Report.objects.public())

    def keep(self, reports: ReportQuerySet) -> ReportQuerySet:
        """Keep of `reports` what passes."""
        if self.bbox is not None:
            reports = reports.shown_in(self.bbox)
        return reports.filter(self.condition())

    def condition(self) -> Q:
        """Return all but the box as a condition on the report's own columns."""
        asked = Q()
        if self.categories is not None:
            asked &= Q(category__in=sorted(self.categories))
        if self.groups is not None:
            members = {str(one) for group in self.groups for one in GROUPS[group]}
            asked &= Q(status__in=sorted(members))
        if self.places is not None:
            column = "place" if self.then else "current_place"
            asked &= Q((f"{column}__in", sorted(self.places)))
        if self.organisations is not None:
            asked &= Q(organisation__in=sorted(self.organisations))
        if self.since is not None:
            asked &= Q(received_at__gte=_midnight(self.since))
        if self.until is not None:
            asked &= Q(received_at__lt=_midnight(self.until))
        if self.placed is not None:
            asked &= Q(public_point__isnull=not self.placed)
        if self.current_on is not None:
            asked &= Q(ended_week__in=weeks_of_today(self.current_on))
        if self.words:
            asked &= ~Q(public_title="") & self._saying()
        return asked

    def _saying(self) -> Q:
        """Return which titles hold the words, in small letters or large.

        Among all years an index of titles finds them. What is of today is little, and
        lies together in an index that has its titles: there they are read one by one.
        """
        if self.current_on is None:
            return Q(public_title__icontains=self.words)
        where = StrIndex(Upper("public_title"), Upper(Value(self.words)))
        return Q(GreaterThan(where, 0))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, tzinfo=get_default_timezone())
