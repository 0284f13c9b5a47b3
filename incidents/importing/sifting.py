"""Sifted: which rows are new, which are here already, and which the file has twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from incidents.models import Channel

from .understanding import Kind, Reject, Row

CHANNEL = Channel.INTERNAL
#: In the database and gone with the session: memory does not grow with the file.
BEGUN = """
CREATE TEMPORARY TABLE imported_row (client_id text PRIMARY KEY, digest bytea NOT NULL)
"""
ENDED = "DROP TABLE IF EXISTS pg_temp.imported_row"
#: A statement sees what was there before it: `earlier` are rows of other batches.
SIFT = """
WITH given AS (
  SELECT client_id, digest FROM unnest(%s::text[], %s::bytea[]) g(client_id, digest)
), seen AS (
  INSERT INTO imported_row SELECT client_id, digest FROM given ON CONFLICT DO NOTHING
)
SELECT given.client_id, earlier.digest, held.body_digest
FROM given
LEFT JOIN imported_row earlier ON earlier.client_id = given.client_id
LEFT JOIN incidents_report held
  ON held.channel = %s AND held.client_id = given.client_id
WHERE earlier.client_id IS NOT NULL OR held.id IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What a batch of rows is made of."""

    new: tuple[Row, ...]
    held: tuple[Row, ...]  #: Here already, and the same.
    repeated: int  #: The same as an earlier row, word for word.
    rejects: tuple[Reject, ...]


@contextmanager
def remembering() -> Iterator[None]:
    """Remember which rows have come, until all is done."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED)
        cursor.execute(BEGUN)
    try:
        yield
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
        digests = [row.digest for row in first.values()]
        cursor.execute(SIFT, (list(first), digests, CHANNEL.value))
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
