"""A few small drawn photos, before and after, so that every page has one to show."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from random import Random

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from incidents import media
from incidents.models import Attachment

from .cases import Case

SIZE = (480, 360)
FILES = ("original", "shown", "thumbnail")


def keep_photos(cases: Sequence[Case], *, rng: Random) -> Iterator[Attachment]:
    """Give each of these cases a photo of its reporter's and one of its result's.

    They are prepared here and not by the worker. The result's are public with it.
    """
    for case in cases:
        result = case.results[-1]
        sent_at = case.report.received_at
        jobs = media.keep([_drawn(rng, mended=False)], report=case.report, at=sent_at)
        jobs += media.keep(
            [_drawn(rng, mended=True)], report=case.report, result=result, at=result.at
        )
        for _, ids in jobs:
            media.prepare(ids["attachment_id"])
            yield _approved(ids["attachment_id"], at=result.published_at)


def remove_files(attachments: Iterable[Attachment]) -> int:
    """Delete the files of these attachments, and say how many there were."""
    removed = 0
    for attachment in attachments:
        for name in FILES:
            kept = getattr(attachment, name)
            if kept:
                kept.delete(save=False)
                removed += 1
    return removed


def _approved(attachment_id: int, *, at: datetime | None) -> Attachment:
    attachment = Attachment.objects.get(pk=attachment_id)
    if attachment.result_id and at:
        attachment.approved_at = at
        attachment.save(update_fields=["approved_at"])
    return attachment


def _drawn(rng: Random, *, mended: bool) -> media.Upload:
    """Draw a street under the sky, with a hole in it or without."""
    wide, high = SIZE
    photo = Image.new("RGB", SIZE, (150 + rng.randrange(60), 195, 225))
    pen = ImageDraw.Draw(photo)
    for left in range(0, wide, 60):
        top = rng.randrange(60, 150)
        pen.rectangle((left, top, left + 52, 220), fill=(_grey(rng), 150, 130))
    pen.rectangle((0, 220, wide, high), fill=(95, 95, 98))
    for left in range(10, wide, 90):
        pen.rectangle((left, 284, left + 46, 292), fill=(225, 225, 215))
    middle = rng.randrange(120, wide - 120)
    colour = (80, 80, 84) if mended else (35, 28, 24)
    pen.ellipse((middle - 60, 240, middle + 60, 280), fill=colour)
    if not mended:
        pen.polygon([(middle, 190), (middle - 24, 250), (middle + 24, 250)], "orange")
    written = io.BytesIO()
    photo.save(written, "JPEG", quality=80)
    content = written.getvalue()
    return media.Upload(
        file=ContentFile(content, name="photo.jpg"),
        kind=Attachment.Kind.PHOTO,
        media_type="image/jpeg",
        ending="jpg",
        checksum=sha256(content).hexdigest(),
    )


def _grey(rng: Random) -> int:
    return rng.randrange(140, 210)
