"""Quiet places: wards that tell of less than wards like them do.

A place without reports may be whole, or nobody there tells. Like a ward are those whose
area is nearest to its own: wards were drawn for about as many people each, so that a
small one is crowded; how many people live there nobody has told us. What they had is
taken for a negative binomial, which spreads wider than a Poisson, as reports do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Count
from numpy.typing import NDArray

from gis_data.models import Place
from incidents.models import Report

from .significance import LEVEL

Numbers = NDArray[np.float64]
#: So many wards are held beside one, and fewer say nothing.
ALIKE, AT_LEAST = 12, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A ward that tells of less than its like, and of how much those tell."""

    place: int
    told: int
    usual: float  #: What wards like it tell of, in the middle.
    p: float  #: How often a ward like it would tell of as little.


def quiet_wards(*, since: datetime, until: datetime, on: date) -> list[Quiet]:
    """Find the wards of that day that told of less than their like, in two statements.

    What is counted is public: how a ward tells is no secret of any unit.
    """
    wards = Place.objects.filter(
        kind__code="ward",
        official_area_km2__gt=0,
        boundaries__validity__contains=on,
        boundaries__recorded__upper_inf=True,
    )
    areas = dict(wards.values_list("pk", "official_area_km2"))
    reports = Report.objects.public().filter(
        kind=Report.Kind.REPORT, received_at__gte=since, received_at__lt=until
    )
    rows = reports.order_by().values("current_place").annotate(n=Count("pk"))
    told = {row["current_place"]: row["n"] for row in rows}
    return less_than_their_like(
        {pk: (area, told.get(pk, 0)) for pk, area in areas.items() if area}
    )


def less_than_their_like(
    wards: Mapping[int, tuple[float, int]], *, level: float = LEVEL
) -> list[Quiet]:
    """Tell which wards, each with its area and how much it told of, are quiet.

    All of them are tried, so of those that are named at most so many are expected to be
    by chance alone (false discovery rate).
    """
    if len(wards) <= AT_LEAST:
        return []
    # They bring much along; see `significance`.
    from esda import fdr

    ids = sorted(wards)
    areas = np.log([wards[pk][0] for pk in ids])
    told = np.array([wards[pk][1] for pk in ids], dtype=float)
    alike = np.array([told[_nearest(areas, turn)] for turn in range(len(ids))])
    tried = [
        Quiet(place=pk, told=int(mine), usual=float(np.median(theirs)), p=float(p))
        for pk, mine, theirs, p in zip(
            ids, told, alike, _as_little(told, alike), strict=True
        )
    ]
    cut = float(fdr(np.array([each.p for each in tried]), level))
    return sorted((each for each in tried if each.p <= cut), key=lambda each: each.p)


def _nearest(areas: Numbers, turn: int) -> NDArray[np.int64]:
    apart = np.abs(areas - areas[turn])
    apart[turn] = np.inf
    return np.argsort(apart, kind="stable")[: min(ALIKE, len(areas) - 1)]


def _as_little(told: Numbers, alike: Numbers) -> Numbers:
    """Return of each ward how often one like it would tell of as little.

    How much wards differ beyond chance is reckoned from all of them together, for a
    dozen are too few to tell; and their own mean is known no better than a dozen say.
    """
    from scipy.stats import nbinom

    mean = np.maximum(alike.mean(axis=1), 0.5)
    unsure = 1 + 1 / alike.shape[1]
    beyond = (((told - mean) ** 2 / unsure - mean) / mean**2).mean()
    spread = (mean + max(float(beyond), 1e-6) * mean**2) * unsure
    size = mean**2 / (spread - mean)
    return np.asarray(nbinom.cdf(told, size, size / (size + mean)))
