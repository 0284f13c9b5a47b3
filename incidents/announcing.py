"""Announced: an incident is opened before or while many meet it, and ends for all.

A flood is put together from reports by an operator; a planned outage is announced by
the unit that will do the work. Either is worked on by its head, a case of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.db import connection, transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from . import clocks, grouping, handover, resolution
from .deadlines import read_deadline
from .errors import Missing, NotAllowed, NotNow
from .hands import start_unit_clock
from .intake import Telling, receive
from .models import (
    Category,
    Channel,
    Incident,
    Organisation,
    Report,
    ReportQuerySet,
    Target,
    Transfer,
)
from .models.likeness import reach_of
from .notifications import tell
from .permissions import Actor, Side
from .workflow import take

#: An area of reports is drawn so wide round the outermost of them, at the least.
ROUND_M = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What anyone reads of an incident, in both languages."""

    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    where: str = ""

    def kept(self) -> dict[str, str]:
        """Return them as they are kept, or say that it is called nothing."""
        said = {
            name: normalize("NFC", getattr(self, name)).strip()
            for name in ("title", "title_en", "text", "text_en", "where")
        }
        if not said["title"]:
            raise Missing(_("Say in a few words what it is."), field="title")
        return said


@transaction.atomic
def group(
    reports: ReportQuerySet,
    *,
    words: Words,
    category: Category,
    to: Organisation | None,
    by: Actor,
    at: datetime,
    reason: str = "",
) -> tuple[Incident, grouping.Added]:
    """Put reports of one matter together under a head that one unit works on.

    What the operator calls it is public at once, where its category may be at all. The
    area is drawn round the points that strangers see, so that it points at nobody.
    """
    if not by.is_desk:
        raise NotAllowed
    said = words.kept()
    if to is None:
        raise Missing(_("Choose the unit that works on it."), field="organisation")
    ids = list(reports.values_list("pk", flat=True))
    area, first_at = _round(ids, category)
    if area is None or first_at is None:
        raise Missing(
            _("Choose reports that have a place on the map."), field="reports"
        )
    head = _head(area, category, said, at=at, public=True)
    head = handover.accept_and_transfer(
        head, to=to, by=by, at=at, reason=reason or said["title"]
    )
    head = take("approve_title", head, by=by, at=at, public_title=said["title"]).report
    incident = Incident.objects.create(
        head=head,
        kind=Incident.Kind.GROUPED,
        area=area,
        starts_at=first_at,
        opened_at=at,
        opened_by=by.user,
        approved_at=at,
        approved_by=by.user,
        **said,
    )
    added = grouping.add(incident, reports, by=by, at=at)
    if not added.count:  # Sent a second time, or somebody was quicker.
        raise NotNow(_("None of these reports is free any more. Look at them again."))
    return incident, added


@transaction.atomic
def announce(
    unit: Organisation,
    *,
    category: Category,
    area: MultiPolygon | None,
    words: Words,
    starts_at: datetime | None,
    ends_at: datetime | None,
    by: Actor,
    at: datetime,
) -> Incident:
    """Say before anybody reports it what will be done where, and until when.

    Its date is the unit's own word: both clocks are due when it said it would end. What
    it says is public once an operator approved it; at once, where the unit is let to.
    """
    if not may_announce(unit, by):
        raise NotAllowed
    said = words.kept()
    if area is None:
        raise Missing(_("Draw the area, or choose wards."), field="area")
    if starts_at is None:
        raise Missing(_("Say when it begins."), field="starts_at")
    if ends_at is None or ends_at <= max(starts_at, at):
        raise Missing(_("Give an end to come, after the beginning."), field="ends_at")
    head = _head(area, category, said, at=at, public=True)
    is_approved = by.is_desk or unit.announces_itself
    taken = take(
        "announce",
        head,
        by=by,
        at=at,
        proven=frozenset({Side.UNIT}),
        organisation=unit,
        accepted_at=at,
        is_public=head.is_public and is_approved,
        public_title=said["title"] if is_approved else "",
    )
    head = taken.report
    Transfer.objects.create(report=head, organisation=unit, by=by.user, at=at)
    incident = Incident.objects.create(
        head=head,
        kind=Incident.Kind.PLANNED,
        area=area,
        starts_at=starts_at,
        ends_at=ends_at,
        opened_at=at,
        opened_by=by.user,
        approved_at=at if is_approved else None,
        approved_by=by.user if is_approved else None,
        **said,
    )
    start_unit_clock(head, read_deadline(category, on=localdate(at)), at=at)
    clocks.go_by_plan(head, until=ends_at)
    # Nobody waits for what was to be met by when: it is not reported, it is announced.
    clocks.meet(head, frozenset(Target), at=at)
    return incident


def may_announce(unit: Organisation, by: Actor) -> bool:
    """Tell whether this person speaks for a unit: the desk, a focal point, a leader."""
    return by.is_desk or unit.pk in by.units & by.rosters


@transaction.atomic
def approve(incident: Incident, *, by: Actor, at: datetime) -> Incident:
    """Let anyone read what a unit announces; it is read over by an operator first."""
    held = _held(incident)
    if held.approved_at is not None:
        raise NotNow(_("It was approved already."))
    if held.is_over:
        raise NotNow(_("It is over already."))
    take(
        "approve_title",
        held.head,
        by=by,
        at=at,
        public_title=held.title,
        is_public=held.head.category.is_public,
    )
    held.approved_at, held.approved_by = at, by.user
    held.save(update_fields=["approved_at", "approved_by"])
    return held


@transaction.atomic
def change_end(
    incident: Incident,
    *,
    until: datetime | None,
    by: Actor,
    at: datetime,
    text: str = "",
) -> Incident:
    """Expect the end at another time and say why; who follows and reported is told.

    What the unit announced is due then; what was put together from reports keeps the
    dates that were promised to each.
    """
    held = _held(incident)
    if until is None or until <= max(held.starts_at, at):
        raise Missing(_("Give an end to come, after the beginning."), field="until")
    said = {"until": _moment(until)}
    if held.ends_at is not None:
        said["was"] = _moment(held.ends_at)
    taken = take("change_end", held.head, by=by, at=at, text=text, arguments=said)
    held.ends_at = until
    held.save(update_fields=["ends_at"])
    if held.kind == Incident.Kind.PLANNED:
        clocks.go_by_plan(taken.report, until=until)
    tell(taken.event, at=at)
    return held


@transaction.atomic
def end(incident: Incident, *, by: Actor, at: datetime, text: str) -> Incident:
    """Say that what was announced is over; everybody who waits for it is told.

    What the unit announced itself is over by its own word; the result of what was put
    together from reports is filed and approved like that of any case.
    """
    held = _held(incident)
    if held.kind != Incident.Kind.PLANNED:
        raise NotNow(_("File the result of its case; it answers every report in it."))
    resolution.conclude(held.head, by=by, at=at, text=text)
    held.refresh_from_db()
    return held


def _held(incident: Incident) -> Incident:
    """Hold an incident after the case that heads it, as who publishes its result."""
    Report.objects.select_for_update(of=("self",)).get(pk=incident.head_id)
    held = Incident.objects.select_for_update(of=("self",))
    return held.select_related("head__category").get(pk=incident.pk)


def _head(
    area: MultiPolygon,
    category: Category,
    said: dict[str, str],
    *,
    at: datetime,
    public: bool,
) -> Report:
    """File the case that the incident is worked on by, in the midst of its area."""
    spot = area.point_on_surface
    telling = Telling(
        category=category,
        place_source=Report.PlaceSource.TAP,
        point=Point(spot.x, spot.y, srid=4326),
        description=said["text"] or said["title"],
        public=public,
        by_hand=True,
    )
    return receive(telling, channel=Channel.INTERNAL, at=at).report


def _moment(at: datetime) -> str:
    return date_format(localtime(at), "H:i, d/m/Y")


def _round(
    ids: Sequence[int], category: Category
) -> tuple[MultiPolygon | None, datetime | None]:
    """Draw the area of reports by what strangers see of them; say when it began."""
    metres = max(ROUND_M, reach_of(category).metres)
    with connection.cursor() as cursor:
        cursor.execute(ROUND, {"reports": list(ids), "metres": metres})
        ((shape, first_at),) = cursor.fetchall()
    if shape is None:
        return None, None
    drawn = GEOSGeometry(memoryview(shape))
    parts = [drawn] if isinstance(drawn, Polygon) else []
    return MultiPolygon(*parts, srid=4326), first_at


#: Round the points that are public, as wide as the city looks for the like of them.
ROUND = """
SELECT ST_AsEWKB(ST_Buffer(ST_ConvexHull(ST_Collect(public_point))::geography,
    %(metres)s)::geometry), min(received_at)
FROM incidents_report WHERE id = ANY(%(reports)s) AND public_point IS NOT NULL
"""
