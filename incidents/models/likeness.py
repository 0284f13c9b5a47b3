"""How likely two reports are of one thing: the one formula, and how far it looks.

    likeness = Σ weight · part / Σ weight, over the parts that can be known

    near   0.20   1 at the very spot, 0 at the edge of the city's reach
    days   0.10   1 at the same moment, 0 at the edge of the city's days
    kind   0.45   1 of the same category, ½ of the same branch, 0 of another
    words  0.25   how many groups of three letters are shared, marks left out

Kind weighs more than nearness, so that what stands at the same corner and is another
thing never comes before the like. Words are compared for staff alone: strangers are
shown what is public, and learn nothing from an order that private words have made.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Case, Expression, F, FloatField, Func, Q, Value, When
from django.db.models.functions import Abs, Cast, Greatest, Lower

from .category import Category

NEAR, DAYS, KIND, WORDS = 0.20, 0.10, 0.45, 0.25
A_DAY = 24 * 60 * 60


class Reach(NamedTuple):
    """How far apart two reports of one thing may lie, over the ground and in time."""

    metres: int
    days: int


def reach_of(category: Category) -> Reach:
    """Return how far the city looks in this category, its branch, or in general."""
    said = settings.CITY.likely
    branch = category.code.partition(".")[0]
    found = said.get(category.code) or said.get(branch) or said["default"]
    return Reach(**found)


def kindred(category: Category) -> Q:
    """Keep what is of the same category, or of the same branch."""
    same = Q(category=category) | Q(category__branch=category)
    if category.branch_id:
        same |= Q(category__branch=category.branch_id) | Q(category=category.branch_id)
    return same


def likeness(
    category: Category,
    *,
    at: datetime,
    reach: Reach,
    is_placed: bool = True,
    words: str = "",
) -> Expression:
    """Score reports against one of a category and a moment, from 0 to 1.

    They have their `distance` where `is_placed`; `words` are for the eyes of staff.
    """
    parts = [(DAYS, _days(at, reach)), (KIND, _kind(category))]
    if is_placed:
        metres = Cast(F("distance"), FloatField())
        parts.append((NEAR, _falling(metres, to=reach.metres)))
    if words.strip():
        parts.append((WORDS, _shared("description", words)))
    whole = sum(weight for weight, _part in parts)
    weighed = [part * Value(weight / whole) for weight, part in parts]
    total: Expression = weighed[0]
    for each in weighed[1:]:
        total = total + each
    return total


def _kind(category: Category) -> Expression:
    branch = category.branch_id or category.pk
    return Case(
        When(category=category, then=Value(1.0)),
        When(Q(category__branch=branch) | Q(category=branch), then=Value(0.5)),
        default=Value(0.0),
    )


def _days(at: datetime, reach: Reach) -> Expression:
    apart = Func(
        Value(at) - F("received_at"),
        template="EXTRACT(EPOCH FROM %(expressions)s)::float8",
        output_field=FloatField(),
    )
    return _falling(Abs(apart), to=reach.days * A_DAY)


def _falling(apart: Expression, *, to: float) -> Expression:
    """Fall evenly from 1 where nothing lies between to 0 at the edge and beyond."""
    fallen = Value(1.0) - apart / Value(float(max(to, 1)))
    return Greatest(fallen, Value(0.0), output_field=FloatField())


def _shared(column: str, words: str) -> Expression:
    """Compare words by groups of three letters, without marks and capitals."""
    return Func(
        unmarked(F(column)),
        unmarked(Value(words)),
        function="similarity",
        output_field=FloatField(),
    )


def unmarked(said: F | Value) -> Func:
    """Return words as one would type them in haste: small, without any marks."""
    return Func(Lower(said), function="f_unaccent")
