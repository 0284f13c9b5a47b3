"""Sifted: which rows are new, which are here already, and which the file has twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

from incidents.models import Channel
from incidents.routing import REPEATED_BY, REPEATED_FOR, REPEATED_WITHIN

from .understanding import Kind, Reject, Row

CHANNEL = Channel.INTERNAL
#: In the database and gone with the session: memory does not grow with the file.
BEGUN = """
CREATE TEMPORARY TABLE imported_row (
  client_id text PRIMARY KEY, digest bytea NOT NULL,
  x float8, y float8, category bigint NOT NULL, received timestamptz NOT NULL);
CREATE INDEX ON imported_row (x, y, received);
"""
ENDED = "DROP TABLE IF EXISTS pg_temp.imported_row"
#: A statement sees what was there before it: `earlier` are rows of other batches.
SIFT = """
WITH given AS (
  SELECT * FROM unnest(%s::text[], %s::bytea[], %s::float8[], %s::float8[],
    %s::bigint[], %s::timestamptz[]) g(client_id, digest, x, y, category, received)
), seen AS (
  INSERT INTO imported_row SELECT * FROM given ON CONFLICT DO NOTHING
)
SELECT given.client_id, earlier.digest, held.body_digest
FROM given
LEFT JOIN imported_row earlier ON earlier.client_id = given.client_id
LEFT JOIN incidents_report held
  ON held.channel = %s AND held.client_id = given.client_id
WHERE earlier.client_id IS NOT NULL OR held.id IS NOT NULL
"""


#: What `route` asks of other reports: who told what of this very point shortly before;
#: and shortly after, for many files have the latest report first.
REPEATED = """
SELECT given.client_id
FROM unnest(%s::text[]) g(client_id) JOIN imported_row given USING (client_id),
LATERAL (
  SELECT count(*) AS many, count(DISTINCT category) AS things FROM (
    SELECT category FROM imported_row one
    WHERE one.x = given.x AND one.y = given.y AND one.client_id <> given.client_id
      AND one.received BETWEEN given.received - %s AND given.received + %s
    ORDER BY received LIMIT 100
  ) recent
) told
WHERE many >= %s AND things >= %s
"""
#: How many points are counted apart; more share a count, and are looked at in vain.
COUNTS = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What a batch of rows is made of."""

    new: tuple[Row, ...]
    held: tuple[Row, ...]  #: Here already, and the same.
    repeated: int  #: The same as an earlier row, word for word.
    rejects: tuple[Reject, ...]


class Sieve:
    """Remembers which rows of a file have come, and how often each point has."""

    def __init__(self) -> None:
        self._often = bytearray(COUNTS)

    def repeated(self, rows: Sequence[Row]) -> frozenset[str]:
        """Name the rows whose very point many told different things of before.

        A geocoder that knows no better answers with one point again and again.
        """
        often, asked = self._often, []
        for row in rows:
            turn = hash(row.point) % COUNTS
            if row.point is None:
                continue
            if often[turn] >= REPEATED_BY:
                asked.append(row.client_id)
            else:
                often[turn] += 1
        if not asked:
            return frozenset()
        near = (REPEATED_WITHIN, REPEATED_WITHIN)
        about: tuple[Any, ...] = (asked, *near, REPEATED_BY, REPEATED_FOR)
        with connection.cursor() as cursor:
            cursor.execute(REPEATED, about)
            return frozenset(client_id for (client_id,) in cursor.fetchall())


@contextmanager
def remembering() -> Iterator[Sieve]:
    """Remember which rows have come, until all is done."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED)
        cursor.execute(BEGUN)
    try:
        yield Sieve()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(ENDED)


def sift(rows: Sequence[Row]) -> Sifted:
    """Tell new rows from those that are here already, in one statement."""
    first: dict[str, Row] = {}
    repeated, rejects = 0, []
    for row in rows:
        before = first.setdefault(row.client_id, row)
        if before is row:
            continue
        if before.digest == row.digest:
            repeated += 1
        else:
            rejects.append(_twice(row))
    with connection.cursor() as cursor:
        came = first.values()
        about = (
            list(first),
            [row.digest for row in came],
            [row.point and row.point[0] for row in came],
            [row.point and row.point[1] for row in came],
            [row.category.pk for row in came],
            [row.created for row in came],
            CHANNEL.value,
        )
        cursor.execute(SIFT, about)
        known = cursor.fetchall()
    held = []
    for client_id, earlier, digest in known:
        row = first.pop(client_id)
        if earlier is not None:
            if bytes(earlier) == row.digest:
                repeated += 1
            else:
                rejects.append(_twice(row))
        elif bytes(digest) == row.digest:
            held.append(row)
        else:
            why = "is here already, and said something else; it is left as it was"
            rejects.append(Reject(row.line, Kind.DIFFERENT, why))
    return Sifted(
        new=tuple(first.values()),
        held=tuple(held),
        repeated=repeated,
        rejects=tuple(rejects),
    )


def _twice(row: Row) -> Reject:
    said = row.external_id or "as an earlier row"
    return Reject(row.line, Kind.REPEATED, f"has the id “{said}” of an earlier row")
