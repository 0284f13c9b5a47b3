"""Progress a person can follow, and knowing what need not be done again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from script.local import processes
from script.local.environment import ROOT, VAR, CannotGoOn


class Steps:
    """A numbered list of steps, each announced before it begins."""

    def __init__(self, total: int, *, first: int = 1) -> None:
        self.total = total
        self.next = first

    def unchanged(self, name: str) -> None:
        say(f"[{self.next}/{self.total}] {name}: nothing to do")
        self.next += 1

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step and say how long it took."""
        say(f"[{self.next}/{self.total}] {name} …")
        self.next += 1
        begun = time.monotonic()
        yield
        say(f"      {time.monotonic() - begun:.1f} s")


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    mark: str,
    log: Path | None = None,
    own_session: bool = True,
) -> None:
    """Run a program to its end, or raise `CannotGoOn` with the end of what it wrote.

    With `log` its words go there, and a dot is printed now and then as a sign of life.
    """
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    output = log.open("wb") if log else None
    child = processes.start(
        command, mark=mark, env=env, cwd=ROOT, output=output, own_session=own_session
    )
    try:
        code = _wait(child, dots=log is not None)
    finally:
        if output:
            output.close()
        if child.poll() is None:
            child.terminate()
            processes.end(lambda: processes.marked(mark))
            child.wait()
    if code:
        words = " ".join(str(word) for word in command)
        last = log.read_text(errors="replace").splitlines()[-25:] if log else []
        where = f"\nAll of it: {log}" if log else ""
        raise CannotGoOn("\n".join([f"This failed ({code}): {words}", *last]) + where)


def _wait(child: subprocess.Popen[bytes], *, dots: bool) -> int:
    waited, shown = 0, False
    while True:
        try:
            code = child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            waited += 5
            if dots and waited % 10 == 0:
                sys.stdout.write("." if shown else "      .")
                sys.stdout.flush()
                shown = True
        else:
            if shown:
                say("")
            return code


def fingerprint(*paths: Path, words: Iterable[str] = ()) -> str:
    """Sum up files, folders and words; at another sum the work is done again."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b"\0")
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(os.path.relpath(file, ROOT).encode() + b"\0")
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def made_from(stamp: Path) -> str:
    """Return the sum of what this thing was last made from, or nothing."""
    try:
        return stamp.read_text()
    except FileNotFoundError:
        return ""


@contextmanager
def locked(name: str, *, busy: str) -> Iterator[None]:
    """Let one at a time in; who has to wait is told what for."""
    VAR.mkdir(parents=True, exist_ok=True)
    with (VAR / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(busy)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
