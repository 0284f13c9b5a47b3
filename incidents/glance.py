"""At a glance: what stands around the operators' queue, read in one statement."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Count, Exists, F, Func, OuterRef, Value

from .calls import Draft, open_draft
from .deadlines import Calendar, calendar_of
from .models import (
    CalendarDay,
    CallBack,
    CallDraft,
    Report,
    ShiftNote,
    ShiftNoteReading,
    Status,
    Storm,
)
from .models.together import Row, ask_together
from .permissions import Actor, visible_to

#: A person decides about what is in these.
WAITING = (
    Status.RECEIVED,
    Status.ACCEPTED,
    Status.RETURNED,
    Status.AWAITING,
    Status.INFO_REQUESTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """An operator's unfinished calls, what waits, and what the shift has to say."""

    calendar: Calendar
    drafts: tuple[Draft, ...]
    counts: Mapping[str, int]  #: How many cases wait in each state.
    storm: str  #: Why the desk is in a storm; empty where it is not.
    unread_notes: int
    call_backs: int  #: How many people are to be called.


def read_glance(actor: Actor, *, at: datetime) -> Glance:
    """Read what an operator sees around the queue."""
    who = actor.user if actor.is_desk else None
    mine = CallDraft.objects.filter(user=who, dropped_at=None)
    dropped = CallDraft.objects.filter(dropped_at__isnull=False).order_by()
    seen = Report.objects.filter(visible_to(actor), status__in=WAITING).order_by()
    read = ShiftNoteReading.objects.filter(note=OuterRef("pk"), by=actor.user)
    notes = ShiftNote.objects.filter(~Exists(read))
    said = ask_together(
        days=CalendarDay.objects.values("on", "kind", "name", "name_en"),
        drafts=mine.annotate(in_text=IN_TEXT)
        .order_by("-updated_at", "-pk")
        .values("client_id", "in_text", "started_at", "updated_at"),
        counts=seen.values("status").annotate(n=Count("pk")),
        storm=Storm.objects.blowing(at=at).values("reason")[:1],
        notes=notes.order_by().values(n=Count("pk")) if actor.is_desk else notes.none(),
        dropped=dropped.values(n=Count("pk")),
        calls=CallBack.objects.unsettled().order_by().values(n=Count("pk")),
    )
    return Glance(
        calendar=calendar_of(
            CalendarDay(**row | {"on": date.fromisoformat(row["on"])})
            for row in said["days"]
        ),
        drafts=tuple(_draft(row) for row in said["drafts"]),
        counts={row["status"]: row["n"] for row in said["counts"]},
        storm=said["storm"][0]["reason"] if said["storm"] else "",
        unread_notes=sum(row["n"] for row in said["notes"]),
        call_backs=sum(row["n"] for row in [*said["calls"], *said["dropped"]]),
    )


#: JSON knows no bytes.
IN_TEXT = Func(
    F("sealed"), Value("base64"), function="encode", output_field=CharField()
)


def _draft(row: Row) -> Draft:
    return open_draft(
        CallDraft(
            client_id=row["client_id"],
            sealed=b64decode(row["in_text"]),
            started_at=datetime.fromisoformat(row["started_at"]),
            updated_at=datetime.fromisoformat(row["updated_at"]),
        )
    )
