"""What stands on a day, held in memory: the assets about any number of points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

import numpy as np
import shapely
from django.db import connection

from .measuring import BOX_SLACK, Boxes, Numbers, Segments


class Standing(NamedTuple):
    """An asset of that day, without its shape."""

    id: int
    kind: str
    asset_class: str
    code: str
    name: str
    spans: int  #: In how many areas of the most local level it lies.


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every asset that stands on a day."""

    assets: tuple[Standing, ...]
    boxes: Boxes
    segments: Segments
    tree: shapely.STRtree

    @classmethod
    def read(cls, *, on: date) -> Inventory:
        """Read what stands that day, in one statement."""
        with connection.cursor() as cursor:
            cursor.execute(STANDING, [on])
            rows = list(cursor.fetchall())
        shapes = np.asarray(
            shapely.from_wkb([bytes(row[-1]) for row in rows]), dtype=object
        )
        return cls(
            assets=tuple(Standing(*row[:-1]) for row in rows),
            boxes=Boxes.of(shapely.bounds(shapes).reshape(-1, 4)),
            segments=Segments.of(shapes),
            tree=shapely.STRtree(shapes),
        )

    def around(
        self, points: Numbers, *, scale: Numbers, metres: Numbers
    ) -> Iterator[list[tuple[Standing, float]]]:
        """Tell for each point what the box of so many metres round it meets, how far.

        That may be further than asked for. `scale` is metres a degree at each point,
        east and north.
        """
        wide = metres[:, None] / scale
        bounds = np.hstack([points - wide, points + wide])
        slack = np.array([-BOX_SLACK, -BOX_SLACK, BOX_SLACK, BOX_SLACK])
        spot, asset = self.tree.query(shapely.box(*(bounds + slack).T))
        meet = Boxes.of(bounds).meet(spot, self.boxes, asset)
        order = np.argsort(spot[meet], kind="stable")
        spot, asset = spot[meet][order], asset[meet][order]
        away = self.segments.metres(points[spot], asset, scale=scale[spot])
        found = zip(
            [self.assets[turn] for turn in asset.tolist()], away.tolist(), strict=True
        )
        for count in np.bincount(spot, minlength=len(points)).tolist():
            yield list(islice(found, count))


STANDING = """
SELECT id, kind, asset_class, code, name, spans, ST_AsBinary(shape)
FROM gis_data_asset WHERE validity @> %s::date ORDER BY kind, code
"""
