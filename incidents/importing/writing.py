"""Written: batch after batch, each in one transaction, while the next one is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from time import monotonic, sleep

from django.db import IntegrityError, connection, transaction

from incidents.errors import UnusableFile
from incidents.intake import DRAWN
from incidents.models import DecisionRecord, Report

from .copies import TABLES, Batch, Copies, Copyist

#: How often codes that fell alike are drawn anew.
DRAWS = 5
#: How long an import that was killed may go on in the database.
WAITS_S = 20.0
HOLD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
LET_GO = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"
NUMBERS = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"


class Writer:
    """Keeps a batch while the next one is read and routed, on a connection of its own.

    Inside a transaction of somebody else it keeps each at once, as part of that.
    """

    def __init__(self, copyist: Copyist) -> None:
        self._copyist, self._lock = copyist, f"import of {copyist.source}"
        within = connection.in_atomic_block
        self._beside = None if within else ThreadPoolExecutor(max_workers=1)
        self._underway: Future[None] | None = None

    def keep(self, batch: Batch) -> None:
        """Keep a batch, once the one before it is kept."""
        reports, decisions = _numbers(len(batch.decided))
        again = partial(self._copyist.copies, batch, reports, decisions)
        copies = again()
        self.wait()
        if self._beside is None:
            _keep(copies, again)
        else:
            self._underway = self._beside.submit(_keep, copies, again)

    def wait(self) -> None:
        """Wait until all that was given is kept."""
        underway, self._underway = self._underway, None
        if underway is not None:
            underway.result()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the import of this source to one at a time, from first to last."""
        if self._beside is None:
            _hold(self._lock)
            try:
                yield
            finally:
                _let_go(self._lock)
            return
        with self._beside as beside:
            # The connection that writes holds it: what a killed import has begun
            # to write is over before another one looks.
            beside.submit(_hold, self._lock).result()
            try:
                yield
                self.wait()
            finally:
                beside.submit(_close).result()


def _numbers(count: int) -> tuple[list[int], list[int]]:
    """Draw the ids of so many reports and decisions."""
    drawn = []
    with connection.cursor() as cursor:
        for model in (Report, DecisionRecord):
            cursor.execute(NUMBERS, (model._meta.db_table, count))
            drawn.append([number for (number,) in cursor.fetchall()])
    return drawn[0], drawn[1]


def _keep(copies: Copies, again: Callable[[], Copies]) -> None:
    """Copy a batch in: all of it or nothing; codes that fell alike are drawn again."""
    for draw in range(1, DRAWS + 1):
        try:
            with transaction.atomic():
                _copy(copies)
            return
        except IntegrityError as error:
            told = getattr(error.__cause__, "diag", None)
            if draw == DRAWS or getattr(told, "constraint_name", "") not in DRAWN:
                raise
            copies = again()


def _copy(copies: Copies) -> None:
    # Copying is the driver's own, so its errors are not yet those of Django.
    with connection.cursor() as cursor, connection.wrap_database_errors:
        for table, columns in TABLES.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                copy.write(copies[table])


def _hold(lock: str) -> None:
    until = monotonic() + WAITS_S
    while True:
        with connection.cursor() as cursor:
            cursor.execute(HOLD, (lock,))
            ((is_held,),) = cursor.fetchall()
        if is_held:
            return
        if monotonic() > until:
            raise UnusableFile("Another import of this source is at work.")
        sleep(0.1)


def _close() -> None:
    connection.close()


def _let_go(lock: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, (lock,))
