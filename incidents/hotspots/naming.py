"""What the map itself calls the ground of a spot: never by what somebody typed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely

from gis_data.hexagons import Grid
from gis_data.models import Street

from .finding import Spot


def streets_of(
    spots: Sequence[Spot], streets: Sequence[Street], grid: Grid
) -> list[str]:
    """Name for each spot the street that runs longest through it; "" where none does.

    These are streets of the map, with a line. An address in a report may hold a house
    or a person, and is not asked.
    """
    drawn = [(each.name, shape) for each in streets if (shape := each.shape)]
    if not drawn or not spots:
        return ["" for _spot in spots]
    lines = shapely.from_wkb([bytes(shape.wkb) for _name, shape in drawn])
    metric = shapely.transform(np.asarray(lines), grid.metres)
    tree = shapely.STRtree(metric)
    said = []
    for spot in spots:
        area = shapely.union_all(shapely.polygons(grid.outlines(np.array(spot.cells))))
        lengths: dict[str, float] = defaultdict(float)
        for turn in map(int, tree.query(area, predicate="intersects")):
            within = float(shapely.length(shapely.intersection(metric[turn], area)))
            lengths[drawn[turn][0]] += within
        longest = sorted(lengths, key=lambda name: (-lengths[name], name))
        said.append(longest[0] if longest else "")
    return said
