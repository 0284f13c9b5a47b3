"""Today: where what came by an earlier map lies by the boundaries of now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from django.db.models import Max

from gis_data.atlas import Atlas
from gis_data.models import Edition
from incidents.decisions import Decision

from .understanding import Row


@dataclass(frozen=True, kw_only=True)
class Today:
    """The map of today, read only for a file with rows of earlier maps."""

    on: date
    since: date | None  #: From when on the map is as it is today.

    @classmethod
    def read(cls, *, on: date) -> Today:
        """Find out since when the map is as it is."""
        begun = Edition.objects.published().filter(
            kind__rank__isnull=False, starts_on__lte=on
        )
        return cls(on=on, since=begun.aggregate(since=Max("starts_on"))["since"])

    @cached_property
    def _atlas(self) -> Atlas:
        return Atlas.read(on=self.on)

    def places(self, asked: Iterable[tuple[Row, Decision]]) -> list[int | None]:
        """Return the place each lies in now; none without a point."""
        found: list[int | None] = []
        earlier: list[tuple[int, tuple[float, float]]] = []
        for turn, (row, decision) in enumerate(asked):
            if row.point is None:
                found.append(None)
                continue
            found.append(decision.location.areas[0].place_id)
            if self.since and row.on < self.since:
                earlier.append((turn, row.point))
        if earlier:
            points = np.array([point for _, point in earlier], dtype=np.float64)
            located = self._atlas.locate(points)
            for (turn, _), location in zip(earlier, located, strict=True):
                areas = location.areas
                found[turn] = areas[0].place_id if areas else None
        return found
