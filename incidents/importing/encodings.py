"""Encodings: in which of those that Vietnamese files come a file is written."""

from __future__ import annotations

import codecs
from pathlib import Path

from incidents.errors import UnusableFile

NOT_TEXT = "\ufffd"
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CHUNK = 2**20


def find_encoding(path: Path) -> str:
    """Find out how a file is written: utf-8, utf-16 or windows-1258.

    A file with some broken bytes in it stays what most of it is.
    """
    try:
        with path.open("rb") as file:
            first = file.read(4096)
            for mark, encoding in MARKS.items():
                if first.startswith(mark):
                    return encoding
            if not first:
                raise UnusableFile(f"{path.name}: the file is empty.")
            if wide := _wide(first):
                return wide
            file.seek(0)
            good, bad = 0, 0
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            while chunk := file.read(CHUNK):
                if chunk.isascii():
                    continue
                text = decoder.decode(chunk)
                broken = text.count(NOT_TEXT)
                bad += broken
                good += len(text) - len(text.encode("ascii", "ignore")) - broken
    except OSError as error:
        raise UnusableFile(f"{path.name}: cannot be read: {error}") from error
    return "windows-1258" if bad > good else "utf-8"


def _wide(first: bytes) -> str:
    """Tell UTF-16 without a mark by the noughts beside its plain letters."""
    many = len(first) // 8
    if first[1::2].count(0) > many:
        return "utf-16-le"
    return "utf-16-be" if first[::2].count(0) > many else ""
