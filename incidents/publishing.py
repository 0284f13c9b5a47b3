"""Shown: what an operator lets strangers read and see of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .errors import Missing, NotNow
from .models import Attachment, Event, Report
from .permissions import Actor
from .privacy import without_contacts
from .workflow import take

TITLE_AT_MOST = 200
#: What strangers read of the history of a case: how it goes, and never what was said.
SHOWN = frozenset(
    {
        Event.Code.RECEIVED,
        Event.Code.ACCEPTED,
        Event.Code.ANSWERED,
        Event.Code.TRANSFERRED,
        Event.Code.ACKNOWLEDGED,
        Event.Code.RETURNED,
        Event.Code.VERIFYING,
        Event.Code.STARTED,
        Event.Code.PAUSED,
        Event.Code.RESUMED,
        Event.Code.COMMITTED,
        Event.Code.RESOLVED,
        Event.Code.REOPENED,
        Event.Code.CLOSED,
        Event.Code.HANDED_OVER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing that happened to a case, as strangers read it: the day, and what."""

    on: date
    label: str


def public_timeline(report: Report) -> list[Shown]:
    """Return the history of a case for anybody, the newest first: days, no words."""
    told = report.events.filter(
        code__in=SHOWN, visibility=Event.Visibility.REPORTER
    ).order_by("-sequence")
    return [Shown(on=localdate(event.at), label=event.label) for event in told]


@transaction.atomic
def approve_title(
    report: Report, *, by: Actor, at: datetime, title: str, version: int | None = None
) -> Report:
    """Let strangers read a title that an operator wrote, and nothing else in words."""
    tidy = " ".join(title.split())
    if without_contacts(tidy) != tidy:
        said = _(
            "A public title holds no phone number, e-mail, identity number or plate."
        )
        raise Missing(said, field="public_title")
    if len(tidy) > TITLE_AT_MOST:
        raise Missing(_("This title is too long."), field="public_title")
    taken = take(
        "approve_title", report, by=by, at=at, version=version, public_title=tidy
    )
    return taken.report


@transaction.atomic
def approve_photo(attachment: Attachment, *, by: Actor, at: datetime) -> Attachment:
    """Let a prepared photo be seen by strangers."""
    take("approve_photo", attachment.report, by=by, at=at)
    held = Attachment.objects.select_for_update().get(pk=attachment.pk)
    if held.state != Attachment.State.READY or held.event_id is not None:
        raise NotNow
    held.approved_at = held.approved_at or at
    held.save(update_fields=["approved_at"])
    return held
