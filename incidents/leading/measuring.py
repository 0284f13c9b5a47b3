"""Measured: each case's handlings made anew from what is kept of it, once it changed.

The database marks a case in the transaction that changes it; whoever measures takes the
marks and reads what the case has come to. Nothing that writes a case waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from .worked_days import keep_worked_days, worked_until

#: So many marks are taken in one transaction.
AT_ONCE = 20_000
#: Any number will do that nothing else on this database locks.
LOCK = 730_1200
#: What tells a reporter something of the case itself, and is no mere change of state.
WORDS = [
    "answered",
    "committed",
    "emergency",
    "info_requested",
    "made_safe",
    "message",
    "not_found",
    "not_true",
    "paused",
    "progress",
    "refused",
    "resolved",
    "thanked",
]


def measure(*, at: datetime) -> int:
    """Measure every case that was marked until now; return how many marks it took."""
    taken = 0
    while marks := _measure_some(at=at):
        taken += marks
    return taken


@transaction.atomic
def measure_between(first: int, last: int, *, at: datetime) -> None:
    """Measure the cases of these ids, marked or not: what was written in bulk."""
    keep_worked_days(at=at)
    _anew("BETWEEN %(first)s AND %(last)s", {"first": first, "last": last})


def hold_measured() -> None:
    """Let nothing be measured anew until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def _measure_some(*, at: datetime) -> int:
    hold_measured()
    with connection.cursor() as cursor:
        keep_worked_days(at=at)
        cursor.execute(TAKE, [AT_ONCE])
        marks: Sequence[tuple[int]] = cursor.fetchall()
    if marks:
        _anew("= ANY (%(ids)s)", {"ids": sorted({report for (report,) in marks})})
    return len(marks)


def _anew(which: str, asked: dict[str, int | list[int]]) -> None:
    given: dict[str, Any] = {**asked, "zone": settings.TIME_ZONE, "words": WORDS}
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM incidents_handling WHERE report_id {which}",  # noqa: S608
            given,
        )
        cursor.execute(_statement(which), given)


def _statement(which: str) -> str:
    """Write the one statement that measures; each minute is counted at two moments."""

    def between(since: str, until: str, days: tuple[str, str]) -> str:
        begun, over = worked_until(since, days[0]), worked_until(until, days[1])
        known = f"{days[0]}.before IS NOT NULL AND {days[1]}.before IS NOT NULL"
        return f"CASE WHEN {known} THEN greatest(0, round({over} - {begun}))::int END"

    return MEASURE.format(
        which=which,
        taken=between("ack_from", "acked_at", ("handed", "acked")),
        answered=between("m.opened_at", "told_at", ("opened", "told")),
        worked=between("m.opened_at", "ended_at", ("opened", "ended")),
    )


TAKE = """
DELETE FROM incidents_casemark WHERE id IN (
    SELECT id FROM incidents_casemark ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING report_id
"""
MEASURE = """
WITH asked AS (
    SELECT r.id, r.status, r.received_at, r.resolved_at, r.updated_at,
        r.organisation_id, r.category_id, r.place_id, r.current_place_id,
        c.due_at AS citizen_due, c.stopped_at AS citizen_stopped
    FROM incidents_report r
    LEFT JOIN incidents_clock c ON c.report_id = r.id AND c.party = 'citizen'
    WHERE r.id {which} AND NOT r.is_quarantined
        AND NOT EXISTS (SELECT FROM incidents_incident i
            WHERE i.head_id = r.id)
), opened AS (
    SELECT a.id, 0 AS sequence, a.received_at AS opened_at FROM asked a
    UNION ALL
    SELECT e.report_id, e.sequence, e.at FROM asked a
    JOIN incidents_event e ON e.report_id = a.id
    WHERE e.code = 'reopened' AND e.visibility = 'reporter'
), rounds AS (
    SELECT o.*, row_number() OVER of_case AS round,
        lead(o.opened_at) OVER of_case AS reopened_at,
        lead(o.sequence) OVER of_case AS reopened_by
    FROM opened o WINDOW of_case AS (PARTITION BY o.id ORDER BY o.sequence)
), ended AS (
    SELECT a.*, r.round, r.sequence, r.opened_at, r.reopened_at, r.reopened_by,
        CASE WHEN r.reopened_by IS NOT NULL THEN coalesce((
                SELECT max(e.at) FROM incidents_event e WHERE e.report_id = a.id
                AND e.code IN ('resolved', 'not_true', 'not_found')
                AND e.sequence BETWEEN r.sequence AND r.reopened_by), r.reopened_at)
            WHEN a.status IN ('resolved', 'closed')
                THEN coalesce(a.resolved_at, a.citizen_stopped, a.updated_at)
            WHEN a.status IN ('answered', 'thanked', 'refused', 'emergency',
                'withdrawn', 'duplicate')
                THEN coalesce((
                    SELECT max(e.at) FROM incidents_event e WHERE e.report_id = a.id
                    AND e.sequence > r.sequence AND e.visibility = 'reporter'
                    AND e.code = CASE a.status WHEN 'duplicate' THEN 'merged'
                        ELSE a.status END), a.citizen_stopped, a.updated_at)
            END AS ended_at,
        CASE WHEN r.reopened_by IS NOT NULL OR a.status IN ('resolved', 'closed')
                THEN 'result'
            WHEN a.status IN ('answered', 'thanked') THEN 'answered'
            WHEN a.status IN ('refused', 'emergency') THEN 'refused'
            WHEN a.status = 'withdrawn' THEN 'withdrawn'
            WHEN a.status = 'duplicate' THEN 'joined' ELSE '' END AS ending
    FROM asked a JOIN rounds r ON r.id = a.id
), measured AS (
    SELECT n.*, unit.organisation_id AS clocked_unit, unit.due_at AS unit_due,
        hands.hands, hands.last_unit, pauses.stood, result.outcome, result.unproven,
        result.organisation_id AS result_unit, rating.score,
        greatest(hands.handed_at, n.opened_at) AS ack_from, (
            SELECT min(e.at) FROM incidents_event e WHERE e.report_id = n.id
            AND e.sequence > n.sequence
            AND (n.reopened_by IS NULL OR e.sequence < n.reopened_by)
            AND e.code IN ('acknowledged', 'started') AND e.at >= hands.handed_at
        ) AS acked_at, least(CASE WHEN n.ending IN ('result', 'answered', 'refused')
            THEN n.ended_at END, (
            SELECT min(e.at) FROM incidents_event e WHERE e.report_id = n.id
            AND e.sequence > n.sequence
            AND (n.reopened_by IS NULL OR e.sequence < n.reopened_by)
            AND e.code = ANY (%(words)s) AND e.visibility = 'reporter')) AS told_at
    FROM ended n
    LEFT JOIN LATERAL (
        SELECT k.organisation_id, k.due_at FROM incidents_clock k
        WHERE k.report_id = n.id AND k.party = 'unit'
            AND (n.round = 1 OR k.started_at >= n.opened_at)
            AND (n.reopened_at IS NULL OR k.started_at < n.reopened_at)
            AND (k.stopped_at IS NULL OR k.stopped_at >= n.ended_at)
        ORDER BY k.started_at DESC LIMIT 1) unit ON true
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT t.organisation_id) AS hands,
            (array_agg(t.organisation_id ORDER BY t.at DESC, t.id DESC))[1]
                AS last_unit,
            coalesce(max(t.at) FILTER (WHERE t.sender_id IS NULL
                OR t.by_id IS NOT NULL), n.opened_at) AS handed_at
        FROM incidents_transfer t
        WHERE t.report_id = n.id AND t.organisation_id IS NOT NULL
            AND (n.round = 1 OR t.at >= n.opened_at)
            AND (n.reopened_at IS NULL OR t.at < n.reopened_at)) hands
    CROSS JOIN LATERAL (
        SELECT sum(greatest(0, until_day.before - from_day.before)) AS stood
        FROM incidents_clock k JOIN incidents_clockpause p ON p.clock_id = k.id
        JOIN incidents_workedday from_day
            ON from_day."on" = (p.began_at AT TIME ZONE %(zone)s)::date + 1
        JOIN incidents_workedday until_day ON until_day."on" = least(p.until,
            (p.ended_at AT TIME ZONE %(zone)s)::date,
            (n.ended_at AT TIME ZONE %(zone)s)::date)
        WHERE k.report_id = n.id AND k.party = 'unit'
            AND (n.round = 1 OR k.started_at >= n.opened_at)
            AND (n.reopened_at IS NULL OR k.started_at < n.reopened_at)) pauses
    LEFT JOIN LATERAL (
        SELECT s.outcome, s.organisation_id, s.no_photo_because <> ''
            AND s.outcome IN ('fixed', 'temporary') AS unproven
        FROM incidents_result s WHERE s.report_id = n.id AND s.round = n.round
            AND s.published_at IS NOT NULL AND n.ending = 'result'
        LIMIT 1) result ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(g.handling, g.feedback, g.reception) AS score
        FROM incidents_rating g WHERE g.report_id = n.id AND g.round = n.round
            AND n.ending IN ('result', 'answered')) rating ON true
)
INSERT INTO incidents_handling (report_id, round, opened_at, ended_at, ending,
    reopened_at, due_at, organisation_id, category_id, place_id, current_place_id,
    is_rerouted, is_paused, outcome, is_unproven, score,
    taken_minutes, answered_minutes, ended_minutes)
SELECT m.id, m.round, m.opened_at, m.ended_at, m.ending, m.reopened_at,
    coalesce(m.unit_due, CASE WHEN m.ended_at IS NOT NULL OR m.citizen_stopped IS NULL
        THEN m.citizen_due END),
    CASE WHEN m.reopened_by IS NULL THEN m.organisation_id
        ELSE coalesce(m.clocked_unit, m.result_unit, m.last_unit) END,
    m.category_id, m.place_id, m.current_place_id,
    m.hands > 1, coalesce(m.stood, 0) > 0, coalesce(m.outcome, ''),
    coalesce(m.unproven, false), m.score,
    {taken}, {answered},
    CASE WHEN m.ending IN ('result', 'answered') AND {worked} IS NOT NULL
        THEN greatest(0, {worked} - coalesce(m.stood, 0))::int END
FROM measured m
LEFT JOIN incidents_workedday opened
    ON opened."on" = (m.opened_at AT TIME ZONE %(zone)s)::date
LEFT JOIN incidents_workedday ended
    ON ended."on" = (m.ended_at AT TIME ZONE %(zone)s)::date
LEFT JOIN incidents_workedday handed
    ON handed."on" = (m.ack_from AT TIME ZONE %(zone)s)::date
LEFT JOIN incidents_workedday acked
    ON acked."on" = (m.acked_at AT TIME ZONE %(zone)s)::date
LEFT JOIN incidents_workedday told
    ON told."on" = (m.told_at AT TIME ZONE %(zone)s)::date
"""
