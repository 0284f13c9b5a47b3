"""Toning: which wards share a colour, of five from few to many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

TONES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One colour of a map by ward, and from how much to how much it stands for."""

    number: int
    least: float
    most: float


def tones_of(densities: Sequence[float]) -> tuple[Tone, ...]:
    """Part densities into at most five tones of as many wards each, at round numbers.

    Few large values would leave all others in one pale tone if the parts were as wide
    as each other.
    """
    if not densities:
        return ()
    ranked = sorted(densities)
    edges = [_rounded(ranked[len(ranked) * turn // TONES]) for turn in range(1, TONES)]
    most = ranked[-1]
    kept = sorted({edge for edge in edges if 0 < edge < _rounded(most)})
    tops = [*kept, most]
    # Where there are few, they are the dark ones: the most is always the darkest.
    first = TONES + 1 - len(tops)
    return tuple(
        Tone(number=first + turn, least=least, most=top)
        for turn, (least, top) in enumerate(zip([0.0, *kept], tops, strict=True))
    )


def _rounded(value: float) -> float:
    """Keep two digits that count."""
    if not value:
        return 0.0
    return round(value, 1 - floor(log10(abs(value))))


def tone_of(density: float, tones: Sequence[Tone]) -> int:
    """Tell which tone a ward has; none where nothing came."""
    if not density:
        return 0
    return next((each.number for each in tones if density <= each.most), TONES)
