"""A gateway for text messages that fails in every way there is, as its seed has it.

What it took is written to a file before it answers, one line a message, so that also a
test in another process knows. It runs in threads of the test, or as a program.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from config.sms import Sms

#: Each way to fail, and whether the message was taken all the same.
WAYS = {
    "fine": True,
    "unavailable": False,
    "error within 200": False,
    "refused 429": False,
    "html": False,
    "truncated": True,
    "reset": False,
    "reset after taking": True,
    "hangs": False,
    "hangs after taking": True,
    "bad gateway after taking": True,
}
#: The ways after which nobody can know.
UNKNOWABLE = {
    "truncated",
    "reset after taking",
    "hangs after taking",
    "bad gateway after taking",
}
MESSAGE = {"to": "+84901234567", "text": "1022: xin chao", "id": "one"}


@dataclass(frozen=True)
class Taken:
    key: str
    way: str
    to: str
    text: str


class Handler(BaseHTTPRequestHandler):
    """One request: something is taken or not, and answered or not."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        """Say nothing."""

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        told = json.loads(self.rfile.read(length))
        gateway = self.server
        gateway.asked.append(dict(self.headers) | {"body": told})
        way = gateway.next_way()
        if WAYS[way]:
            gateway.take(Taken(told["id"], way, told["to"], told["text"]))
        getattr(self, "_" + way.replace(" ", "_"))(told)

    def _fine(self, told):
        self._say(200, json.dumps({"data": [{"id": f"p-{told['id']}"}]}))

    def _unavailable(self, told):
        self._say(503, json.dumps({"error": f"no route to {told['to']}"}))

    def _refused_429(self, _told):
        self._say(429, "", **{"Retry-After": "1"})

    def _error_within_200(self, told):
        self._say(200, json.dumps({"error": f"cannot reach {told['to']}"}))

    def _html(self, told):
        self._say(200, f"<html><title>Welcome</title>{told['to']}</html>")

    def _truncated(self, told):
        self.send_response(200)
        self.send_header("Content-Length", "200")
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "p-')
        self.close_connection = True

    def _reset(self, _told):
        # Lingering for no time at all sends a reset instead of a farewell.
        lingers = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
        self.close_connection = True
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    _reset_after_taking = _reset

    def _hangs(self, _told):
        self.close_connection = True
        time.sleep(self.server.hangs_for)

    _hangs_after_taking = _hangs

    def _bad_gateway_after_taking(self, _told):
        self._say(502, "<html>Bad gateway</html>")

    def _drips(self, _told):
        self.close_connection = True
        with suppress(OSError):
            for _each in range(int(self.server.hangs_for * 10)):
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.1)

    def _leads_elsewhere(self, _told):
        self._say(302, "", Location="http://127.0.0.1:1/other")

    def _endless(self, _told):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            for _each in range(10_000):
                self.wfile.write(b" " * 65536)

    def _refuses_the_number(self, _told):
        self._say(400, json.dumps({"error": "bad_number"}))

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


class Gateway(ThreadingHTTPServer):
    """The gateway itself: which way it fails next, and what it has taken."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, ways, *, file=None, hangs_for=3.0, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.ways, self.file, self.hangs_for = iter(ways), file, hangs_for
        self.asked, self.taken = [], []
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/messages"

    def next_way(self):
        with self.lock:
            return next(self.ways)

    def take(self, taken):
        with self.lock:
            self.taken.append(taken)
            if self.file is not None:
                self.file.write(f"{taken.key}\t{taken.way}\n")
                self.file.flush()

    def handle_error(self, request, client_address):
        """Who hangs up on us is no error of ours."""


WAYS |= dict.fromkeys(("drips", "leads elsewhere", "endless"), False)
WAYS["refuses the number"] = False


def settings_for(url, **changes):
    """What a site sets to send by this gateway."""
    usual = Sms(url=url, id_field="data.0.id", error_field="error", timeout=1)
    return replace(usual, **changes)


@contextmanager
def gateway(*ways, **given):
    """Run a gateway that fails in these ways, one after another, and then works."""

    def one_after_another():
        yield from ways
        while True:
            yield "fine"

    server = Gateway(one_after_another(), **given)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def at_random(seed, *, fine):
    """Work in so many of a hundred cases; fail in each other way alike."""
    chance = random.Random(seed)  # noqa: S311
    failing = [way for way in WAYS if way not in {"fine", "refuses the number"}]
    failing = [way for way in failing if way not in {"endless", "drips"}]
    while True:
        is_fine = chance.random() * 100 < fine
        yield "fine" if is_fine else chance.choice(failing)


def main(path, seed, port, fine, hangs_for):
    """Serve until killed, and write down what was taken."""
    with Path(path).open("a", encoding="utf8") as file:
        ways = at_random(int(seed), fine=float(fine))
        server = Gateway(ways, file=file, port=int(port), hangs_for=float(hangs_for))
        sys.stdout.write(f"{server.server_port} {os.getpid()}\n")
        sys.stdout.flush()
        server.serve_forever(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
