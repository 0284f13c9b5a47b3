"""Seen before: a photo that stands in another case already, however it was saved again.

What a photo looks like is kept in 64 signs that hardly change when it is made smaller
or compressed anew. Two looks of which few signs differ are of one photo; to find them,
the looks are compared by four parts, one of which is nearly always the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import imagehash
from django.db import connection
from PIL import Image

from .models import Attachment
from .models.attachment import BANDS

#: Of 64 signs so many may differ. Photos of two things differ in about 32.
APART_AT_MOST = 6
#: With fewer signs of one sort a picture shows nothing: a wall, a night, a blank.
SIGNS_AT_LEAST = 12
SIDE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBefore:
    """A photo of a case, and where else one that looks the same stands."""

    attachment: int
    report: int
    is_result: bool  #: There it is shown as work that was done.
    signs_apart: int


def look_of(photo: Image.Image) -> int | None:
    """Return what a photo looks like, or nothing where there is nothing to see."""
    signs = imagehash.phash(photo, hash_size=SIDE).hash.flatten()
    if not SIGNS_AT_LEAST <= int(signs.sum()) <= signs.size - SIGNS_AT_LEAST:
        return None
    unsigned = int("".join("1" if sign else "0" for sign in signs), 2)
    return unsigned - 2**64 if unsigned >= 2**63 else unsigned


def seen_before(attachments: Sequence[Attachment]) -> list[SeenBefore]:
    """Find the photos of other cases that look like these, in one statement or none."""
    asked = [each.pk for each in attachments if each.look is not None]
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ALIKE, {"asked": asked, "most": APART_AT_MOST})
        rows = cursor.fetchall()
    return [
        SeenBefore(attachment=mine, report=report, is_result=result, signs_apart=apart)
        for mine, report, result, apart in rows
    ]


_SHARES = " OR ".join(
    f"((o.look >> {16 * turn}) & 65535) = ((a.look >> {16 * turn}) & 65535)"
    for turn in range(BANDS)
)
#: The nearest look of each other case; a case holds one photo several times at will.
ALIKE = f"""
SELECT DISTINCT ON (a.id, o.report_id) a.id, o.report_id, o.result_id IS NOT NULL,
  bit_count((o.look # a.look)::bit(64)) AS apart
FROM incidents_attachment a
JOIN incidents_attachment o
  ON o.look IS NOT NULL AND o.report_id <> a.report_id AND ({_SHARES})
WHERE a.id = ANY(%(asked)s) AND bit_count((o.look # a.look)::bit(64)) <= %(most)s
ORDER BY a.id, o.report_id, apart
"""  # noqa: S608
