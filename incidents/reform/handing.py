"""Handed over: on the day of a reform, once, whole batches of cases or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import cast

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import override

from gis_data.models import Boundary, Edition
from incidents import directives
from incidents.deadlines import Deadlines, read_deadlines
from incidents.errors import HandedOverAlready, NotYet
from incidents.history import Happening, naming, record_all
from incidents.models import (
    DecisionRecord,
    Event,
    Membership,
    Organisation,
    Reform,
    Report,
    ReportQuerySet,
    Status,
    Transfer,
)
from incidents.models.status import IN_HAND
from incidents.notifications import defer, tell_all
from incidents.permissions import WORKED
from incidents.staff_notices import staff_jobs

from .choosing import READ, Choice, Chooser
from .heirs import read_heirs
from .records import record_of, said_of
from .relocating import relocate
from .targets import Given, begin_anew

#: So many cases are moved in one transaction: a second's work, and never half of it.
BATCH = 1000
#: A statement takes no more parameters than the rows of so many.
BATCH_AT_MOST = 5000
#: Any number will do that nothing else on this database locks.
LOCK = 2025_0701
#: Nobody of the heir has promised anything yet in these; a result that awaits approval
#: is work done, and whoever approves is there. All else the heir must take up anew.
STAYING = frozenset({Status.TRANSFERRED, Status.REOPENED, Status.AWAITING})
UNTAKEN = frozenset({Status.TRANSFERRED, Status.REOPENED})
Say = Callable[[Reform], None]


def hand_over(
    *, on: date, at: datetime, batch: int = BATCH, say: Say | None = None
) -> Reform:
    """Give the open cases of units that are no more on that day to who carries on.

    First every report, open or ended, is told in which ward it lies by the map of the
    day; then cases go over batch by batch, each in one transaction. What is left to do
    is read from the cases themselves: a run that was killed is begun again, two at once
    take turns, and a second one finds nothing. Dates that were promised stay.

    `say` is called after each batch with the reform as it stands.
    """
    if on > localdate(at):
        raise NotYet
    if Reform.objects.filter(on__gt=on).exists():
        raise HandedOverAlready
    reform = _begin(on=on, at=at)
    since = reform.finished_at or reform.started_at
    for _count in relocate(reform):
        _say(reform, say)
    chooser = Chooser(read_heirs(on=on))
    deadlines = read_deadlines()
    batch = min(batch, BATCH_AT_MOST)
    while _move(reform, chooser, deadlines, since=since, at=at, batch=batch):
        _say(reform, say)
    reform.refresh_from_db()
    return reform


def due(*, at: datetime) -> date | None:
    """Return the day whose law is still to be carried out, if there is one.

    It is the last day on which a boundary or a unit began or ended, where that came to
    be known since the last hand-over, or where a unit that is no more has cases again.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, {"today": localdate(at), "zone": settings.TIME_ZONE})
        ((on, known),) = cursor.fetchall()
    newest = Reform.objects.order_by("on").last()
    if newest is None or on is None:
        return cast("date | None", on)
    on = max(on, newest.on)
    is_done = (
        newest.on == on
        and newest.finished_at is not None
        and newest.finished_at >= known
        and not waiting(on=localdate(at)).exists()
    )
    return None if is_done else on


def waiting(*, on: date) -> ReportQuerySet:
    """Keep the open cases in the hands of a unit that is no more on that day."""
    gone = Organisation.objects.filter(validity__endswith__lte=on)
    return Report.objects.filter(status__in=IN_HAND, organisation__in=gone)


def heirs_without_hands(*, on: date) -> list[str]:
    """Name the units that carry on for others and have nobody who could take a case."""
    following = read_heirs(on=on).heirs.values()
    heirs = {heir.id: heir.code for found in following for heir in found}
    held = Membership.objects.in_force(on=on).filter(
        organisation__in=heirs, role__in=WORKED, user__is_active=True
    )
    manned = set(held.values_list("organisation", flat=True))
    return sorted(code for unit, code in heirs.items() if unit not in manned)


def units_with_past_places(*, on: date) -> list[str]:
    """Name the units with somebody who works for a place alone that is no more.

    They see nothing of their unit's cases until they are given a place of today.
    """
    held = Membership.objects.in_force(on=on).filter(
        place__isnull=False, role__in=WORKED, user__is_active=True
    )
    there = Boundary.objects.known().in_force(on=on).filter(place=OuterRef("place"))
    left = held.filter(
        ~Exists(there), organisation__in=Organisation.objects.in_being(on=on)
    )
    codes = left.order_by("organisation__code").values_list("organisation__code")
    return [code for (code,) in codes.distinct()]


def has_moved_cases(edition: Edition) -> bool:
    """Tell whether cases have gone over to others by law since an edition came out.

    Then it cannot be taken back: the units of before would have to take them again.
    """
    reforms = Reform.objects.filter(on__gte=edition.starts_on)
    if edition.published_at is None or not reforms.exclude(moved=0, to_desk=0).exists():
        return False
    return by_law(since=edition.published_at).exists()


def by_law(*, since: datetime) -> QuerySet[Transfer]:
    """Keep the transfers that no person made, from a unit that had the case."""
    # What went along with another case has no decision of its own.
    given = Transfer.objects.filter(at__gte=since, by=None, decision__isnull=False)
    return given.filter(sender__isnull=False)


def _begin(*, on: date, at: datetime) -> Reform:
    with transaction.atomic():
        _take_turns()
        reform, _is_new = Reform.objects.get_or_create(
            on=on, defaults={"started_at": at}
        )
        left = waiting(on=on).count()
        reform.found = reform.moved + reform.to_desk + left
        reform.save(update_fields=["found"])
    return reform


@transaction.atomic
def _move(
    reform: Reform,
    chooser: Chooser,
    deadlines: Deadlines,
    *,
    since: datetime,
    at: datetime,
    batch: int,
) -> bool:
    """Move one batch, whole or not at all; where nothing waits, end the reform."""
    _take_turns()
    held = waiting(on=chooser.on).only(*READ).select_for_update(of=("self",))
    choices = chooser.choose(list(held.order_by("pk")[:batch]))
    if not choices:
        _tell_units(since=since)
        Reform.objects.filter(pk=reform.pk).update(finished_at=at)
        return False
    records = DecisionRecord.objects.bulk_create(
        record_of(each, on=chooser.on, at=at) for each in choices
    )
    # What staff will read on the case is written in the language of the city.
    with override(settings.LANGUAGE_CODE):
        reasons = [said_of(each) for each in choices]
    Transfer.objects.bulk_create(
        Transfer(
            report=each.report,
            sender_id=each.gone.id,
            organisation_id=each.heir.id if each.heir else None,
            decision=decision,
            reason=reason,
            at=at,
        )
        for each, decision, reason in zip(choices, records, reasons, strict=True)
    )
    told = zip(choices, reasons, strict=True)
    events = record_all(
        ((each.report, [_happening(each, reason)]) for each, reason in told), at=at
    )
    _put(choices, at=at)
    begin_anew([_given(each) for each in choices], deadlines, at=at)
    moving = [each.report.pk for each in choices]
    directives.hand_on(moving)
    directives.let_go(moving, at=at)
    tell_all(events, at=at)
    defer(
        job for event in events if not _is_summed_up(event) for job in staff_jobs(event)
    )
    moved = sum(each.heir is not None for each in choices)
    Reform.objects.filter(pk=reform.pk).update(
        moved=F("moved") + moved, to_desk=F("to_desk") + len(choices) - moved
    )
    return True


def _take_turns() -> None:
    """Let no other hand-over work until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _happening(choice: Choice, reason: str) -> Happening:
    if choice.heir is None:
        return Happening(
            code=Event.Code.RETURNED, arguments=naming(choice.gone), text=reason
        )
    gone = choice.gone
    return Happening(
        code=Event.Code.HANDED_OVER,
        arguments=naming(choice.heir)
        | {"predecessor": gone.name, "predecessor_en": gone.name_en or gone.name},
    )


def _put(choices: Sequence[Choice], *, at: datetime) -> None:
    """Put cases into their new hands, and let the heir's clock run for the old one."""
    ids = [each.report.pk for each in choices]
    units = [each.heir.id if each.heir else None for each in choices]
    statuses = [str(_status(each)) for each in choices]
    with connection.cursor() as cursor:
        cursor.execute(PUT, {"ids": ids, "units": units, "to": statuses, "at": at})
        cursor.execute(CLOCKS, {"ids": ids, "units": units, "at": at})
        cursor.execute(STOOD, {"ids": ids, "zone": settings.TIME_ZONE})


def _given(choice: Choice) -> Given:
    return Given(
        report=choice.report,
        unit=choice.heir.id if choice.heir else None,
        is_to_take=_status(choice) in UNTAKEN,
    )


def _status(choice: Choice) -> Status:
    if choice.heir is None:
        return Status.RETURNED
    was = Status(choice.report.status)
    return was if was in STAYING else Status.TRANSFERRED


def _is_summed_up(event: Event) -> bool:
    """Whether staff hear of it in one letter about all that came over to their unit."""
    return event.code == Event.Code.HANDED_OVER


def _tell_units(*, since: datetime) -> None:
    """Ask for one letter to each unit about all that it took over since a moment."""
    taken = by_law(since=since).filter(organisation__isnull=False)
    # By the latest of all, so that what came over since the last letter has its own.
    last = taken.order_by("organisation_id", "-pk").distinct("organisation_id")
    events = (
        Event.objects.filter(
            code=Event.Code.HANDED_OVER, report__in=last.values("report")
        )
        .order_by("report", "-sequence")
        .distinct("report")
    )
    defer(job for event in events for job in staff_jobs(event))


def _say(reform: Reform, say: Say | None) -> None:
    if say is not None:
        reform.refresh_from_db()
        say(reform)


#: The last day on which something began or ended, and since when all of it was known.
CHANGED = """
SELECT max(day), max(greatest(day::timestamp AT TIME ZONE %(zone)s, seen)) FROM (
  SELECT unnest(ARRAY[lower(b.validity), upper(b.validity)]) AS day,
    CASE WHEN upper_inf(b.recorded) THEN lower(b.recorded) ELSE upper(b.recorded) END
      AS seen
  FROM gis_data_boundary b
  JOIN gis_data_place p ON p.id = b.place_id
  JOIN gis_data_placekind k ON k.id = p.kind_id
  WHERE k.rank IS NOT NULL AND NOT isempty(b.recorded)
  UNION ALL
  SELECT upper(validity), NULL FROM incidents_organisation
) changes
WHERE day <= %(today)s::date
"""
PUT = """
UPDATE incidents_report r SET organisation_id = m.unit, status = m.status,
  assignee_id = NULL, paused_until = NULL, version = version + 1, updated_at = %(at)s,
  subunit_id = NULL, sub_assigned_on = NULL, is_arbitrated = FALSE,
  approval = CASE WHEN m.status = 'awaiting' THEN approval ELSE '' END,
  committed_on = CASE WHEN m.unit IS NOT NULL THEN committed_on END
FROM unnest(%(ids)s::bigint[], %(units)s::bigint[], %(to)s::text[])
  AS m(id, unit, status)
WHERE r.id = m.id
"""
#: The heir stands where the unit stood: what had run, and what is due, goes over.
CLOCKS = """
WITH stopped AS (
  UPDATE incidents_clock c SET stopped_at = %(at)s
  FROM unnest(%(ids)s::bigint[], %(units)s::bigint[]) AS m(id, unit)
  WHERE c.report_id = m.id AND c.party = 'unit' AND c.stopped_at IS NULL
  RETURNING c.report_id, m.unit, c.rule_id, c.started_at, c.due_at, c.is_firm,
    c.calendar_version)
INSERT INTO incidents_clock (report_id, party, organisation_id, rule_id, started_at,
  due_at, is_firm, calendar_version)
SELECT report_id, 'unit', unit, rule_id, started_at, due_at, is_firm, calendar_version
FROM stopped WHERE unit IS NOT NULL
"""
#: What had been granted to the unit is the heir's: days it stood still, days added.
STOOD = """
WITH heirs AS (
  SELECT old.id AS was, new.id AS now
  FROM incidents_clock old JOIN incidents_clock new ON new.report_id = old.report_id
    AND new.party = 'unit' AND new.stopped_at IS NULL
  WHERE old.report_id = ANY(%(ids)s) AND old.party = 'unit'
    AND old.stopped_at IS NOT NULL AND old.started_at = new.started_at
), extended AS (
  UPDATE incidents_extension e SET clock_id = now FROM heirs WHERE clock_id = was
)
UPDATE incidents_clockpause p
SET clock_id = coalesce((SELECT now FROM heirs WHERE was = p.clock_id), p.clock_id),
  ended_at = coalesce(p.ended_at, p.until::timestamp AT TIME ZONE %(zone)s)
FROM incidents_clock c
WHERE c.id = p.clock_id AND c.report_id = ANY(%(ids)s)
  AND (p.ended_at IS NULL OR p.clock_id IN (SELECT was FROM heirs))
"""
