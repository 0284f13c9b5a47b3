"""Sent ahead: files that wait on the server for the report they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from unicodedata import normalize

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from .errors import FileTooLarge, NoRoomForFiles, StagedFileGone
from .media import Upload, look_into
from .models import Attachment, Report, StagedFile

#: Long enough for a report begun on the way home and sent in the morning.
KEPT_FOR = timedelta(hours=24)
#: A name that a browser drew at random, and that nobody guesses.
CLIENT_ID = re.compile(r"[\w-]{16,64}", re.ASCII)
TAKEN = """
WITH taken AS (
    DELETE FROM incidents_stagedfile
    WHERE client_id = %(client_id)s AND public_id = ANY(%(public_ids)s)
    RETURNING public_id, kind, media_type, original, bytes, checksum
)
INSERT INTO incidents_attachment (report_id, public_id, kind, media_type, original,
    bytes, checksum, state, shown, thumbnail, is_call, received_at)
SELECT %(report)s, public_id, kind, media_type, original,
    bytes, checksum, %(state)s, '', '', false, %(at)s
FROM taken ORDER BY array_position(%(public_ids)s, public_id::text)
RETURNING id
"""


def may_stage(client_id: str) -> bool:
    """Tell whether a sending is named so that only its own browser knows the name."""
    return CLIENT_ID.fullmatch(client_id) is not None


def staged_by(client_id: str) -> list[StagedFile]:
    """Return what a sending has sent ahead, in the order in which it came."""
    if not may_stage(client_id):
        return []
    return list(StagedFile.objects.filter(client_id=client_id).order_by("at", "pk"))


def stage(file: File[Any], *, client_id: str, at: datetime) -> StagedFile:
    """Take a file ahead of its report; the same file sent again is the one we have."""
    (upload,) = look_into([file])
    with transaction.atomic():
        with connection.cursor() as cursor:  # One at a time, or two pass the limit.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [client_id])
        return _stage(file, upload, client_id=client_id, at=at)


def _stage(
    file: File[Any], upload: Upload, *, client_id: str, at: datetime
) -> StagedFile:
    held = staged_by(client_id)
    for each in held:
        if each.checksum == upload.checksum:
            return each
    if len(held) >= settings.ATTACHMENTS_AT_MOST:
        said = _("Send %(most)s files at most.")
        raise FileTooLarge(said % {"most": settings.ATTACHMENTS_AT_MOST})
    if not _has_room_for(file.size or 0):
        raise NoRoomForFiles
    staged = StagedFile(
        client_id=client_id,
        name=normalize("NFC", file.name or "")[-200:],
        kind=upload.kind,
        media_type=upload.media_type,
        bytes=file.size or 0,
        checksum=upload.checksum,
        at=at,
    )
    file.seek(0)
    staged.original.save(f"{staged.public_id}.{upload.ending}", file, save=False)
    try:
        with transaction.atomic():
            staged.save(force_insert=True)
    except IntegrityError:  # The same file came here under the name it had before.
        staged.original.delete(save=False)
        same = StagedFile.objects.filter(
            client_id=client_id, checksum=upload.checksum
        ).first()
        if same is None:  # Taken by its report, or taken back, in between.
            raise StagedFileGone from None
        return same
    except BaseException:
        staged.original.delete(save=False)
        raise
    return staged


def _has_room_for(size: int) -> bool:
    """Tell whether all that waits may grow by so much; what is swept is not counted."""
    waiting = StagedFile.objects.aggregate(all=Sum("bytes"))["all"] or 0
    return bool(waiting + size <= settings.STAGED_BYTES_AT_MOST)


@transaction.atomic
def unstage(public_id: str, *, client_id: str) -> None:
    """Take a file back before its report is sent; one that is gone is no matter."""
    _drop(StagedFile.objects.filter(client_id=client_id, public_id=public_id))


def rename_sending(old: str, *, new: str) -> None:
    """Let what was sent ahead follow its sending when that gets another name."""
    StagedFile.objects.filter(client_id=old).update(client_id=new)


def take(
    public_ids: Sequence[str], *, client_id: str | None, report: Report, at: datetime
) -> list[tuple[str, dict[str, int]]]:
    """Turn files sent ahead into attachments of the report they came for.

    Returns the jobs that will prepare them. They change hands in one statement, in the
    transaction that files the report: a file is either waiting or attached. All that
    the report names must be there, or it would be sent without what its reporter
    believes to be in it.
    """
    named = list(dict.fromkeys(public_ids))
    if not named:
        return []
    given = {
        "client_id": client_id,
        "public_ids": named,
        "report": report.pk,
        "state": Attachment.State.WAITING,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, given)
        rows = cursor.fetchall()
    if len(rows) != len(named):
        raise StagedFileGone
    return [("incidents.prepare_attachment", {"attachment_id": pk}) for (pk,) in rows]


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Drop what was sent ahead of reports that never came; return how many files."""
    return _drop(StagedFile.objects.filter(at__lt=at - KEPT_FOR, crew_result=None))


def _drop(unwanted: Any) -> int:
    """Delete rows that no filing has its hands on, and then their files."""
    rows = list(unwanted.select_for_update(skip_locked=True))
    StagedFile.objects.filter(pk__in=[each.pk for each in rows]).delete()
    for each in rows:
        transaction.on_commit(delete_file(each))
    return len(rows)


def delete_file(staged: StagedFile) -> Any:
    """Return what deletes a file once its row is gone for good."""
    storage, name = staged.original.storage, str(staged.original.name)
    return lambda: storage.delete(name)
