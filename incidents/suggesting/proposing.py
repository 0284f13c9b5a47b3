"""Proposed: the likeliest categories of a text with how sure that is, or nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from threading import Lock

from incidents.models import Category, SuggestionModel

from .examples import NOTHING
from .learning import BrokenModel, Learned, index_of, read_back
from .words import folded, words_of

AT_MOST = 3
#: Below this the likeliest is a guess that would only mislead.
SURE_ENOUGH = 0.25
#: What is named beside it must be worth the look.
WORTH_A_LOOK = 0.08
#: So much of the words must have been seen before.
KNOWN_ENOUGH = 0.5
#: Shorter than this nothing has been said yet.
LETTERS_AT_LEAST = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A category that a text may be about, and how likely that is."""

    category: Category
    share: float

    @property
    def percent(self) -> int:
        return round(100 * self.share)


@dataclass(frozen=True, slots=True)
class _InUse:
    """A model as this process holds it, with where each feature stands."""

    pk: int
    learned: Learned | None  #: None where what was kept is broken.
    index: dict[str, int]


_held: _InUse | None = None
_loading = Lock()


def propose(text: str, *, on: date) -> list[Proposal]:
    """Return the likeliest categories of that day, the likeliest first; or none.

    What was trained meanwhile is in use from the next text on: which is the newest is
    asked each time, and it is loaded once a process.
    """
    if len(text.strip()) < LETTERS_AT_LEAST:
        return []
    held = _in_use()
    if held is None or held.learned is None:
        return []
    likely = _likely(text, held.learned, held.index)
    if not likely:
        return []
    used = Category.objects.in_force(on=on).select_related("branch")
    known = {each.code: each for each in used.filter(code__in=likely)}
    return [
        Proposal(category=known[code], share=share)
        for code, share in likely.items()
        if code in known
    ]


def _likely(text: str, learned: Learned, index: dict[str, int]) -> dict[str, float]:
    words = [folded(word) for word in words_of(text)]
    if not words or sum(word in index for word in words) < KNOWN_ENOUGH * len(words):
        return {}
    margins = learned.margins(text, index=index)
    if margins is None:
        return {}
    told = learned.shares(margins)
    ranked = told.argsort()[::-1][:AT_MOST]
    best = learned.categories[ranked[0]]
    if best == NOTHING or told[ranked[0]] < SURE_ENOUGH:
        return {}
    return {
        learned.categories[row]: float(told[row])
        for row in ranked
        if told[row] >= WORTH_A_LOOK and learned.categories[row] != NOTHING
    }


def _in_use() -> _InUse | None:
    global _held
    newest = (
        SuggestionModel.objects.order_by("-pk").values_list("pk", flat=True).first()
    )
    if newest is None:
        return None
    held = _held
    if held is None or held.pk != newest:
        with _loading:
            held = _held
            if held is None or held.pk != newest:
                _held = held = _load(newest)
    return held


def _load(pk: int) -> _InUse:
    kept = SuggestionModel.objects.only("arrays", "sha256").get(pk=pk)
    try:
        learned = read_back(bytes(kept.arrays), digest=kept.sha256)
    except BrokenModel as error:
        log.error("Suggestions are off: %s", error)
        return _InUse(pk, None, {})
    return _InUse(pk, learned, index_of(learned))
