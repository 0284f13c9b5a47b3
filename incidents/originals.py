"""Originals: what a reporter sent, as they sent it, is for who may know who they are.

A voice and a film tell who made them, and so does what a camera writes into a photo:
when, where, with which telephone. Who works on a case sees the photo made of it.
"""

from __future__ import annotations

from datetime import datetime

from .accesses import Kind, log
from .contacting import reachable
from .models import Attachment, ContactReading
from .permissions import Actor

#: What an attachment is asked for as, where it is as it was sent.
ORIGINAL = "original"
#: Why a contact was as good as opened, as the log of readings says it.
HEARD = "Recording of the call played"


def may_open(attachment: Attachment, form: str, *, by: Actor, at: datetime) -> bool:
    """Tell whether somebody who sees a case may open this file of it.

    A unit is granted the contact of the case alone: not who called, nor who sent
    photos with another report that goes along with it.
    """
    if by.opens_contacts or not _is_as_sent(attachment, form):
        return True
    return attachment.is_told and reachable(attachment.report, by=by, at=at).opens


def note_opening(attachment: Attachment, form: str, *, by: Actor, at: datetime) -> None:
    """Write down who opened what leads to a reporter, and when."""
    contact = getattr(attachment.report, "contact", None)
    if attachment.is_call and contact is not None:
        ContactReading.objects.create(
            contact=contact, reader=by.user.get_username(), reason=HEARD, at=at
        )
    elif _is_as_sent(attachment, form):
        kind = Kind.CALL_HEARD if attachment.is_call else Kind.FILE_OPENED
        log(kind, by=by, at=at, report=attachment.report, reason=attachment.kind)


def _is_as_sent(attachment: Attachment, form: str) -> bool:
    """Tell whether it is asked for as a reporter sent it; films have no other form."""
    return form == ORIGINAL and not attachment.is_of_staff
