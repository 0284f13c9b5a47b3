"""Lettered: in which code page the words beside shapes are, and whether they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_char_p
from pathlib import Path
from zipfile import ZipFile

from django.contrib.gis.gdal.libgdal import lgdal

from .unpacking import is_archive

#: Vietnamese of Windows-1258 that was taken for Latin-1: its tones stand as letters.
LATIN_TONES = re.compile(r"[a-zà-ÿ][ÌÒÞ]|[aeyâêôãõý][ìò]")
#: What no name holds: a letter that could not be read, and control characters.
UNREAD = re.compile(r"[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
#: The code page of Vietnamese Windows. GDAL loses the last letter of each of its words.
VIETNAMESE = "cp1258"


def is_garbled(text: str) -> bool:
    """Tell whether letters were read in another code page than they were written in."""
    return bool(UNREAD.search(text) or LATIN_TONES.search(text))


def shown(text: str) -> str:
    """Return the beginning of a garbled text as a message may show it."""
    return UNREAD.sub("?", text)[:40]


def code_page(path: Path) -> str:
    """Return the code page of a shapefile's words if GDAL cannot read it."""
    if is_archive(path):
        with ZipFile(path) as archive:
            said = [
                archive.read(name)[:80]
                for name in archive.namelist()
                if name.lower().endswith(".cpg")
            ]
    else:
        beside = (path.with_suffix(suffix) for suffix in (".cpg", ".CPG"))
        said = [each.read_bytes()[:80] for each in beside if each.is_file()]
    return VIETNAMESE if any(b"1258" in each for each in said) else ""


@contextmanager
def left_as_written() -> Iterator[None]:
    """Let GDAL hand on the words of what is opened meanwhile as they are."""
    set_option = lgdal.CPLSetThreadLocalConfigOption
    set_option.argtypes, set_option.restype = [c_char_p, c_char_p], None
    set_option(b"SHAPE_ENCODING", b"")
    try:
        yield
    finally:
        set_option(b"SHAPE_ENCODING", None)
