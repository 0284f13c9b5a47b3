"""Learnt: weights from features to categories, told in numbers that can be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from .words import features, folded

Floats = npt.NDArray[np.float32]
#: How closely the texts are followed; chosen by what is right on texts held out.
CLOSELY = 0.3
SEED = 7
#: At these shares it is told how often they came true; most are small.
STEPS = (
    *(0.0, 0.001, 0.003, 0.01, 0.03),
    *(turn / 20 for turn in range(1, 20)),
    *(0.97, 0.99, 0.997, 0.999, 1.0),
)
#: Nobody is quite sure, and what was said more strongly still comes first.
HARDLY = 1e-4


class BrokenModel(Exception):
    """What was kept is not what was learnt."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """How margins become shares that come true as often as they say."""

    sharpness: float = 1.0  #: How much a wider margin counts.
    #: What was said by that alone, and how often it came true.
    said: tuple[float, ...] = (0.0, 1.0)
    true: tuple[float, ...] = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """All that is needed to weigh a text: no code, and nothing that can be run."""

    features: tuple[str, ...]
    rarity: Floats  #: How much the rarer features count, one number each.
    weights: Floats  #: One row a feature, one column a category.
    lean: Floats  #: What speaks for each category before a word is read.
    categories: tuple[str, ...]
    certainty: Certainty

    def margins(self, text: str, *, index: dict[str, int]) -> Floats | None:
        """Weigh a text; nothing where not one feature of it is known."""
        counts = Counter(features(text))
        known = [
            (index[name], count) for name, count in counts.items() if name in index
        ]
        if not known:
            return None
        rows = np.fromiter((row for row, _ in known), dtype=np.intp, count=len(known))
        often = np.array([count for _, count in known], dtype=np.float32)
        weighed = (1 + np.log(often)) * self.rarity[rows]
        weighed /= np.linalg.norm(weighed)
        found: Floats = weighed @ self.weights[rows] + self.lean
        return found

    def shares(self, margins: Floats) -> Floats:
        """Return how likely each category is."""
        return shares(margins, self.certainty)


def shares(margins: Floats, certainty: Certainty) -> Floats:
    """Turn margins, of one text or of many, into how often each comes true.

    They are not stretched to one together: what is left is the doubt.
    """
    said = _said(margins, certainty.sharpness)
    found: Floats = np.interp(said, certainty.said, certainty.true).astype(np.float32)
    return found


def _said(margins: Floats, sharpness: float) -> npt.NDArray[np.float64]:
    scaled = sharpness * margins.astype(np.float64)
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    found: npt.NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return found


def learn(
    texts: Sequence[str], categories: Sequence[str], *, certainty: Certainty
) -> Learned:
    """Learn from texts as they are written and as they are typed without marks."""
    # Learning needs much that weighing does not: it is loaded by who learns.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    reader = TfidfVectorizer(
        analyzer=features, sublinear_tf=True, dtype=np.float32, min_df=2
    )
    read = reader.fit_transform([*texts, *map(folded, texts)])
    machine = LinearSVC(C=CLOSELY, random_state=SEED)
    machine.fit(read, [*categories, *categories])
    weights, lean = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:  # Two are told apart by one row.
        weights, lean = np.vstack([-weights, weights]), np.hstack([-lean, lean])
    return Learned(
        features=tuple(reader.get_feature_names_out()),
        rarity=reader.idf_.astype(np.float32),
        weights=weights.T.astype(np.float32),
        lean=lean.astype(np.float32),
        categories=tuple(str(each) for each in machine.classes_),
        certainty=certainty,
    )


def find_certainty(margins: Floats, right: Sequence[int]) -> Certainty:
    """Find how sure one may be, by the margins of texts that were held out."""
    from scipy.optimize import minimize_scalar
    from sklearn.isotonic import IsotonicRegression

    rows, columns = np.arange(len(right)), np.asarray(right)

    def surprise(sharpness: float) -> float:
        told = _said(margins, sharpness)[rows, columns]
        return float(-np.log(np.maximum(told, 1e-9)).mean())

    best = minimize_scalar(surprise, bounds=(0.2, 30.0), method="bounded").x
    said = _said(margins, best)
    came = np.zeros_like(said)
    came[rows, columns] = 1
    bent = IsotonicRegression(y_min=0, y_max=1 - HARDLY, out_of_bounds="clip")
    bent.fit(said.ravel(), came.ravel())
    true = bent.predict(STEPS) + HARDLY * np.array(STEPS)
    return Certainty(float(best), STEPS, tuple(map(float, true)))


def weigh_all(learned: Learned, texts: Iterable[str]) -> Floats:
    """Weigh many texts; of what says nothing known, the lean alone."""
    index = index_of(learned)
    rows = [learned.margins(text, index=index) for text in texts]
    return np.array(
        [learned.lean if row is None else row for row in rows], dtype=np.float32
    ).reshape(len(rows), len(learned.categories))


def index_of(learned: Learned) -> dict[str, int]:
    """Return in which row each feature stands."""
    return {name: row for row, name in enumerate(learned.features)}


def laid_out(learned: Learned) -> bytes:
    """Write what was learnt as a plain archive of arrays."""
    file = BytesIO()
    np.savez_compressed(
        file,
        features=_as_bytes(learned.features),
        categories=_as_bytes(learned.categories),
        rarity=learned.rarity,
        weights=learned.weights.astype(np.float16),
        lean=learned.lean,
        certainty=np.array([learned.certainty.said, learned.certainty.true]),
        sharpness=np.float64(learned.certainty.sharpness),
    )
    return file.getvalue()


def read_back(kept: bytes, *, digest: str) -> Learned:
    """Read what was kept, if it is what was learnt; nothing in it is run."""
    if sha256(kept).hexdigest() != digest:
        raise BrokenModel("The arrays do not have the digest they were kept with.")
    try:
        with np.load(BytesIO(kept), allow_pickle=False) as file:
            return Learned(
                features=_as_words(file["features"]),
                categories=_as_words(file["categories"]),
                rarity=file["rarity"],
                weights=file["weights"].astype(np.float32),
                lean=file["lean"],
                certainty=Certainty(
                    float(file["sharpness"]),
                    *(tuple(map(float, row)) for row in file["certainty"]),
                ),
            )
    except (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError) as error:
        raise BrokenModel("This is no archive of a model.") from error


def _as_bytes(words: Iterable[str]) -> Any:
    return np.frombuffer("\n".join(words).encode(), dtype=np.uint8)


def _as_words(kept: Any) -> tuple[str, ...]:
    return tuple(kept.tobytes().decode().split("\n"))
