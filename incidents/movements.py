"""Counted: from whom to whom cases went, and how many of them came back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .models import Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """How often cases went one way; nobody before means the operators' desk."""

    giver: Organisation | None
    taker: Organisation
    count: int
    returned: int  #: By the taker, to the desk.

    @property
    def share(self) -> float:
        """How many of a hundred came back."""
        return 100 * self.returned / self.count


def movements(
    *, since: datetime, until: datetime, units: Collection[int] | None = None
) -> list[Movement]:
    """Count the transfers of a time by who had a case before and who got it.

    A case that its unit returned comes from that unit, though it lay at the desk. With
    `units`, only what one of these gave or got. The most frequent come first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            MOVED,
            {
                "since": since,
                "until": until,
                "units": None if units is None else sorted(units),
            },
        )
        rows = cursor.fetchall()
    named = Organisation.objects.in_bulk(
        {unit for row in rows for unit in row[:2] if unit is not None}
    )
    return [
        Movement(
            giver=named.get(giver),
            taker=named[taker],
            count=count,
            returned=returned,
        )
        for giver, taker, count, returned in rows
    ]


MOVED = """
WITH moved AS (
  SELECT t.organisation_id AS taker, t.at,
    coalesce(t.sender_id, CASE WHEN lag(t.organisation_id) OVER hands IS NULL
      THEN lag(t.sender_id) OVER hands END) AS giver,
    lead(t.sender_id) OVER hands = t.organisation_id
      AND lead(t.organisation_id) OVER hands IS NULL
      AND lead(t.by_id) OVER hands IS NOT NULL AS is_returned
  FROM incidents_transfer t
  WHERE t.report_id IN (SELECT report_id FROM incidents_transfer
    WHERE at >= %(since)s AND at < %(until)s)
  WINDOW hands AS (PARTITION BY t.report_id ORDER BY t.id)
)
SELECT giver, taker, count(*), count(*) FILTER (WHERE is_returned)
FROM moved
WHERE taker IS NOT NULL AND at >= %(since)s AND at < %(until)s
  AND (%(units)s::bigint[] IS NULL
    OR giver = ANY(%(units)s::bigint[]) OR taker = ANY(%(units)s::bigint[]))
GROUP BY giver, taker
ORDER BY count(*) DESC, giver NULLS FIRST, taker
"""
