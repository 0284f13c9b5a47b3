"""What happened to a case, in order, each event sealed to the one before it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from accounts.models import User

from .models import Event, Note, Report
from .models.insertion import insert

WRITE = json.JSONEncoder(sort_keys=True, ensure_ascii=False).encode


class Named(Protocol):
    """Anything that goes by a code and a name in two languages."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing about to be written down, and what a person wrote with it."""

    code: Event.Code
    arguments: dict[str, str] = field(default_factory=dict)
    text: str = ""
    visibility: Event.Visibility = Event.Visibility.REPORTER


def record(
    report: Report,
    happened: Iterable[Happening],
    *,
    at: datetime,
    by: User | None = None,
    after: Event | None = None,
) -> list[Event]:
    """Add what happened `after` the last event, or at the start of a new case.

    Free text goes to `Note`, where it can be erased; the chain keeps its digest.
    """
    events, notes = chain(report, happened, at=at, by=by, after=after)
    insert(*events)
    if notes:
        insert(*notes)
    return events


def record_all(
    told: Iterable[tuple[Report, Iterable[Happening]]],
    *,
    at: datetime,
    by: User | None = None,
) -> list[Event]:
    """Add to many histories what happened to each case, in three statements.

    Hold the rows of the reports meanwhile, as for one.
    """
    told = list(told)
    latest = Event.objects.filter(report__in=[report.pk for report, _said in told])
    latest = latest.order_by("report", "-sequence").distinct("report")
    last = {event.report_id: event for event in latest}
    events: list[Event] = []
    notes: list[Note] = []
    for report, happened in told:
        made, said = chain(report, happened, at=at, by=by, after=last.get(report.pk))
        if made:
            last[report.pk] = made[-1]
        events += made
        notes += said
    Event.objects.bulk_create(events)
    Note.objects.bulk_create(notes)
    return events


def chain(
    report: Report,
    happened: Iterable[Happening],
    *,
    at: datetime,
    by: User | None = None,
    after: Event | None = None,
) -> tuple[list[Event], list[Note]]:
    """Write events and their notes, each sealed to the one before; keep none yet."""
    sequence = after.sequence if after else 0
    prev_hash = bytes(after.hash) if after else b""
    events, notes = [], []
    for each in happened:
        sequence += 1
        arguments = dict(each.arguments)
        event = Event(
            report=report,
            sequence=sequence,
            at=at,
            code=each.code,
            visibility=each.visibility,
            by=by,
            prev_hash=prev_hash,
        )
        if each.text:
            salt = secrets.token_bytes(16)
            arguments["digest"] = sha256(salt + each.text.encode()).hexdigest()
            notes.append(Note(event=event, text=each.text, salt=salt))
        event.arguments = arguments
        event.hash = prev_hash = seal(event, public_id=report.public_id)
        events.append(event)
    return events, notes


def naming(unit: Named | None) -> dict[str, str]:
    """Return how an event names an organisation, in every language it has a name in."""
    if unit is None:
        return {}
    return {
        "organisation": unit.name,
        "organisation_en": unit.name_en or unit.name,
        "organisation_code": unit.code,
    }


def last_event(report: Report) -> Event:
    """Return what the next event follows. Hold the report's row while you add it."""
    return report.events.latest("sequence")


def seal(event: Event, *, public_id: str) -> bytes:
    """Return the hash that ties an event to all before it in its case."""
    return sealed(
        bytes(event.prev_hash),
        public_id=public_id,
        sequence=event.sequence,
        at=event.at,
        code=str(event.code),
        arguments=event.arguments,
        visibility=str(event.visibility),
        by_id=event.by_id,
    )


def sealed(
    prev_hash: bytes,
    *,
    public_id: str,
    sequence: int,
    at: datetime,
    code: str,
    arguments: dict[str, str],
    visibility: str = Event.Visibility.REPORTER.value,
    by_id: int | None = None,
) -> bytes:
    """Return the seal of an event that is told in plain values, as files bring it."""
    stamp = at.timestamp()
    said = [public_id, sequence, stamp, code, arguments, visibility, by_id]
    return sha256(prev_hash + WRITE(said).encode()).digest()


def broken_at(report: Report) -> int | None:
    """Return the sequence of the first event that does not fit, or none."""
    events = report.events.select_related("note").order_by("sequence")
    return misfit(events, public_id=report.public_id)


def misfit(events: Iterable[Event], *, public_id: str) -> int | None:
    """Return which event of a whole history, in its order, does not fit, or none."""
    prev_hash = b""
    for turn, event in enumerate(events, start=1):
        note = getattr(event, "note", None)
        fits = (
            event.sequence == turn
            and bytes(event.prev_hash) == prev_hash
            and bytes(event.hash) == seal(event, public_id=public_id)
            and (note is None or _told(event, note))
        )
        if not fits:
            return turn
        prev_hash = bytes(event.hash)
    return None


def _told(event: Event, note: Note) -> bool:
    digest = sha256(bytes(note.salt) + note.text.encode()).hexdigest()
    return bool(digest == event.arguments.get("digest"))
