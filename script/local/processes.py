"""Starting programs so that every one of them can be found again and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NoReturn

#: Each process we start carries this variable, and so do its own children. So a run
#: that was killed leaves nothing that a later one could not find, or could mistake.
MARK = "STARTED_BY_SCRIPT"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """Somebody asked the script to stop."""


def stop_on_signals() -> None:
    """Turn the first Ctrl-C or SIGTERM into `Stopped`, and stop undisturbed by more."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in STOPPING:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(128 + number)

    for each in STOPPING:
        signal.signal(each, stop)


def _processes() -> Iterator[Path]:
    own = str(os.getpid())
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != own:
            yield entry


def marked(mark: str) -> list[int]:
    """Return the processes that carry this mark, their children's children included."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in _processes():
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def standing_in(folder: Path) -> list[int]:
    """Return the processes that work in this folder, as PostgreSQL does in its data."""
    found = []
    for entry in _processes():
        with suppress(OSError):
            if os.readlink(entry / "cwd") == str(folder):
                found.append(int(entry.name))
    return found


def send(number: int, pids: Iterable[int]) -> None:
    """Send a signal to those of them that still live."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def end(find: Callable[[], list[int]], *, patience: float = 15) -> None:
    """Ask all that `find` finds to end; after `patience` seconds end them.

    A parent is asked before its children, which it knows better how to end.
    """
    asked: set[int] = set()
    until = time.monotonic() + patience
    while (found := set(find())) and time.monotonic() < until:
        first = {pid for pid in found - asked if _parent(pid) not in found}
        send(signal.SIGTERM, first)
        asked |= first
        time.sleep(0.05)
    send(signal.SIGKILL, found)
    if not none_left(find, seconds=5):
        raise TimeoutError(f"These processes do not end: {find()}")


def _parent(pid: int) -> int | None:
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        # The program's name, in brackets, may hold anything.
        return int(stat.rpartition(")")[2].split()[1])
    return None


def none_left(find: Callable[[], list[int]], *, seconds: float) -> bool:
    """Wait until nothing is found any more, and say whether that came true."""
    until = time.monotonic() + seconds
    while find():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def start(
    command: Sequence[str | Path],
    *,
    mark: str,
    env: Mapping[str, str],
    cwd: Path,
    output: BinaryIO | None = None,
    own_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a program out of reach of the terminal's Ctrl-C, which we answer."""
    return subprocess.Popen(
        [str(word) for word in command],
        env={**env, MARK: mark},
        cwd=cwd,
        stdin=subprocess.DEVNULL if own_session else None,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=own_session,
    )


@contextmanager
def ending(mark: str) -> Iterator[None]:
    """Leave nothing behind that carries this mark, however the block is left."""
    try:
        yield
    finally:
        end(lambda: marked(mark))
