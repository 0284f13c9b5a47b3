"""Framed: what the process that reads a file hands back, in a form that runs nothing.

A frame is its length, what is said as JSON, and a shape as well-known binary: whoever
has taken over the reading process can send wrong words and wrong shapes, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any

HEAD = Struct(">II")
#: One drawing of a whole country's coast has some 50 MB.
FRAME_BYTES_AT_MOST = 128 * 2**20


class BrokenFrame(ValueError):
    """What came back is not a frame of ours."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing that was read: what is said of it, and its shape if it has one."""

    said: dict[str, Any]
    shape: bytes = b""


def packed(said: dict[str, Any], shape: bytes = b"") -> bytes:
    """Return a frame as it goes through the pipe."""
    words = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return HEAD.pack(len(words), len(shape)) + words + shape


def next_frame(take: Callable[[int], bytes]) -> Frame:
    """Read a frame; `take` returns exactly so many bytes, or raises EOFError."""
    words, shape = HEAD.unpack(take(HEAD.size))
    if words + shape > FRAME_BYTES_AT_MOST:
        raise BrokenFrame(f"a frame of {words + shape} bytes")
    try:
        said = json.loads(take(words))
    except ValueError as error:
        raise BrokenFrame(str(error)) from error
    if not isinstance(said, dict):
        raise BrokenFrame("no object")
    return Frame(said, take(shape) if shape else b"")
