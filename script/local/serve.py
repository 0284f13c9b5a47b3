"""The whole site on this machine: prepared, started, watched, and stopped again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from script.local import bootstrap, processes
from script.local.cluster import Cluster
from script.local.environment import PYTHON, ROOT, VAR, CannotGoOn, site_environment
from script.local.steps import Steps, run, say

HOST = "127.0.0.1"
#: All that is started for the site carries this, once everything is installed.
MARK = f"{VAR} site"
LOGS = VAR / "log"
#: How many steps `prepare` has, which this Python may be unable to import.
PREPARING = 5
WORKER = ("procrastinate", "worker")


@dataclass(frozen=True)
class Site:
    """What the processes of the site have in common."""

    env: dict[str, str]
    #: Where is noted what was done to a database that is ours alone.
    done: Path | None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.env['PORT']}"


def main() -> None:
    """Prepare the site and serve it until asked to stop; or `--prepare-only`."""
    processes.stop_on_signals()
    only_prepare = "--prepare-only" in sys.argv
    steps = Steps(bootstrap.STEPS + 1 + PREPARING + (not only_prepare))
    try:
        with _alone(), ExitStack() as stack:
            stack.enter_context(processes.ending(MARK))
            port = os.environ.get("PORT") or "8000"
            if not only_prepare:
                _check_port(port)
            bootstrap.bootstrap(steps, for_tests=only_prepare)
            site = _with_database(steps, stack)
            _prepare(steps, site)
            if not only_prepare:
                # The site ends before its database does.
                with processes.ending(MARK):
                    _serve(steps, site)
    except CannotGoOn as error:
        sys.exit(f"\n{error}")
    except processes.Stopped:
        say("\nStopped.")
        raise


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse to run twice in one checkout; end what a killed run left."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / "site.lock").open("a") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            running = "The site of this checkout is running: stop it first."
            raise CannotGoOn(running) from error
        if left := processes.marked(MARK):
            say(f"Ending {len(left)} processes of a run that was killed.")
            processes.end(lambda: processes.marked(MARK))
        yield


def _check_port(port: str) -> None:
    """Find out before anything slow whether the address is free."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotGoOn(f"PORT is not a port: {port!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(port)))
        except OSError as error:
            raise CannotGoOn(
                f"Port {port} cannot be had ({error.strerror}). "
                f"Choose another: PORT={int(port) + 1} script/server"
            ) from error


def _with_database(steps: Steps, stack: ExitStack) -> Site:
    """Start the private PostgreSQL, or take the one the caller named."""
    given = dict(os.environ)
    if url := given.get("DATABASE_URL"):
        steps.unchanged("PostgreSQL, by DATABASE_URL")
        env = site_environment(given, database_url=url, demo=False)
        return Site(env=env, done=None)
    cluster = Cluster("site")
    with steps.step("PostgreSQL"):
        stack.enter_context(cluster.running())
    env = site_environment(given, database_url=cluster.url, demo=True)
    return Site(env=env, done=cluster.done)


def _prepare(steps: Steps, site: Site) -> None:
    arguments = [str(steps.next), str(steps.total), str(site.done or "")]
    command = [str(PYTHON), "-m", "script.local.prepare", *arguments]
    run(command, env=site.env, mark=MARK)
    steps.next += PREPARING


def _serve(steps: Steps, site: Site) -> None:
    """Keep web and worker up; should one of them end, end the other and say why."""
    with steps.step("Web and worker"):
        children = {
            "web": _start("web", _web(site), site),
            "worker": _start("worker", [PYTHON, "manage.py", *WORKER], site),
        }
        _await_readiness(children, site)
    _tell(site)
    while True:
        _check(children)
        time.sleep(0.5)


def _web(site: Site) -> list[str | Path]:
    return [
        PYTHON,
        *("-m", "gunicorn", "config.wsgi", "--no-control-socket"),
        *("--bind", f"{HOST}:{site.env['PORT']}"),
        *("--workers", site.env.get("WEB_WORKERS", "2")),
        # Browsers open connections ahead of need: let a thread wait, not a worker.
        *("--worker-class", "gthread", "--threads", site.env.get("WEB_THREADS", "4")),
        *("--graceful-timeout", "10"),
    ]


def _start(name: str, command: list[str | Path], site: Site) -> subprocess.Popen[bytes]:
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{name}.log").open("wb") as log:
        return processes.start(command, mark=MARK, env=site.env, cwd=ROOT, output=log)


def _check(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            log = LOGS / f"{name}.log"
            last = log.read_text(errors="replace").splitlines()[-25:]
            ended = f"The {name} ended ({child.returncode}); see {log}"
            raise CannotGoOn("\n".join([ended, *last]))


def _await_readiness(children: dict[str, subprocess.Popen[bytes]], site: Site) -> None:
    """Wait until the site itself says that it is ready."""
    request = urllib.request.Request(f"http://{HOST}:{site.env['PORT']}/readyz")
    # Proxies of the caller's environment are for the world outside.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    said: object = "nothing"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        _check(children)
        try:
            with direct.open(request, timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
        except OSError as error:
            said = error
        time.sleep(0.2)
    raise CannotGoOn(f"{site.address}/readyz does not say that it is ready: {said}")


def _tell(site: Site) -> None:
    accounts = VAR / "demo-accounts.txt"
    say(f"\nReady: {site.address}")
    say(f"  administration  {site.address}/admin/")
    say(f"  the API         {site.address}/api/v1/docs")
    say(f"  logs            {LOGS}/web.log, {LOGS}/worker.log")
    if "filebased" in site.env["EMAIL_BACKEND"]:
        say(f"  mail sent       {VAR}/mail")
    if site.done and site.env.get("DEMO") == "1" and accounts.exists():
        say(f"  demo accounts   {accounts}")
        say("\n" + accounts.read_text().strip())
    say("\nCtrl-C stops everything.")


if __name__ == "__main__":
    main()
