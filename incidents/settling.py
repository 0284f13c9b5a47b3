"""Settled: a draft of the map is put in force, rolled back or dropped, and signed."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gis_data import drafting
from gis_data.journal import sign
from gis_data.models import Edition, MapChange
from gis_data.publishing import Changes

from .errors import NotAllowed, TooLateToRollBack
from .permissions import Actor
from .reform import has_moved_cases

Code = MapChange.Code


@transaction.atomic
def put_in_force(edition: Edition, *, by: Actor, at: datetime, version: int) -> Changes:
    """Put a draft in force from its first day, as it was looked at.

    Reports of that day and later are located by it at once. Open cases stay where they
    are until the hand-over of that day, and their deadlines stay whatever happens.
    """
    _refuse_others(by)
    done = drafting.activate(edition, at=at, version=version)
    _sign(Code.ACTIVATED, edition, done, by=by, at=at)
    return done


@transaction.atomic
def take_back(edition: Edition, *, by: Actor, at: datetime) -> Changes:
    """Roll the newest edition of its kind back, unless cases went over by it."""
    _refuse_others(by)
    if has_handed_over(edition):
        raise TooLateToRollBack
    done = drafting.roll_back(edition, at=at)
    _sign(Code.ROLLED_BACK, edition, done, by=by, at=at)
    return done


@transaction.atomic
def throw_away(edition: Edition, *, by: Actor, at: datetime, version: int) -> None:
    """Throw a draft away; that there was one stays on record."""
    _refuse_others(by)
    kind, on, source = edition.kind.code, edition.starts_on, edition.source
    drafting.discard(edition, version=version)
    sign(
        Code.DRAFT_DISCARDED,
        by=by.user,
        at=at,
        kind=kind,
        on=on.isoformat(),
        source=source,
    )


def has_handed_over(edition: Edition) -> bool:
    """Tell whether cases have gone over by an edition, so that it stays."""
    return has_moved_cases(edition)


def _sign(
    code: MapChange.Code, edition: Edition, done: Changes, *, by: Actor, at: datetime
) -> None:
    sign(
        code,
        by=by.user,
        at=at,
        edition=edition,
        kind=edition.kind.code,
        on=edition.starts_on.isoformat(),
        source=edition.source,
        opened=len(done.opened),
        closed=len(done.closed),
        changed=len(done.changed),
        kept=len(done.kept),
    )


def _refuse_others(by: Actor) -> None:
    if not by.keeps_map:
        raise NotAllowed
