"""What becomes of an imported report: handled by a unit, over, or left to the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from incidents.decisions import Decision
from incidents.models import Event, Status

from .understanding import Row

E = Event.Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A row with what routing concluded about it."""

    row: Row
    decision: Decision
    current_place: int | None  #: Where it lies by the boundaries of today.
    is_new: bool = True  #: Not here already.


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Where a case stands when it comes in, and whose it is or was.

    `held_from` is when its unit got it; what a unit handled in the other system counts
    from the day it came there.
    """

    status: Status
    unit: int | None
    accepted_at: datetime | None
    held_from: datetime | None
    events: tuple[tuple[Event.Code, datetime], ...]


def fate_of(row: Row, decision: Decision, *, routes: bool, at: datetime) -> Fate:
    """Say what becomes of a row.

    What is over was handled by the unit that is settled and undoubted; where none is,
    the case is closed and nobody's, for a file does not tell who answered for it. What
    is open waits at the desk, unless it `routes` and would have gone by itself on some
    channel. Nothing is told to anybody.
    """
    unit = _unit(decision)
    if row.closed is not None:
        then = row.created
        begun: tuple[tuple[Event.Code, datetime], ...]
        begun = ((E.RECEIVED, then), (E.ACCEPTED, then))
        if unit is not None:
            begun += ((E.TRANSFERRED, then), (E.RESOLVED, row.closed))
        else:
            begun += ((E.CLOSED, row.closed),)
        return Fate(
            status=Status.RESOLVED if unit is not None else Status.CLOSED,
            unit=unit,
            accepted_at=then,
            held_from=then if unit is not None else None,
            events=begun,
        )
    received = ((E.RECEIVED, row.created),)
    if unit is None or not routes or not row.category.routes_itself_on:
        return Fate(
            status=Status.RECEIVED,
            unit=None,
            accepted_at=None,
            held_from=None,
            events=received,
        )
    return Fate(
        status=Status.TRANSFERRED,
        unit=unit,
        accepted_at=at,
        held_from=at,
        events=(*received, (E.ACCEPTED, at), (E.TRANSFERRED, at)),
    )


def lay_fates(
    decided: Sequence[Decided], *, routes: bool, at: datetime
) -> tuple[Fate, ...]:
    """Say what becomes of each."""
    return tuple(
        fate_of(each.row, each.decision, routes=routes, at=at) for each in decided
    )


def _unit(decision: Decision) -> int | None:
    """Return the unit that nobody needs to look at again; see `acts_by_itself`."""
    unit = decision.organisation if decision.is_settled else None
    if unit is None or (decision.approximate and not settings.DEMO):
        return None
    return unit.id
