"""Gathered: on top of the season, one flood put together and works announced ahead.

Both by the very verbs of the desk; but nobody is told, as of nothing in a demo.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point
from django.db import connection
from django.utils.timezone import localdate

from accounts.models import User
from gis_data.geometry import disc_ewkb
from incidents.announcing import Words as Said
from incidents.announcing import announce, group
from incidents.errors import OutsideTheMap
from incidents.intake import Telling, receive
from incidents.models import Category, Channel, Event, Incident, Organisation, Report
from incidents.permissions import Actor, actor_of

from .ground import beside
from .words import Happening, Words

#: So many tell of the flood, so far round one place; the works lie as far round theirs.
TOLD, SCATTER_M, ROUND_M = 5, 60.0, 300


def keep_incidents(
    words: Words, *, by: User | None, at: datetime, seed: int
) -> list[Incident]:
    """Open the incidents that a city tells of, beside what its demo has told."""
    actor = actor_of(by, on=localdate(at)) if by else None
    if actor is None:
        return []
    rng = Random(seed)  # noqa: S311
    made = [
        incident
        for each in words.incidents
        for incident in [_open(each, words, by=actor, at=at, rng=rng)]
        if incident is not None
    ]
    heads = [each.head_id for each in made]
    Report.objects.filter(pk__in=heads).update(is_demo=True)
    Report.objects.filter(incident__in=made).update(is_demo=True)
    events = Event.objects.filter(at=at, report__is_demo=True)
    with connection.cursor() as cursor:
        cursor.execute(UNASKED, {"events": list(events.values_list("pk", flat=True))})
    return made


def _open(
    told: Happening, words: Words, *, by: Actor, at: datetime, rng: Random
) -> Incident | None:
    """Open one where its branch was told of last, by a unit that there is today."""
    near = Report.objects.filter(
        is_demo=True, public_point__isnull=False, category__branch__code=told.category
    )
    last = near.order_by("-received_at", "pk").select_related("category").first()
    unit = Organisation.objects.filter(code=told.organisation).first()
    if last is None or last.public_point is None or unit is None:
        return None
    if localdate(at) not in unit.validity:
        return None
    if told.kind == Incident.Kind.PLANNED:
        return _announce(told, unit, last.public_point, by=by, at=at)
    category = last.category
    spot = (last.public_point.x, last.public_point.y)
    return _group(told, words, unit, category, spot, by=by, at=at, rng=rng)


def _group(
    told: Happening,
    words: Words,
    unit: Organisation,
    category: Category,
    spot: tuple[float, float],
    *,
    by: Actor,
    at: datetime,
    rng: Random,
) -> Incident | None:
    """Let some more tell of the same, and put theirs together for one unit."""
    ids: list[int] = []
    for _turn in range(TOLD):
        say = rng.choice(words.subjects[category.code].say)
        telling = Telling(
            category=category,
            place_source=Report.PlaceSource.TAP,
            point=beside(spot, metres=SCATTER_M, rng=rng),
            description=words.fill(say, ward="", rng=rng),
            public=True,
            by_hand=True,
        )
        with suppress(OutsideTheMap):
            ids.append(receive(telling, channel=Channel.HOTLINE, at=at).report.pk)
    if not ids:
        return None
    incident, _added = group(
        Report.objects.filter(pk__in=ids),
        words=_words(told),
        category=Category.objects.get(code=told.category),
        to=unit,
        by=by,
        at=at,
    )
    return incident


def _announce(
    told: Happening, unit: Organisation, spot: Point, *, by: Actor, at: datetime
) -> Incident:
    """Announce works that have begun, round a place that people have reported from."""
    disc = GEOSGeometry(disc_ewkb(spot.x, spot.y, metres=ROUND_M))
    begins = at.replace(minute=0, second=0, microsecond=0)
    return announce(
        unit,
        category=Category.objects.get(code=told.category),
        area=MultiPolygon(disc, srid=4326),
        words=_words(told),
        starts_at=begins,
        ends_at=begins + timedelta(hours=told.hours),
        by=by,
        at=at,
    )


def _words(told: Happening) -> Said:
    return Said(
        title=told.title, title_en=told.title_en, text=told.text, text_en=told.text_en
    )


#: Letters to staff about what was only made up.
UNASKED = """
DELETE FROM procrastinate_jobs
WHERE task_name = 'incidents.tell_staff'
  AND (args->>'event_id')::bigint = ANY(%(events)s)
"""
