"""Trained: what was learnt is measured on texts held out, and kept with its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from incidents.models import SuggestionModel

from .examples import BrokenExamples, Example, read_corrections, read_written
from .learning import laid_out, learn
from .measuring import measure

#: The hour at which nobody waits for the worker.
BY_NIGHT = 2


class NothingToLearnFrom(Exception):
    """The city wrote no examples, and operators have corrected nothing yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model that was kept, and how many features it looks at."""

    model: SuggestionModel
    features: int


def train_if_due(folder: Path, *, at: datetime) -> Trained | None:
    """Train where nothing was yet; by night, where examples or corrections changed."""
    newest = SuggestionModel.objects.defer("arrays").order_by("-pk").first()
    if newest is not None and localtime(at).hour != BY_NIGHT:
        return None
    try:
        known = _digest(_known(folder))
        if newest is not None and newest.learnt_from["knowing"] == known:
            return None
        return train(folder, at=at)
    except (BrokenExamples, NothingToLearnFrom):
        return None


def _known(folder: Path) -> list[Example]:
    return [*read_written(folder), *read_corrections()]


def _digest(known: list[Example]) -> str:
    """Tell one set of texts from another, without saying what stands in it."""
    said = sha256()
    for each in known:
        said.update(f"{each.category}\t{each.text}\n".encode())
    return said.hexdigest()


@transaction.atomic
def train(folder: Path, *, at: datetime) -> Trained:
    """Learn from all texts whose category is known, and put that in use at once."""
    written, corrected = read_written(folder), read_corrections()
    known = [*written, *corrected]
    if len({each.category for each in known}) < 2:
        raise NothingToLearnFrom
    measured = measure(written, corrected)
    learned = learn(
        [each.text for each in known],
        [each.category for each in known],
        certainty=measured.certainty,
    )
    arrays = laid_out(learned)
    learnt_from: dict[str, Any] = {
        "written": len(written),
        "corrections": len(corrected),
        "categories": len({each.category for each in known if each.category}),
        "knowing": _digest(known),
    }
    model = SuggestionModel.objects.create(
        made_at=at,
        arrays=arrays,
        sha256=sha256(arrays).hexdigest(),
        learnt_from=learnt_from,
        figures=measured.figures,
    )
    return Trained(model=model, features=len(learned.features))
