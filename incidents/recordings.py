"""Recorded: a call as it was heard, kept with its case, and played to few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from . import media
from .errors import Missing
from .models import Attachment, ContactReading, Report
from .notifications import defer
from .permissions import Actor
from .workflow import take

#: Why a contact was as good as opened, as the log of readings says it.
HEARD = "Recording of the call played"


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


def may_hear(by: Actor) -> bool:
    """Tell whether somebody may hear who called: a voice is as good as a name."""
    return by.opens_contacts


def note_hearing(attachment: Attachment, *, by: Actor, at: datetime) -> None:
    """Write down who heard a recording, and when."""
    contact = getattr(attachment.report, "contact", None)
    if contact is not None:
        ContactReading.objects.create(
            contact=contact, reader=by.user.get_username(), reason=HEARD, at=at
        )
