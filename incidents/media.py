"""Photos, videos and recordings: originals stay private, derivatives are shown."""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import puremagic
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from .camera import Shot
from .errors import FileTooLarge, UnacceptableFile
from .looks import look_of
from .models import Attachment, Event, Report, Result

SHOWN_SIDE, THUMB_SIDE = 1600, 320
#: A phone makes 50 megapixels, some 108; a bomb claims thousands.
Image.MAX_IMAGE_PIXELS = 120_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
#: What Pillow raises on a file that is not, or not wholly, the photo it begins as.
UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    EOFError,
    OSError,
    SyntaxError,
    ValueError,
    struct.error,
)
#: What we take, by content, and the ending its original is kept under.
TAKEN: dict[str, tuple[Attachment.Kind, str]] = {
    "image/jpeg": (Attachment.Kind.PHOTO, "jpg"),
    "image/png": (Attachment.Kind.PHOTO, "png"),
    "image/webp": (Attachment.Kind.PHOTO, "webp"),
    "video/mp4": (Attachment.Kind.VIDEO, "mp4"),
    "video/quicktime": (Attachment.Kind.VIDEO, "mov"),
    "video/webm": (Attachment.Kind.VIDEO, "webm"),
    "video/3gpp": (Attachment.Kind.VIDEO, "3gp"),
    "audio/mpeg": (Attachment.Kind.AUDIO, "mp3"),
    "audio/mp4": (Attachment.Kind.AUDIO, "m4a"),
    "audio/ogg": (Attachment.Kind.AUDIO, "ogg"),
    "audio/wav": (Attachment.Kind.AUDIO, "wav"),
    "audio/amr": (Attachment.Kind.AUDIO, "amr"),
}
#: Other names that the same contents go by.
ALIASES = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "application/ogg": "audio/ogg",
    "video/x-m4v": "video/mp4",
    "audio/webm": "video/webm",
    "audio/AMR": "audio/amr",
    # Recordings by telephones, which the library knows by their endings only.
    ".m4a": "audio/mp4",
    ".amr": "audio/amr",
}
#: A film as browsers record it, which the library does not know.
FRAGMENTED = re.compile(rb"....ftypiso[2-9]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was looked into and may be kept."""

    file: File[bytes]
    kind: Attachment.Kind
    media_type: str
    ending: str
    checksum: str


def look_into(files: Sequence[File[bytes]], *, beside: int = 0) -> tuple[Upload, ...]:
    """Say what each file is by its content, or refuse the lot with the reason.

    `beside` is how many the same report has sent ahead.
    """
    if len(files) + beside > settings.ATTACHMENTS_AT_MOST:
        said = _("Send %(most)s files at most.")
        raise FileTooLarge(said % {"most": settings.ATTACHMENTS_AT_MOST})
    return tuple(_look_into(file) for file in files)


def keep(
    uploads: Iterable[Upload],
    *,
    report: Report,
    at: datetime,
    result: Result | None = None,
    event: Event | None = None,
    shots: Sequence[Shot] = (),
    is_call: bool = False,
) -> list[tuple[str, dict[str, int]]]:
    """Keep the originals, and return the jobs that will prepare them.

    A file is written before its row is committed; one whose transaction fails is
    an orphan that nothing points to, never a row without its file.
    """
    rows = []
    for turn, upload in enumerate(uploads):
        shot = shots[turn] if turn < len(shots) else None
        row = Attachment(
            report=report,
            result=result,
            event=event,
            is_call=is_call,
            taken_at=shot.at if shot else None,
            metres_off=shot.metres_off if shot else None,
            kind=upload.kind,
            media_type=upload.media_type,
            bytes=upload.file.size or 0,
            checksum=upload.checksum,
            received_at=at,
        )
        upload.file.seek(0)
        row.original.save(f"{row.public_id}.{upload.ending}", upload.file, save=False)
        rows.append(row)
    kept = Attachment.objects.bulk_create(rows) if rows else []
    return [("incidents.prepare_attachment", {"attachment_id": r.pk}) for r in kept]


@transaction.atomic
def prepare(attachment_id: int) -> None:
    """Make what may be shown of a photo, without EXIF. Only the worker may call it."""
    held = Attachment.objects.select_for_update(of=("self",)).select_related("result")
    attachment = held.get(pk=attachment_id)
    if attachment.state != Attachment.State.WAITING:
        return
    if attachment.kind != Attachment.Kind.PHOTO:
        attachment.state = Attachment.State.READY
        attachment.save(update_fields=["state"])
        return
    try:
        upright = _read(attachment)
    except UNREADABLE:
        attachment.state = Attachment.State.BROKEN
        attachment.save(update_fields=["state"])
        return
    name = f"{attachment.public_id}.jpg"
    attachment.shown.save(name, _scaled(upright, SHOWN_SIDE), save=False)
    attachment.thumbnail.save(name, _scaled(upright, THUMB_SIDE), save=False)
    attachment.state, attachment.look = Attachment.State.READY, look_of(upright)
    if attachment.result_id:
        # Its result may be published while the worker is at the photo: ask it now.
        results = Result.objects.select_for_update(of=("self",))
        result = results.select_related("organisation").get(pk=attachment.result_id)
        if not result.organisation.publishes_itself:
            attachment.approved_at = result.published_at
    made = ["shown", "thumbnail", "state", "look", "approved_at"]
    attachment.save(update_fields=made)


def _look_into(file: File[bytes]) -> Upload:
    if (file.size or 0) > settings.ATTACHMENT_BYTES_AT_MOST:
        said = _("“%(name)s” is larger than %(megabytes)s MB.")
        most = settings.ATTACHMENT_BYTES_AT_MOST // 2**20
        raise FileTooLarge(said % {"name": file.name, "megabytes": most})
    media_type = _sniff(file)
    if media_type not in TAKEN:
        said = _("“%(name)s” is not a photo, video or recording that we can take.")
        raise UnacceptableFile(said % {"name": file.name})
    kind, ending = TAKEN[media_type]
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return Upload(
        file=file,
        kind=kind,
        media_type=media_type,
        ending=ending,
        checksum=digest.hexdigest(),
    )


def _sniff(file: File[bytes]) -> str:
    """Return the medium the content is of, whatever its name and sender say."""
    file.seek(0)
    head = file.read(4096)
    try:
        best = puremagic.magic_string(head)[0]
    except (puremagic.PureError, ValueError):
        return "video/mp4" if FRAGMENTED.match(head) else ""
    found = str(best.mime_type or best.extension)
    return ALIASES.get(found, found)


def _read(attachment: Attachment) -> Image.Image:
    """Return the pixels of a photo, upright. What claims too many is not decoded."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with (
            attachment.original.open("rb") as file,
            Image.open(file, formats=FORMATS) as photo,
        ):
            return ImageOps.exif_transpose(photo).convert("RGB")


def _scaled(photo: Image.Image, side: int) -> ContentFile[bytes]:
    """Return a JPEG no wider or higher than `side`, with nothing but its pixels."""
    copy = photo.copy()
    copy.info = {}  # A comment in it would be written on.
    copy.thumbnail((side, side))
    written = io.BytesIO()
    copy.save(written, "JPEG", quality=82, optimize=True)
    return ContentFile(written.getvalue())
