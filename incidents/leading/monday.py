"""On Monday: what a unit has before it this week, and who has how much of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from accounts.models import User
from incidents.permissions import Actor
from incidents.worklist import sorts, work_of

#: What is told of each officer; the last is all of it.
TOLD = ("late", "week", "again", "awaiting", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one officer has in hand; of nobody, what was given to no one yet."""

    officer: User | None
    counts: Mapping[str, int]


def loads_of(actor: Actor, *, at: datetime) -> list[Load]:
    """Count by officer what this person's units have, in two statements.

    Those with most that is late come first; what nobody was given comes last.
    """
    kinds = sorts(at=at)
    asked = {
        "late": kinds["late"],
        "week": kinds["week"],
        "again": kinds["again"],
        "awaiting": kinds["leader"],
        "all": Q(),
    }
    rows: Iterable[tuple[int | None, ...]] = (
        work_of(actor, at=at)
        .order_by()
        .values("assignee")
        .annotate(
            **{f"n_{key}": Count("pk", filter=where) for key, where in asked.items()}
        )
        .values_list("assignee", *(f"n_{key}" for key in asked))
    )
    counted = {
        officer: dict(zip(asked, (each or 0 for each in counts), strict=True))
        for officer, *counts in rows
    }
    officers = User.objects.in_bulk([each for each in counted if each])
    loads = [
        Load(officer=officers.get(pk) if pk else None, counts=counts)
        for pk, counts in counted.items()
    ]
    loads.sort(
        key=lambda each: (
            each.officer is None,
            -each.counts["late"],
            -each.counts["week"],
            -each.counts["all"],
        )
    )
    return loads
