"""How many reports a second come in from a file: routed, with history and all indexes.

A file of invented reports over the whole city is imported as `manage.py import_reports`
does it, then once more, when every one of them is here already. CPU is counted apart
for the import itself and for the database, since each may have a core of its own.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks._scratch import scratch, table
from benchmarks.routing import RANDOM

ROWS = int(os.environ.get("ROWS", "100000"))
SEED, AT_LEAST, DAYS, ASKED = 1022, 5000, 480, 2000
COLUMNS = (
    "lat=lat,lon=lon,category=kind,created=made,closed=shut,description=words,"
    "external_id=id,address=street"
)
KINDS = (
    "HT-DUONGBO.o-ga",
    "HT-CAPNUOC.be-ong",
    "HT-CHIEUSANG.den-tat",
    "HT-CAYXANH.nga-do",
    "TT.tieng-on",
)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the figures; fail where fewer come in a second than is aimed at."""
    with scratch(), TemporaryDirectory() as folder:
        from django.conf import settings
        from django.db import connection
        from django.utils import timezone

        from incidents.history import broken_at
        from incidents.importing.columns import read_columns
        from incidents.importing.running import Wish, import_reports
        from incidents.models import Event, Report

        at, path = timezone.now(), Path(folder) / "reports.csv"
        root = settings.CITY.root_place
        with connection.cursor() as cursor:
            day = timezone.localdate(at)
            cursor.execute(RANDOM, (ROWS, SEED, root["kind"], root["code"], day))
            points = cursor.fetchall()
            started = time.perf_counter()
            for _ in range(ASKED):
                cursor.execute("SELECT 1")
                cursor.fetchall()
            asked = ASKED / (time.perf_counter() - started)
        _write(path, points, at=at)
        wish = Wish(
            path=path,
            columns=read_columns([COLUMNS]),
            rejects=path.with_suffix(".rejects.csv"),
            disagreements=path.with_suffix(".disagreements.csv"),
            commit=True,
        )
        rates = []
        for name in ("new", "again, all here already"):
            database = _Database()
            before, begun = time.process_time(), time.perf_counter()
            told = import_reports(
                wish, at=at, progress=lambda *_, watched=database: watched.look()
            )
            passed = time.perf_counter() - begun
            cpu = time.process_time() - before
            rates.append(told.rows / passed)
            rows = [
                ("rows", f"{told.rows:,}"),
                ("a second", f"{rates[-1]:,.0f}"),
                ("CPU a row: import, ms", f"{1000 * cpu / told.rows:.3f}"),
                ("CPU a row: database, ms", f"{1000 * database.cpu / told.rows:.3f}"),
                ("new, here already", f"{told.new:,}, {told.held:,}"),
            ]
            table((name, ""), rows)
            print()  # noqa: T201
        events, reports = Event.objects.count(), Report.objects.count()
        broken = sum(broken_at(each) is not None for each in Report.objects.all()[:500])
        print(  # noqa: T201
            f"{reports:,} reports, {events:,} events, {broken} of 500 broken. "
            f"SELECT 1: {asked:,.0f} a second before."
        )
    return int(rates[0] < AT_LEAST or broken > 0 or reports != len(points))


def _write(path: Path, points: list[tuple[float, float]], *, at: datetime) -> None:
    """Write reports of the last months, nine of ten closed."""
    chance = Random(SEED)  # noqa: S311
    with path.open("w", encoding="utf8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "made", "shut", "kind", "words", "street", "lat", "lon"))
        for number, (lon, lat) in enumerate(points, start=1):
            made = at - timedelta(minutes=chance.randrange(20_000, DAYS * 1440))
            shut = made + timedelta(hours=chance.randrange(1, 300))
            rows.writerow(
                (
                    number,
                    made.isoformat(" ", "seconds"),
                    shut.isoformat(" ", "seconds") if chance.random() < 0.9 else "",
                    chance.choice(KINDS),
                    f"Có vấn đề số {number}, đã nhiều ngày chưa ai xử lý",
                    f"{chance.randrange(1, 300)} Nguyễn Trãi",
                    f"{lat:.6f}",
                    f"{lon:.6f}",
                )
            )


class _Database:
    """The CPU that the database's processes take, those that end meanwhile too."""

    def __init__(self) -> None:
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self.look()
        self._first = dict(self._last)

    @property
    def cpu(self) -> float:
        """Seconds since the first look, as of the last one."""
        return sum(last - self._first.get(pid, 0.0) for pid, last in self._last.items())

    def look(self) -> None:
        """Read what each process has taken by now."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            )
            for (pid,) in cursor.fetchall():
                stat = Path(f"/proc/{pid}/stat")
                if stat.exists():
                    fields = stat.read_text().rpartition(")")[2].split()
                    spent = (int(fields[11]) + int(fields[12])) / TICKS
                    self._last[pid] = spent


if __name__ == "__main__":
    sys.exit(main())
