"""Whether `route()` and an independent computation name the same unit everywhere.

Needs GIS_DATA_DIR with the real wards, water territories and roads. The computation
shares no code with ours: it reads the files itself and measures in one metric, UTM 48N,
with shapely. Points within a centimetre of a threshold are counted apart. Seed fixed.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from benchmarks._scratch import scratch

SEED, POINTS = 1022, 200_000
WITHIN_M, JUNCTION_M, AROUND_M, NEAR_THRESHOLD_M = 15.0, 12.0, 30.0, 0.01
CITY_ROADS = {"motorway", "trunk", "primary", "secondary", "tertiary"}
COMPANIES = {
    "Cấp nước Thủ Đức": "cap-nuoc-thu-duc",
    "Cấp nước Bến Thành": "cap-nuoc-ben-thanh",
    "Cấp nước Gia Định": "cap-nuoc-gia-dinh",
    "Cấp nước Phú Hòa Tân": "cap-nuoc-phu-hoa-tan",
}
#: The island communes and the special zone answer for everything themselves.
ISLANDS = {"26732", "26545", "27676"}
UTM = Transformer.from_crs(4326, 32648, always_xy=True)
CITY = Path(__file__).resolve().parent.parent / "cities/hcmc"
AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
Shapes = NDArray[np.object_]


def read(folder: Path, name: str) -> tuple[Shapes, list[dict[str, Any]]]:
    """Read a file's shapes, in metres, with what it says of each."""
    features = json.loads((folder / name).read_text("utf8"))["features"]
    shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in features])
    flat = shapely.transform(
        shapes, lambda xy: np.column_stack(UTM.transform(xy[:, 0], xy[:, 1]))
    )
    return flat, [feature["properties"] for feature in features]


def points_over(wards: Shapes, roads: Shapes) -> NDArray[np.float64]:
    """Draw half of the points over all wards, half of them about the roads."""
    chance = np.random.default_rng(SEED)
    west, south, east, north = shapely.total_bounds(wards)
    thrown = chance.uniform((west, south), (east, north), (POINTS * 4, 2))
    land = shapely.STRtree(wards)
    hit, _ = land.query(shapely.points(thrown), predicate="within")
    anywhere = thrown[np.unique(hit)][: POINTS // 2]
    along = shapely.line_interpolate_point(
        roads[chance.integers(0, len(roads), POINTS - len(anywhere))],
        chance.uniform(0, 1, POINTS - len(anywhere)),
        normalized=True,
    )
    about = shapely.get_coordinates(along) + chance.normal(0, 15, (len(along), 2))
    return np.vstack([anywhere, about])


class Ground:
    """The files, and what they say of a point."""

    def __init__(self, folder: Path) -> None:
        self.wards, told = read(folder, "wards_2025.geojson")
        self.codes = [each["code"] for each in told]
        self.water, told = read(folder, "water_company_zones_partial.geojson")
        self.owners = [COMPANIES[each["owner"]] for each in told]
        self.roads, told = read(folder, "roads_osm_2025.geojson")
        groups = csv.DictReader((CITY / "groups.csv").open(encoding="utf8"))
        companies = {"binh-duong-cu": "biwase", "ba-ria-vung-tau-cu": "bwaco"}
        self.others = {
            line["place"].removeprefix("ward:"): companies[line["group"]]
            for line in groups
            if line["group"] in companies
        }
        self.is_city = np.array([each["highway"] in CITY_ROADS for each in told])
        self.trees = {
            "wards": shapely.STRtree(self.wards),
            "water": shapely.STRtree(self.water),
            "roads": shapely.STRtree(self.roads),
            "ward borders": shapely.STRtree(shapely.boundary(self.wards)),
            "water borders": shapely.STRtree(shapely.boundary(self.water)),
        }

    def near(self, tree: str, spot: Any, metres: float) -> NDArray[np.intp]:
        return self.trees[tree].query(spot, predicate="dwithin", distance=metres)

    def ward(self, spot: Any) -> str | None:
        """Return the ward that covers a point well inside, or nothing."""
        found = self.trees["wards"].query(spot, predicate="covered_by")
        return self.codes[found[0]] if len(found) == 1 else None

    def pothole(self, spot: Any) -> str | None:
        """Return who mends a pothole: of roads and wards; nothing near a threshold."""
        ward = self.ward(spot)
        near = self.near("roads", spot, AROUND_M + 1)
        metres = shapely.distance(self.roads[near], spot)
        if ward is None or self._is_close(metres):
            return None
        if ward in ISLANDS or not len(near) or metres.min() > AROUND_M:
            return f"ubnd-{ward}"
        at_hand = metres <= max(JUNCTION_M, metres.min())
        kept = at_hand & self.is_city[near] & (metres <= WITHIN_M)
        return "tt-gtht" if kept.any() else f"ubnd-{ward}"

    def leak(self, spot: Any) -> str | None:
        """Return who mends a main: of the water territories; nothing near an edge."""
        ward = self.ward(spot)
        if ward is None or len(self.near("water borders", spot, NEAR_THRESHOLD_M)):
            return None
        found = self.trees["water"].query(spot, predicate="covered_by")
        if ward in ISLANDS:
            return f"ubnd-{ward}"
        if len(found):
            return self.owners[found[0]] if len(found) == 1 else None
        return self.others.get(ward, "sawaco")

    def _is_close(self, metres: NDArray[np.float64]) -> bool:
        if not len(metres):
            return False
        thresholds = np.array([JUNCTION_M, WITHIN_M, AROUND_M])
        gaps = np.abs(metres[:, None] - thresholds)
        ties = np.sort(metres)
        tied = len(ties) > 1 and ties[1] - ties[0] < NEAR_THRESHOLD_M
        return bool((gaps < NEAR_THRESHOLD_M).any() or tied)


def main() -> int:
    """Print how often both agree; fail at the first difference."""
    with scratch():
        from django.conf import settings
        from django.contrib.gis.geos import Point

        from incidents.models import Category
        from incidents.routing import route

        if not settings.GIS_DATA_DIR:
            print("Set GIS_DATA_DIR to a folder with the real data.")  # noqa: T201
            return 2
        ground = Ground(Path(settings.GIS_DATA_DIR))
        categories = {
            "HT-DUONGBO.o-ga": ground.pothole,
            "HT-CAPNUOC.be-ong": ground.leak,
        }
        named = {code: Category.objects.get(code=code) for code in categories}
        drawn = points_over(ground.wards, ground.roads)
        degrees = np.column_stack(
            UTM.transform(drawn[:, 0], drawn[:, 1], direction="INVERSE")
        )
        counts: Counter[str] = Counter()
        for turn, (xy, lonlat) in enumerate(zip(drawn, degrees, strict=True)):
            code = list(categories)[turn % 2]
            spot = shapely.Point(xy)
            if ground.near("ward borders", spot, NEAR_THRESHOLD_M).size:
                counts["within a centimetre of a threshold"] += 1
                continue
            expected = categories[code](spot)
            if expected is None:
                apart = "off the map, or in none or several of the areas"
                counts[apart] += 1
                continue
            unit = route(Point(*lonlat, srid=4326), named[code], AT).organisation
            if unit is None or unit.code != expected:
                said = unit.code if unit else "nobody"
                print(f"{code} at {lonlat}: {said}, not {expected}")  # noqa: T201
                counts["different"] += 1
            else:
                counts[f"the same, {code}"] += 1
    for what, count in counts.most_common():
        print(f"{count:>8,} {what}")  # noqa: T201
    return int(bool(counts["different"]))


if __name__ == "__main__":
    sys.exit(main())
