"""Passed around: how often units gave a case up, and when somebody must decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import User

from .models import Arbitration, Organisation, Report, Transfer

#: So often units may give a case up between them; then somebody decides.
HOPS = 2
#: Of the clock, at night and on holidays too: the case is nobody's meanwhile.
DECIDES_WITHIN = timedelta(hours=1)


def needs_arbiter(report: Report, *, to: Organisation | None = None) -> bool:
    """Tell whether the next hand is for the arbiter to name.

    It is after two hops between units; and where the case would go back `to` a unit
    that gave it up, from another that has had it since.
    """
    return bool(passed_around([report.pk], to=to))


def passed_around(
    reports: Iterable[int], *, to: Organisation | None = None
) -> set[int]:
    """Return of many cases those whose next hand is for the arbiter to name."""
    moves: dict[int, list[Transfer]] = {}
    for each in Transfer.objects.filter(report__in=reports).order_by("pk"):
        moves.setdefault(each.report_id, []).append(each)
    unit = to.pk if to else None
    return {case for case, each in moves.items() if _is_passed_around(each, unit)}


def _is_passed_around(moves: list[Transfer], unit: int | None) -> bool:
    """Judge by how a case went from hand to hand, the first move first.

    What a unit gave up before an arbiter last decided, or by law, is no hop.
    """
    finals = [turn for turn, move in enumerate(moves) if move.is_final]
    since = moves[finals[-1] + 1 :] if finals else moves
    hops = [move for move in since if move.sender_id and move.by_id]
    if len(hops) >= HOPS:
        return True
    given_up = next((hop for hop in hops if hop.sender_id == unit), None)
    if given_up is None:
        return False
    had = {move.organisation_id for move in since[since.index(given_up) :]}
    return bool(had - {None, unit})


def call_arbiter(report: Report, *, by: User | None, at: datetime) -> Arbitration:
    """Put a case before the shift lead, who has an hour; once, until it is decided."""
    waiting, _is_new = Arbitration.objects.get_or_create(
        report=report,
        decided_at=None,
        defaults={"asked_at": at, "asked_by": by, "due_at": at + DECIDES_WITHIN},
    )
    return waiting
