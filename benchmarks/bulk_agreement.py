"""Whether deciding in bulk and one by one come out the same, where they might not.

Needs GIS_DATA_DIR for a map worth asking about. A third of the points lie anywhere, a
third about the roads, a third on borders and a few metres beside them, on random days
since before the reform. Whole decisions are compared, not only the unit. Seed fixed.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks._scratch import scratch

SEED, POINTS = 1022, 100_000
SINCE, DAYS = datetime(2025, 3, 1, tzinfo=UTC), 640
ACCURACIES = (0, 0, 0, 5, 8, 12.5, 30, 80, 300)
ADDRESSES = ("", "", "12 Lê Lợi", "hẻm 12", "123/4/5 Lê Lợi")


def points_over(
    lines: NDArray[np.object_], roads: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Draw points anywhere, about the roads, and on and beside the lines of the map."""
    chance = np.random.default_rng(SEED)
    third = POINTS // 3

    def along(shapes: NDArray[np.object_], count: int) -> NDArray[np.float64]:
        taken, part = chance.choice(shapes, count), chance.uniform(0, 1, count)
        spots = shapely.line_interpolate_point(taken, part, normalized=True)
        return np.asarray(shapely.get_coordinates(spots))

    west, south, east, north = shapely.total_bounds(lines)
    anywhere = chance.uniform((west, south), (east, north), (POINTS - 2 * third, 2))
    about = along(roads, third) if len(roads) else anywhere[:third]
    aside = chance.normal(0, 3e-5, (third, 2)) * chance.choice([0, 1], (third, 1))
    points = np.vstack(
        [
            anywhere,
            about + chance.normal(0, 1.5e-4, about.shape),
            along(lines, third) + aside,
        ]
    )
    chance.shuffle(points)
    return points


def main() -> int:
    """Print how many agree; fail at the first difference."""
    with scratch():
        from django.conf import settings
        from django.contrib.gis.geos import Point

        from gis_data.atlas import Atlas
        from gis_data.models import Asset
        from incidents.mass_routing import Asked, route_many
        from incidents.models import Category
        from incidents.routing import route

        if not settings.GIS_DATA_DIR:
            print("Set GIS_DATA_DIR to a folder with the real data.")  # noqa: T201
            return 2
        chance = np.random.default_rng(SEED)
        lines = Atlas.read(on=(SINCE + timedelta(days=DAYS)).date()).lines.geometries
        shapes = Asset.objects.values_list("shape", flat=True)
        roads = np.array([shapely.from_wkb(bytes(each.wkb)) for each in shapes])
        categories = Category.objects.filter(code__contains=".").in_bulk()
        numbers = chance.choice(list(categories), POINTS).tolist()
        days = chance.uniform(0, DAYS, POINTS).tolist()
        asked = [
            Asked(
                number=turn,
                point=(x, y),
                category_id=numbers[turn],
                at=SINCE + timedelta(days=days[turn]),
                accuracy=ACCURACIES[turn % len(ACCURACIES)],
                address=ADDRESSES[turn % len(ADDRESSES)],
            )
            for turn, (x, y) in enumerate(points_over(lines, roads).tolist())
        ]
        counts: Counter[str] = Counter()
        in_bulk = (decision for _, decision in route_many(asked))
        for each, found in zip(asked, in_bulk, strict=True):
            assert each.point is not None  # noqa: S101
            alone = route(
                Point(*each.point, srid=4326),
                categories[each.category_id],
                each.at,
                accuracy=each.accuracy,
                address=each.address,
            )
            same = replace(alone, is_repeated_point=False) == found
            same &= (alone.organisation, alone.doubts) == (
                found.organisation,
                found.doubts,
            )
            counts[f"the same, {alone.reason.value}" if same else "different"] += 1
            if not same and counts["different"] <= 20:
                print(f"{each}: {found.organisation}, not {alone.organisation}")  # noqa: T201
    for what, count in counts.most_common():
        print(f"{count:>8,} {what}")  # noqa: T201
    return int(bool(counts["different"]))


if __name__ == "__main__":
    sys.exit(main())
