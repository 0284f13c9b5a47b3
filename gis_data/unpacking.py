"""Unpacked with care: what a file of text or an archive must not hold to be opened."""

from __future__ import annotations

import mmap
import stat
from collections.abc import Iterable
from itertools import chain
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from .errors import UnreadableBoundaries

MEMBERS_AT_MOST = 1_000
#: A map of a country unpacks to less; it grows less than so many times, too.
UNPACKED_BYTES_AT_MOST = 2**30
TIMES_AT_MOST = 200
SMALL = 10 * 2**20
#: How a file begins that is an archive, and text of two bytes a letter.
ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")
TWO_BYTES = (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{", b"<\0", b"\0<")
HEAD, PIECE = 4096, 2**20
#: XML that defines words of its own may name any file, or swell without end.
DEFINING = (b"<!DOCTYPE", b"<!ENTITY")
#: Files that hold no shape but name where shapes are.
POINTING = {
    b"<OGRVRTDataSource": "OGR_VRT",
    b"<VRTDataset": "VRT",
    b"<OGRWFSDataSource": "WFS",
    b"<GDAL_WMS": "WMS",
    b"<WMS_Capabilities": "WMS",
}


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip, whatever it is called."""
    with path.open("rb") as file:
        return file.read(4) in ARCHIVE


def refuse_hostile(path: Path) -> None:
    """Refuse what names other files, swells when it is read, or is no text of ours."""
    if is_archive(path):
        _refuse_hostile_archive(path)
        return
    with path.open("rb") as file:
        head = file.read(HEAD)
        _refuse_beginning(head)
        if _is_xml(head):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                for word in DEFINING:
                    if (at := whole.find(word)) >= 0:
                        _refuse_defining(word, whole[:at].count(b"\n") + 1)


def _refuse_beginning(head: bytes) -> None:
    if head.startswith(TWO_BYTES):
        said = _(
            "row 1: it is written in UTF-16. Save it as UTF-8, then send it again."
        )
        raise UnreadableBoundaries(said)
    for word, driver in POINTING.items():
        if word in head:
            said = _(
                "row 1: it holds no shapes, it only names where they are (%(driver)s). "
                "Send the file with the shapes itself."
            )
            raise UnreadableBoundaries(said % {"driver": driver})


def _is_xml(head: bytes) -> bool:
    """Tell whether a file is XML, or may be from further on."""
    begun = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return begun.startswith(b"<") or (bool(head) and not begun)


def _refuse_defining(word: bytes, line: int) -> None:
    said = _(
        "line %(line)s: %(word)s defines words of its own, which may name other files "
        "or swell without end. Export the file again without it."
    )
    raise UnreadableBoundaries(said % {"line": line, "word": word.decode()})


def _refuse_hostile_archive(path: Path) -> None:
    try:
        with ZipFile(path) as archive:
            members = archive.infolist()
            _refuse_swelling(members, packed=path.stat().st_size)
            for member in members:
                _refuse_member(archive, member)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        said = _("is no whole zip: %(error)s Pack it again, then send it.")
        raise UnreadableBoundaries(said % {"error": f"{error}."}) from error


def _refuse_swelling(members: list[ZipInfo], *, packed: int) -> None:
    unpacked = sum(member.file_size for member in members)
    swells = unpacked > SMALL and unpacked > TIMES_AT_MOST * packed
    if len(members) > MEMBERS_AT_MOST or swells or unpacked > UNPACKED_BYTES_AT_MOST:
        said = _(
            "unpacks to %(megabytes)s MB in %(count)s files, which is too much. Send "
            "the one layer that is needed."
        )
        about = {"megabytes": unpacked // 2**20, "count": len(members)}
        raise UnreadableBoundaries(said % about)


def _refuse_member(archive: ZipFile, member: ZipInfo) -> None:
    inside = PurePosixPath(member.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if (
        inside.is_absolute()
        or ".." in inside.parts
        or ":" in member.filename
        or is_link
    ):
        said = _("“%(name)s” in it leads out of the zip. Pack it again without it.")
        raise UnreadableBoundaries(said % {"name": member.filename[:80]})
    if member.is_dir():
        return
    try:
        with archive.open(member) as file:
            head = file.read(HEAD)
            if head.startswith(ARCHIVE):
                raise UnreadableBoundaries(
                    _("it is a zip in a zip. Pack only the files of the map.")
                )
            _refuse_beginning(head)
            if _is_xml(head):
                rest = iter(lambda: file.read(PIECE), b"")
                _refuse_defining_in(chain([head], rest))
    except UnreadableBoundaries as refused:
        raise UnreadableBoundaries(f"{member.filename[:80]}: {refused}") from refused


def _refuse_defining_in(pieces: Iterable[bytes]) -> None:
    """Look through a member piece by piece, a word's length of the last one kept."""
    line, kept = 1, b""
    for piece in pieces:
        whole = kept + piece
        for word in DEFINING:
            if (at := whole.find(word)) >= 0:
                _refuse_defining(word, line + whole[:at].count(b"\n"))
        kept = whole[-16:]
        line += whole[:-16].count(b"\n")
