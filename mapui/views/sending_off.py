"""Sent off: a file is made first and sent then, and few of them at once.

Each takes one of the site's few threads for as long as its reader reads. So there are
as many places as leave threads to everybody else, and none has one for ever. What holds
a place is a lock on a file: it ends with the process, and needs no database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic
from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from .limits import not_now

#: So many files are made or sent at once, and so many of them to strangers. A process
#: has four threads, if nobody says otherwise.
AT_ONCE, TO_STRANGERS = 3, 2
#: A piece has to be taken within so many seconds, and the whole at such a rate.
PIECE, PIECE_S = 64 * 1024, 20.0
BYTES_A_SECOND, AT_LEAST_S, AT_MOST_S = 100_000, 60.0, 1800.0


class Place:
    """One of the few places of those who take a file, held until it is closed."""

    def __init__(self, lock: BinaryIO) -> None:
        self._lock = lock

    def close(self) -> None:
        """Leave the place to the next."""
        self._lock.close()


class Parcel:
    """A file that is whole, for one who takes it piece by piece and in time."""

    def __init__(self, file: BinaryIO, place: Place, *, size: int) -> None:
        self._file, self._place = file, place
        takes = min(AT_MOST_S, AT_LEAST_S + size / BYTES_A_SECOND)
        self._until = monotonic() + takes

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._file.read(PIECE):
            if monotonic() > self._until:
                raise TimeoutError("A file was read too slowly.")
            yield piece

    def close(self) -> None:
        """Throw the file away and leave the place."""
        self._file.close()
        self._place.close()


def send_off(
    request: HttpRequest,
    written: Callable[[], Iterable[bytes]],
    *,
    name: str,
    media_type: str,
) -> HttpResponse | StreamingHttpResponse:
    """Write a file and then send it, or say that there are too many just now.

    The database is asked while the file is written, and is left before it is sent: who
    reads slowly holds no transaction.
    """
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    if request.method == "HEAD":
        return HttpResponse(content_type=media_type, headers=named)
    place = take_place(request)
    if place is None:
        said = _("Too many files are being taken just now, or one by you already.")
        return not_now(request, said)
    try:
        file, size = _kept(written())
    except BaseException:
        place.close()
        raise
    _hurry(request)
    parcel = Parcel(file, place, size=size)
    return StreamingHttpResponse(
        parcel,
        content_type=media_type,
        headers=named | {"Content-Length": str(size)},
    )


def take_place(request: HttpRequest) -> Place | None:
    """Take a free place, if there is one and who asks holds none."""
    folder: Path = settings.SENDING_DIR
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    who, is_staff = _who(request), request.user.is_authenticated
    with ExitStack() as looked_at:
        door = looked_at.enter_context((folder / "door").open("ab"))
        flock(door, LOCK_EX)  # One looks at a time, which takes no time.
        free: BinaryIO | None = None
        for number in range(AT_ONCE if is_staff else TO_STRANGERS):
            lock = (folder / str(number)).open("a+b")
            looked_at.callback(lock.close)
            if _locked(lock):
                free = lock
            elif _holder(lock) == who:
                return None
        if free is None:
            return None
        free.truncate(0)
        free.write(who)
        free.flush()
        # A copy keeps the lock when the file that was looked at is closed.
        return Place(os.fdopen(os.dup(free.fileno()), "rb"))


def _locked(lock: BinaryIO) -> bool:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: BinaryIO) -> bytes:
    lock.seek(0)
    return lock.read()


def _who(request: HttpRequest) -> bytes:
    """Tell people apart without writing down who they are."""
    if request.user.is_authenticated:
        said = f"account {request.user.pk}"
    else:
        said = f"address {BaseThrottle().get_ident(Request(request))}"
    return salted_hmac(__name__, said).hexdigest().encode()


def _kept(pieces: Iterable[bytes]) -> tuple[BinaryIO, int]:
    """Write a file that has no name, and that nobody finds if we are killed."""
    file: BinaryIO = TemporaryFile(dir=settings.SENDING_DIR)  # noqa: SIM115
    try:
        for piece in pieces:
            file.write(piece)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, size


def _hurry(request: HttpRequest) -> None:
    """Have the server give up on who takes no piece for a while.

    Between two pieces we look at the clock ourselves; within one it waits for ever.
    """
    connection = request.META.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(PIECE_S)
