"""Told: what came of an import, counted as it goes, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .agreement import Tally
from .cases import Decided, Fate
from .understanding import Kind, Reject

#: So many different causes are told apart, and so many examples of each kind given.
CAUSES_AT_MOST, EXAMPLES = 1000, 3


@dataclass(slots=True, kw_only=True)
class Told:
    """What was found in a file, and what was or would be kept of it."""

    form: str  #: What the file was found to be.
    rows: int = 0
    underway: int = 0  #: Of them, read and not decided about yet.
    new: int = 0
    held: int = 0  #: Here already, and the same.
    repeated: int = 0  #: In the file before, word for word.
    doubted: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    rejects: Counter[Kind] = field(default_factory=Counter)
    examples: dict[Kind, list[Reject]] = field(default_factory=dict)
    categories: Counter[str] = field(default_factory=Counter)  #: None of ours.
    tallies: dict[str, Tally] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many rows did not become a report."""
        return self.rejects.total()

    @property
    def done(self) -> int:
        """How many rows are through."""
        return self.rows - self.underway

    @property
    def usable(self) -> int:
        """How many rows are, or would be, here in the end."""
        return self.new + self.held + self.repeated

    def reject(self, rejects: Iterable[Reject]) -> None:
        """Count rows that are no reports."""
        for each in rejects:
            self.rejects[each.kind] += 1
            examples = self.examples.setdefault(each.kind, [])
            if len(examples) < EXAMPLES:
                examples.append(each)
            if each.kind is Kind.NO_CATEGORY:
                known = each.why in self.categories
                if known or len(self.categories) < CAUSES_AT_MOST:
                    self.categories[each.why] += 1

    def take(self, decided: Sequence[Decided], fates: Sequence[Fate]) -> None:
        """Count rows that come in, by what becomes of each."""
        self.new += len(decided)
        self.statuses.update(fate.status.value for fate in fates)
        for each in decided:
            self.reasons[each.decision.reason.value] += 1
            self.doubts.update(each.decision.doubts)
            self.doubted += bool(each.decision.doubts)
