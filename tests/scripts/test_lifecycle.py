"""The whole site, started and stopped as people do it, in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from script.local import processes
from script.local.environment import ROOT, VENV, site_environment

pytestmark = pytest.mark.lifecycle

#: A second start may take this many seconds.
SOON = 15


class Checkout:
    """A copy of this checkout with data, socket and processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder.with_name(folder.name + ".out")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.check_output(listed, cwd=ROOT).decode().split("\0"):
            if name and (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        shutil.copytree(
            ROOT / "mapui/static/mapui/build", folder / "mapui/static/mapui/build"
        )
        (folder / ".venv").symlink_to(VENV)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")

    def env(self, **given: str) -> dict[str, str]:
        """Give what a person's shell has, not what this run of the tests was told."""
        told = set(site_environment({}, database_url="", demo=False)) - {"PATH", "LANG"}
        ours = {name: value for name, value in os.environ.items() if name not in told}
        return {**ours, "PORT": str(self.port), **given}

    def start(self, **given: str) -> subprocess.Popen[bytes]:
        """Start script/server as a shell does: leading a process group of its own."""
        with self.output.open("wb") as output:
            return subprocess.Popen(
                ["script/server"],
                cwd=self.folder,
                env=self.env(**given),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def becomes_ready(self, server: subprocess.Popen[bytes]) -> float:
        """Wait until the script says so, see that it is true; return the seconds."""
        begun = time.monotonic()
        while "\nReady: " not in self.said():
            assert server.poll() is None, self.said()
            assert time.monotonic() - begun < 600, self.said()
            time.sleep(0.05)
        seconds = time.monotonic() - begun
        address = f"http://127.0.0.1:{self.port}/readyz"
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
        return seconds

    def left(self) -> list[int]:
        """Return what runs on behalf of this checkout, PostgreSQL included."""
        where = self.folder / "var/postgres/site.where"
        found = processes.marked(f"{self.folder}/var site")
        found += processes.marked(f"{self.folder}/var bootstrap")
        if where.exists():
            data = re.findall(r"^data (.+)$", where.read_text(), re.MULTILINE)[0]
            found += processes.standing_in(Path(data))
        return found

    def console(self, code: str) -> str:
        command = ["script/console", "shell", "--verbosity", "0", "-c", code]
        said = subprocess.check_output(command, cwd=self.folder, env=self.env())
        return said.decode().strip().splitlines()[-1]

    @contextmanager
    def serving(self, **given: str):
        server = self.start(**given)
        try:
            yield server
        finally:
            server.terminate()
            server.wait(timeout=60)


@pytest.fixture(scope="module")
def checkout():
    """Make the copy and start it once, so that all it needs is there."""
    parent = Path(tempfile.mkdtemp(prefix="bando-lifecycle-"))
    parent.chmod(0o755)
    (parent / "site").mkdir()
    copy = Checkout(parent / "site")
    with copy.serving() as server:
        copy.becomes_ready(server)
    yield copy
    processes.send(signal.SIGKILL, copy.left())
    shutil.rmtree(parent)


def test_the_second_start_is_soon_and_ctrl_c_leaves_nothing(checkout):
    server = checkout.start()
    seconds = checkout.becomes_ready(server)

    os.killpg(server.pid, signal.SIGINT)

    assert server.wait(timeout=60) == 128 + signal.SIGINT
    assert not checkout.left()
    assert seconds < SOON


def test_sigterm_to_the_script_alone_leaves_nothing(checkout):
    server = checkout.start()
    checkout.becomes_ready(server)

    server.terminate()

    assert server.wait(timeout=60) == 128 + signal.SIGTERM
    assert not checkout.left()


@pytest.mark.parametrize("seconds", [0.1, 0.5, 1.0, 2.0, 3.0])
def test_stopping_it_while_it_starts_leaves_nothing(checkout, seconds):
    server = checkout.start()
    time.sleep(seconds)

    server.terminate()

    assert abs(server.wait(timeout=60)) in {signal.SIGTERM, 128 + signal.SIGTERM}
    assert not checkout.left()


def test_a_port_that_is_taken_is_said_at_once(checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        server = checkout.start(PORT=str(port))

        assert server.wait(timeout=10) == 1
    assert f"PORT={port + 1} script/server" in checkout.said()
    assert not checkout.left()


def test_a_second_server_of_the_checkout_is_refused_and_the_first_goes_on(checkout):
    with checkout.serving() as server:
        checkout.becomes_ready(server)
        first = checkout.said()

        second = checkout.start()

        assert second.wait(timeout=10) == 1
        assert "stop it first" in checkout.said()
        checkout.output.write_text(first)
        checkout.becomes_ready(server)


def test_when_the_web_ends_everything_ends_and_says_why(checkout):
    server = checkout.start()
    checkout.becomes_ready(server)

    commands = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in checkout.left()
    }
    web = [pid for pid, command in commands.items() if b"gunicorn" in command]
    processes.send(signal.SIGKILL, web)

    assert server.wait(timeout=60) == 1
    assert "The web ended" in checkout.said()
    assert not checkout.left()


def test_killed_at_any_moment_the_next_run_heals(checkout):
    for seconds in (0.1, 0.4, 0.8, 1.3, 2.0, 2.8, 3.7, 6.0):
        server = checkout.start()
        time.sleep(seconds)
        server.kill()
        server.wait()

    with checkout.serving() as server:
        seconds = checkout.becomes_ready(server)

    assert seconds < 2 * SOON
    assert not checkout.left()


def test_killed_at_any_moment_of_the_very_first_start_it_ends_up_the_same(checkout):
    count = (
        "from incidents.models import *; from gis_data.models import Boundary;"
        "print([m.objects.count() for m in (Organisation, Category, Boundary, Report)])"
    )
    undisturbed = checkout.console(count)
    var = checkout.folder / "var"
    data = re.findall(r"^data (.+)$", (var / "postgres/site.where").read_text(), re.M)[
        0
    ]
    shutil.rmtree(Path(data).parent)
    for seconds in (0.5, 0.9, 1.2, 1.6, 2.1, 3.0, 4.5, 6.0, 9.0, 14.0):
        server = checkout.start()
        time.sleep(seconds)
        server.kill()
        server.wait()

    with checkout.serving() as server:
        checkout.becomes_ready(server)

        assert checkout.console(count) == undisturbed
    assert not checkout.left()
