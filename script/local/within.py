"""One command with the site's environment, beside a PostgreSQL that is up for it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from types import FrameType

from script.local import processes
from script.local.cluster import Cluster
from script.local.environment import ROOT, VAR, CannotGoOn, site_environment
from script.local.steps import locked

BUSY = "Another script/test is running here: waiting for it …"


def main() -> None:
    """Run the command given, and end with its exit code."""
    parser = argparse.ArgumentParser(prog="script/local/within.py")
    parser.add_argument("--database", choices=["site", "test", "none"], default="site")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    try:
        sys.exit(_run(command, database=asked.database))
    except CannotGoOn as error:
        sys.exit(str(error))


def _run(command: list[str], *, database: str) -> int:
    given = dict(os.environ)
    with ExitStack() as stack:
        mark = f"{VAR} within {os.getpid()}"
        processes.stop_on_signals()
        url = given.get("DATABASE_URL")
        if database == "test":
            stack.enter_context(locked("test", busy=BUSY))
        if database == "none":
            url = url or "postgresql:///nowhere?host=/nonexistent"
        elif not url:
            cluster = Cluster(database, durable=database == "site")
            stack.enter_context(cluster.running())
            url = cluster.url
        private = database == "site" and not given.get("DATABASE_URL")
        env = site_environment(given, database_url=url, demo=private)
        stack.enter_context(processes.ending(mark))
        child = processes.start(
            command, mark=mark, env=env, cwd=ROOT, own_session=False
        )
        return _wait(child)


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for it: Ctrl-C reaches it by the terminal, other signals by us."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = child.wait()
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    main()
