"""What others make of the same reports: tipg over HTTP, and ST_AsMVT as one writes it.

Both read a view of what is of today, and one of all years: no more than what is public.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import parse_qs, quote, urlsplit

from benchmarks._scratch import ROOT

PINS = ROOT / "benchmarks" / "tipg.txt"
HOME = ROOT / "var" / "benchmarks" / "tipg"
VIEWS = """
CREATE SCHEMA IF NOT EXISTS peer;
CREATE OR REPLACE VIEW peer.ever AS
SELECT r.id, public_id, c.code AS category, status, public_point AS at
FROM incidents_report r JOIN incidents_category c ON c.id = r.category_id
WHERE accepted_at IS NOT NULL AND r.is_public AND world_cell IS NOT NULL
    AND NOT (status IN ('refused', 'withdrawn', 'duplicate'));
CREATE OR REPLACE VIEW peer.today AS
SELECT e.* FROM peer.ever e JOIN incidents_report r USING (id)
WHERE ended_week = ANY (ARRAY[{weeks}]::smallint[]);
"""
#: Every report that lies on the tile as a point, by the index of public points.
PLAIN = """
SELECT ST_AsMVT(one, 'reports', 4096, 'spot') FROM (
    SELECT public_id, category, status, ST_AsMVTGeom(
        ST_Transform(at, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 256, true
    ) AS spot
    FROM peer.{view}
    WHERE at && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4326)
) one
"""


@contextmanager
def tipg(database: str) -> Iterator[HTTPConnection]:
    """Serve the views by tipg, as it comes, from a Python of its own."""
    if not (HOME / "bin" / "uvicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)  # noqa: S603
        pip = [HOME / "bin" / "pip", "install", "-q", "-r", PINS]
        subprocess.run(pip, check=True)  # noqa: S603
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    parts = urlsplit(database)
    where = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    # A socket's folder is written as a host is, for tipg asks for one.
    address = parts._replace(
        netloc=f"{parts.username}@{quote(where, safe='')}", query=""
    )
    given = {
        "DATABASE_URL": address.geturl() if where.startswith("/") else database,
        "TIPG_DB_SCHEMAS": '["peer"]',
        "TIPG_DB_SPATIAL_EXTENT": "false",
        "TIPG_DB_DATETIME_EXTENT": "false",
    }
    command = [HOME / "bin" / "uvicorn", "tipg.main:app", "--port", str(port)]
    server = subprocess.Popen(  # noqa: S603
        [*command, "--log-level", "error"], env=os.environ | given, cwd="/"
    )
    try:
        yield _answering(port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def ask(line: HTTPConnection, path: str) -> bytes:
    """Ask for something and read it whole, on a connection of its own."""
    line.request("GET", path)
    answer = line.getresponse()
    content = answer.read()
    line.close()
    if answer.status not in {200, 204}:
        raise RuntimeError(content[:600].decode(errors="replace"))
    return content


def _answering(port: int) -> HTTPConnection:
    for _ in range(300):
        try:
            line = HTTPConnection("127.0.0.1", port, timeout=120)
            ask(line, "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return line
    raise RuntimeError("tipg does not answer.")
