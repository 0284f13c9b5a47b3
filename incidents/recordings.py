"""Recorded: a call as it was heard, kept with its case, and played to few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from . import media
from .errors import Missing
from .models import Attachment, Report
from .notifications import defer
from .permissions import Actor
from .workflow import take


@transaction.atomic
def add_recording(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    uploads: Sequence[media.Upload],
    version: int | None = None,
) -> Report:
    """Keep the recording of a call with its case; nothing of it is ever public."""
    if not uploads:
        raise Missing(_("Choose a recording."), field="attachments")
    if any(each.kind != Attachment.Kind.AUDIO for each in uploads):
        raise Missing(
            _("This is no recording. Choose a sound file."), field="attachments"
        )
    taken = take("add_recording", report, by=by, at=at, version=version)
    jobs = media.keep(
        uploads, report=taken.report, event=taken.event, is_call=True, at=at
    )
    defer(jobs)
    return taken.report
