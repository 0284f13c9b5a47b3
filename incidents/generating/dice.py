"""Dice that the database throws: the same for the same seed, in whatever order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from zlib import crc32

from django.db import connection

#: Of so many faces is a die that weighs its outcomes.
FACES = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """Names what is thrown, and writes the throw as SQL over a report's number."""

    seed: int

    def throw(self, name: str, number: str = "n") -> str:
        """Return a number from 0 on and under 1, as an expression."""
        salt = crc32(f"{self.seed} {name}".encode())
        drawn = f"(hashint8extended({number}, {salt}) >> 11) & 9007199254740991"
        return f"(({drawn}) / 9007199254740992.0::float8)"

    def below(self, most: str, name: str, number: str = "n") -> str:
        """Return a whole number from 0 on and under `most`, as an expression."""
        return f"floor({self.throw(name, number)} * {most})::int"

    def face(self, name: str, number: str = "n") -> str:
        """Return the face that a weighed die of that name shows."""
        return self.below(str(FACES), name, number)

    def bell(self, name: str, number: str = "n") -> str:
        """Return a number about 0, one standard deviation being 1."""
        far = self.throw(f"{name} far", number)
        turn = self.throw(f"{name} turn", number)
        return f"(sqrt(-2 * ln(1 - {far})) * cos(2 * pi() * {turn}))"

    def case(self, weights: Mapping[str, int], name: str, number: str = "n") -> str:
        """Return one of a few words, each as often as it weighs."""
        total, throw = sum(weights.values()), self.throw(name, number)
        *firsts, last = zip(weights, accumulate(weights.values()), strict=True)
        cases = [
            f"WHEN {throw} < {upto / total} THEN '{word}'" for word, upto in firsts
        ]
        return f"CASE {' '.join(cases)} ELSE '{last[0]}' END"


def keep_die(
    table: str,
    columns: Mapping[str, str],
    outcomes: Sequence[tuple[Any, ...]],
    weights: Sequence[float],
) -> None:
    """Keep a weighed die: a row for each face, with what it means."""
    total, passed, face, rows = sum(weights) or 1.0, 0.0, 0, []
    for outcome, weight in zip(outcomes, weights, strict=True):
        passed += weight
        until = round(FACES * passed / total)
        rows += [(each, *outcome) for each in range(face, until)]
        face = until
    keep_rows(table, {"face": "int PRIMARY KEY"} | dict(columns), rows)


def keep_rows(
    table: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Keep rows in a table that is gone with the transaction."""
    laid = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} ({laid}) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}")
