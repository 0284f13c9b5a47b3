"""Measured: how often the right category is named, on texts held out of learning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np

from .examples import NOTHING, Example, group_alike
from .learning import (
    Certainty,
    Floats,
    Learned,
    find_certainty,
    learn,
    shares,
    weigh_all,
)
from .words import folded

FOLDS = 5
#: Corrections are foretold in so many spans of time, each by what came before it.
SPANS = 5
#: Of fewer corrections nothing is told but their number.
FEW = 20
Z = 1.96
WAYS: dict[str, Callable[[str], str]] = {"marked": str, "unmarked": folded}
LEVELS = ("branch", "leaf")


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the interval a share lies in with 95 in 100, also where few were seen."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    width = Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, middle - width), min(1.0, middle + width)


def branch_of(code: str) -> str:
    """Return the branch that a leaf's code begins with."""
    return code.partition(".")[0]


@dataclass(slots=True)
class Score:
    """Of how many texts the first category, or one of the first three, was right."""

    of: int = 0
    first: int = 0
    three: int = 0

    def add(self, ranked: Sequence[str], right: str) -> None:
        self.of += 1
        self.first += right in ranked[:1]
        self.three += right in ranked[:3]

    def told(self) -> dict[str, Any]:
        """Return it as it is kept and shown, with its intervals."""
        return {
            "of": self.of,
            "first": self.first,
            "three": self.three,
            "first_interval": wilson(self.first, self.of),
            "three_interval": wilson(self.three, self.of),
        }


@dataclass(slots=True)
class Tally:
    """The scores of one set of texts: by branch and by leaf, and of every branch."""

    levels: dict[str, Score] = field(
        default_factory=lambda: {level: Score() for level in LEVELS}
    )
    branches: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))

    def add(self, ranked: Ranked, right: str) -> None:
        self.levels["leaf"].add(ranked.leaves, right)
        self.levels["branch"].add(ranked.branches, branch_of(right))
        self.branches[branch_of(right)].add(ranked.branches, branch_of(right))

    def told(self) -> dict[str, Any]:
        return {
            **{level: score.told() for level, score in self.levels.items()},
            "branches": {
                code: score.told() for code, score in sorted(self.branches.items())
            },
        }


@dataclass(frozen=True, slots=True)
class Ranked:
    """The likeliest leaves and branches of one text, the likeliest first."""

    leaves: list[str]
    branches: list[str]


def rank(told: Floats, categories: Sequence[str]) -> Ranked:
    """Rank leaves by their share, and branches by those of their leaves together."""
    together: dict[str, float] = defaultdict(float)
    order = [row for row in np.argsort(-told) if categories[row] != NOTHING]
    for row in order:
        together[branch_of(categories[row])] += float(told[row])
    branches = sorted(together, key=lambda code: -together[code])
    return Ranked([categories[row] for row in order], branches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found on texts held out, and how sure one may be by it."""

    certainty: Certainty
    figures: dict[str, Any]


def measure(written: Sequence[Example], corrected: Sequence[Example]) -> Measured:
    """Hold out one text in five, one after another, and each span of corrections.

    Texts that say nearly the same are held out together. Corrections are foretold only
    by what was known before them.
    """
    groups = group_alike(written)
    folds = _folds(written, groups)
    categories = sorted({each.category for each in written})
    margins = {way: _held_out(written, folds, categories, WAYS[way]) for way in WAYS}
    right = [categories.index(each.category) for each in written]
    both = np.vstack([margins[way] for way in WAYS])
    certainty = find_certainty(both, [*right, *right])
    figures: dict[str, Any] = {
        "written": {
            "of": len(written),
            "groups": len(set(groups)),
            "folds": FOLDS,
            **{
                way: _tally(written, margins[way], categories, certainty).told()
                for way in WAYS
            },
            "comes_true": _comes_true(shares(both, certainty), [*right, *right]),
        },
        "corrections": _over_time(written, corrected, certainty=certainty),
    }
    return Measured(certainty=certainty, figures=figures)


def score(learned: Learned, examples: Iterable[Example], *, way: str) -> Tally:
    """Score a model on texts it never saw, written one way or the other."""
    told = list(examples)
    margins = weigh_all(learned, [WAYS[way](each.text) for each in told])
    return _tally(told, margins, learned.categories, learned.certainty)


def _folds(written: Sequence[Example], groups: Sequence[int]) -> list[int]:
    """Deal the groups of each category out in turn, so that no fold lacks one."""
    dealt: dict[int, int] = {}
    turns: dict[str, int] = defaultdict(int)
    for example, group in zip(written, groups, strict=True):
        if group not in dealt:
            dealt[group] = turns[example.category] % FOLDS
            turns[example.category] += 1
    return [dealt[group] for group in groups]


def _held_out(
    written: Sequence[Example],
    folds: Sequence[int],
    categories: Sequence[str],
    way: Callable[[str], str],
) -> Floats:
    """Weigh each text by a model that was taught without its fold."""
    found = np.full((len(written), len(categories)), -2.0, dtype=np.float32)
    for fold in sorted(set(folds)):
        taught = [each for each, own in zip(written, folds, strict=True) if own != fold]
        learned = _taught(taught, certainty=Certainty())
        if learned is None:
            continue
        rows = [row for row, own in enumerate(folds) if own == fold]
        columns = [categories.index(code) for code in learned.categories]
        asked = [way(written[row].text) for row in rows]
        found[np.ix_(rows, columns)] = weigh_all(learned, asked)
    return found


def _taught(examples: Sequence[Example], *, certainty: Certainty) -> Learned | None:
    if len({each.category for each in examples}) < 2:
        return None
    texts = [each.text for each in examples]
    return learn(texts, [each.category for each in examples], certainty=certainty)


def _tally(
    examples: Sequence[Example],
    margins: Floats,
    categories: Sequence[str],
    certainty: Certainty,
) -> Tally:
    tally = Tally()
    told = shares(margins, certainty)
    for example, row in zip(examples, told, strict=True):
        if example.category != NOTHING:
            tally.add(rank(row, categories), example.category)
    return tally


def _comes_true(told: Floats, right: Sequence[int]) -> list[dict[str, float]]:
    """Tell, of all that was said with about one certainty, how much was right."""
    surest, said = told.argmax(axis=1), told.max(axis=1)
    hits = surest == np.asarray(right)
    found = []
    for low, high in pairwise((0.0, 0.2, 0.4, 0.6, 0.8, 1.01)):
        rows = (said >= low) & (said < high)
        if count := int(rows.sum()):
            found.append(
                {
                    "of": count,
                    "said": float(said[rows].mean()),
                    "right": float(hits[rows].mean()),
                }
            )
    return found


def _over_time(
    written: Sequence[Example], corrected: Sequence[Example], *, certainty: Certainty
) -> list[dict[str, Any]]:
    """Foretell each span of corrections by the examples and the spans before it."""
    if len(corrected) < FEW:
        return []
    found = []
    bounds = [round(len(corrected) * turn / SPANS) for turn in range(SPANS + 1)]
    for start, end in pairwise(bounds):
        learned = _taught([*written, *corrected[:start]], certainty=certainty)
        if learned is None:
            continue
        span = corrected[start:end]
        found.append(
            {
                "from": str(span[0].on),
                "to": str(span[-1].on),
                **{way: score(learned, span, way=way).told() for way in WAYS},
            }
        )
    return found
