"""How many reports a minute of storm can bring: POSTs over HTTP, all of intake on.

Gunicorn with two workers answers four clients that keep their connections. Each report
has a contact with an e-mail address, is routed, accepted, transferred and acknowledged
at filing, and leaves a notice and its job. Every answer is read and checked.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path
from random import Random

from benchmarks._scratch import milliseconds, scratch, spread, table

CLIENTS, SECONDS, WARMING = 4, 12.0, 3.0
AT_LEAST = 130.0
CATEGORY = "HT-THOATNUOC.nghet-cong"
#: West, south, east, north: inside the city, whichever map is in force.
BOX = (106.66, 10.76, 106.72, 10.82)
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the figures; fail where fewer are filed than the city may need."""
    with scratch() as database, served(database) as (port, server):
        from incidents.models import Notice, Report

        clients = [(port, turn) for turn in range(CLIENTS)]
        with ProcessPoolExecutor(CLIENTS, get_context("spawn")) as pool:
            list(pool.map(file_reports, clients, [WARMING] * CLIENTS))
            filed, before = Report.objects.count(), _cpu(server)
            started = time.perf_counter()
            answers = list(pool.map(file_reports, clients, [SECONDS] * CLIENTS))
            took = time.perf_counter() - started
            after = _cpu(server)
            asked = list(pool.map(ask_one, [database] * CLIENTS, [3.0] * CLIENTS))
        posts = Report.objects.count() - filed
        told = Notice.objects.count()
        waits = Report.objects.filter(organisation=None).count()
    taken = [each for client in answers for each in client]
    rate = posts / SECONDS
    web, database_cpu = (
        1000 * (b - a) / posts for a, b in zip(before, after, strict=True)
    )
    half, most = spread(taken)
    rows = [
        ("POSTs a second", f"{rate:.0f}"),
        ("SELECT 1 a second, same connections", f"{sum(asked) / 3.0:.0f}"),
        ("p50 ms", half),
        ("p95 ms", most),
        ("CPU a POST, web, ms", f"{web:.2f}"),
        ("CPU a POST, PostgreSQL, ms", f"{database_cpu:.2f}"),
    ]
    table(("", "measured"), rows)
    print(  # noqa: T201
        f"{posts} filed in {took:.1f} s; {waits} of all wait for a person; "
        f"{told} notices owed. At least {AT_LEAST:g} a second are aimed at."
    )
    return int(rate < AT_LEAST)


@contextmanager
def served(database: str) -> Iterator[tuple[int, int]]:
    """Serve the site on a free port; yield the port and the server's process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A stranger's limits would be all that is measured.
    given = {
        "DATABASE_URL": database,
        "DEMO": "1",
        "REPORTS_A_MINUTE": "1000000000",
        "READS_A_MINUTE": "1000000000",
    }
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--no-control-socket"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "2"]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "error"]
    server = subprocess.Popen(command, env=os.environ | given)  # noqa: S603
    try:
        _await_answer(port)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def file_reports(client: tuple[int, int], seconds: float) -> list[float]:
    """File reports over one connection for so long; return the milliseconds of each.

    The client is as plain as can be, for it runs on the machine that it measures.
    """
    port, turn = client
    rng = Random(f"{client} {time.time_ns()}")  # noqa: S311
    # Four addresses, as four people have: limits are counted for each.
    line = socket.create_connection(
        ("127.0.0.1", port), 30, source_address=(f"127.0.0.{turn + 2}", 0)
    )
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        body = json.dumps(_report(rng, turn)).encode()
        sent = HEAD % (port, len(body)) + body
        taken += milliseconds(iter([partial(_post, line, sent)]))
    line.close()
    return taken


def _post(line: socket.socket, sent: bytes) -> None:
    """Send a request and read its whole answer, which must be 201."""
    line.sendall(sent)
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _received(line)
    length = int(LENGTH.search(answer, 0, end + 2)[1])  # type: ignore[index]
    while len(answer) < end + 4 + length:
        answer += _received(line)
    if not answer.startswith(b"HTTP/1.1 201"):
        raise RuntimeError(answer[:600].decode(errors="replace"))


def _received(line: socket.socket) -> bytes:
    part = line.recv(65536)
    if not part:
        raise RuntimeError("The site hung up.")
    return part


def ask_one(database: str, seconds: float) -> int:
    """Ask `SELECT 1` over one connection for so long; return how often it answered."""
    import psycopg

    answered = 0
    with psycopg.connect(database) as connection:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            connection.execute("SELECT 1").fetchone()
            answered += 1
    return answered


HEAD = (
    b"POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n"
    b"Content-Type: application/json\r\nAccept-Language: vi\r\n\r\n"
)
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)


def _report(rng: Random, turn: int) -> dict[str, object]:
    west, south, east, north = BOX
    return {
        "kind": "report",
        "category": CATEGORY,
        "lon": round(rng.uniform(west, east), 6),
        "lat": round(rng.uniform(south, north), 6),
        "accuracy": 4,
        "place_source": "gps",
        "description": f"Cống nghẹt, nước trào ngược lên mặt đường, lần {rng.random()}",
        "client_id": f"{turn}-{rng.getrandbits(64):x}",
        "reporter": {
            "name": "Nguyễn Văn Thử",
            "phone": "0901234567",
            "email": f"nguoi-thu-{rng.randrange(10**6)}@example.org",
        },
    }


def _await_answer(port: int) -> None:
    for _ in range(150):
        try:
            line = HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/healthz")
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The site does not answer.")


def _cpu(server: int) -> tuple[float, float]:
    """Return the seconds of CPU that the web's and the database's processes took."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        backends = [pid for (pid,) in cursor.fetchall()]
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    web = [server, *map(int, children)]
    return sum(map(_seconds, web)), sum(map(_seconds, backends))


def _seconds(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    sys.exit(main())
