"""Whether a place is hotter than chance: Getis-Ord Gi*, by PySAL's esda.

What lies in cells is counts and points, mostly nought, and far from a normal curve: so
chance is not read off one, but drawn. Each cell is held in its place and the rest dealt
anew, ten thousand times; the seed is fixed, so that a page says tomorrow what it says
today.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 9999
#: Of all that is called hot, such a share may be so by chance.
LEVEL = 0.05
SEED = 25
#: With fewer cells, or fewer of them filled, nothing can be told from chance.
CELLS_AT_LEAST, FILLED_AT_LEAST = 12, 2

_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Significance:
    """What Gi* says of each cell, and from where on it counts."""

    z: NDArray[np.float64]  #: How far above the zone's mean, in standard deviations.
    p: NDArray[np.float64]  #: How often chance alone would be as hot.
    cut: float  #: Only at or below it a cell is hot, all cells being tried at once.
    is_hot: NDArray[np.bool_]


def gi_star(
    values: NDArray[np.float64],
    neighbours: Sequence[NDArray[np.int64]],
    *,
    permutations: int = PERMUTATIONS,
    level: float = LEVEL,
    seed: int = SEED,
) -> Significance:
    """Try of each cell whether it and its neighbours hold more than chance would deal.

    What is no hotter than dealt has a p of 1 here: only the hot side is tried. Each
    keeps its own, the others are dealt round it, so one full cell alone is no spot.
    """
    if len(values) < CELLS_AT_LEAST or np.count_nonzero(values) < FILLED_AT_LEAST:
        nothing = np.zeros(len(values))
        return Significance(
            z=nothing, p=nothing + 1, cut=0.0, is_hot=np.zeros(len(values), dtype=bool)
        )
    # They bring pandas and more along: loaded by who asks for hot spots, as he asks.
    from esda import fdr
    from esda.getisord import G_Local
    from libpysal.weights import W

    around = {turn: list(map(int, each)) for turn, each in enumerate(neighbours)}
    weights = W(around, silence_warnings=True)
    # Whole numbers add up alike in any order, so what is equal is equal.
    whole = np.rint(values * 1000)
    # It seeds NumPy's one generator for the whole process, which others draw from.
    with _ONE_AT_A_TIME, catch_warnings():
        # It warns that its p is of one side only; one side is what is asked here.
        simplefilter("ignore", DeprecationWarning)
        # And that a zone falls into parts, as one with islands does.
        simplefilter("ignore", UserWarning)
        before = np.random.get_state()
        try:
            found = G_Local(
                whole,
                weights,
                transform="B",
                star=True,
                permutations=permutations,
                keep_simulations=False,
                n_jobs=1,
                seed=seed,
            )
        finally:
            np.random.set_state(before)
    p = np.where(_is_up(found.Gs, whole, neighbours), found.p_sim, 1.0)
    cut = float(fdr(p, level))
    return Significance(z=np.asarray(found.Zs), p=p, cut=cut, is_hot=p <= cut)


def _is_up(
    shares: NDArray[np.float64],
    values: NDArray[np.float64],
    neighbours: Sequence[NDArray[np.int64]],
) -> NDArray[np.bool_]:
    """Tell which cells hold more with their neighbours than is dealt on the average.

    What esda gives is the p of whichever side a cell lies on: a full cell among empty
    ones lies low, for its neighbours could not hold less, and must not count as hot.
    """
    around = np.array([len(each) for each in neighbours])
    total = values.sum()
    dealt = values + around * (total - values) / (len(values) - 1)
    return np.asarray(shares > dealt / total)
