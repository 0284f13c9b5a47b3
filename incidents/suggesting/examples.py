"""Texts whose category is known: written for it, and set right by operators."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localdate

from gis_data.models.place import tidy
from incidents.models import Category, Channel, Event, Report, Status
from incidents.privacy import without_contacts

from .words import folded, words_of

#: The category of what is about nothing that can be reported.
NOTHING = ""
#: So many of the newest corrections are learnt from.
CORRECTIONS_AT_MOST = 20_000
#: Two texts that share so much of their pairs of words say the same.
ALIKE = 0.5


class BrokenExamples(Exception):
    """The city's examples name a category that there is not."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text and what it is about; the day only where an operator said so."""

    text: str
    category: str
    on: date | None = None


def read_written(folder: Path) -> list[Example]:
    """Read the examples a city wrote for it; a city without any has no suggestions."""
    path = folder / "examples.csv"
    if not path.is_file():
        return []
    known = {*Category.objects.values_list("code", flat=True), NOTHING}
    found = []
    with path.open(encoding="utf8", newline="") as file:
        for row in csv.DictReader(file):
            if row["category"] not in known:
                said = f"examples.csv: there is no category {row['category']}."
                raise BrokenExamples(said)
            found.append(Example(tidy(row["text"]), row["category"]))
    return found


def read_corrections() -> list[Example]:
    """Read what reports are about by an operator's own word, the oldest first.

    Of cases whose category staff corrected, or chose while a caller told them. What was
    refused or taken back teaches nothing, and who can be reached is left out.
    """
    corrected = Event.objects.filter(
        report=OuterRef("pk"), code=Event.Code.RECLASSIFIED, by__isnull=False
    )
    chosen = (
        Report.objects.unquarantined()
        .filter(Q(channel=Channel.HOTLINE) | Exists(corrected), is_demo=False)
        .exclude(status__in=[Status.REFUSED, Status.WITHDRAWN])
    )
    newest = chosen.order_by("-received_at").values_list(
        "description", "category__code", "received_at"
    )
    found = [
        Example(tidy(without_contacts(text)), category, localdate(at))
        for text, category, at in newest[:CORRECTIONS_AT_MOST]
        if "." in category
    ]
    return found[::-1]


def group_alike(examples: Iterable[Example]) -> list[int]:
    """Give texts that say nearly the same one number."""
    pairs = [_pairs_of(example.text) for example in examples]
    group = list(range(len(pairs)))
    having: dict[str, list[int]] = {}
    for turn, own in enumerate(pairs):
        shared: dict[int, int] = {}
        for pair in own:
            for other in having.get(pair, ()):
                shared[other] = shared.get(other, 0) + 1
        for other, count in shared.items():
            if count / len(own | pairs[other]) >= ALIKE:
                _join(group, turn, other)
        for pair in own:
            having.setdefault(pair, []).append(turn)
    return [_first(group, turn) for turn in range(len(group))]


def _pairs_of(text: str) -> frozenset[str]:
    words = [folded(word) for word in words_of(text)]
    if len(words) < 2:
        return frozenset(words)
    return frozenset(f"{one} {other}" for one, other in pairwise(words))


def _first(group: list[int], turn: int) -> int:
    while group[turn] != turn:
        turn = group[turn]
    return turn


def _join(group: list[int], one: int, other: int) -> None:
    first, second = sorted((_first(group, one), _first(group, other)))
    group[second] = first
