"""How often the sketch and the real boundaries agree on the ward of a random point.

Needs GIS_DATA_DIR with the real wards; no database. The seed is fixed.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from time import perf_counter

import django
import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
django.setup()

from django.conf import settings  # noqa: E402

from gis_data.importing import Fields, Sheet, read_sheet  # noqa: E402
from gis_data.sketching import draw_sketch  # noqa: E402

SEED, POINTS = 20250701, 100_000
#: West, south, east, north, and the share of points that must agree.
INNER_CITY = ((106.60, 10.70, 106.78, 10.88), 0.80)
WHOLE_CITY_SHARE = 0.85


def main() -> int:
    """Print the figures; fail where the sketch agrees less than it must."""
    if not settings.GIS_DATA_DIR:
        print("Set GIS_DATA_DIR to a folder with the real wards.")  # noqa: T201
        return 2
    told = tomllib.loads((settings.CITY_DIR / "map.toml").read_text("utf8"))
    wards = next(each for each in told["sets"] if each["kind"] == "ward")
    file = wards["file"]
    fields = Fields(code=file["fields"]["code"], name=file["fields"]["name"])
    real = read_sheet(Path(settings.GIS_DATA_DIR) / file["name"], fields=fields)
    started = perf_counter()
    sketch = draw_sketch(**wards["sketch"])
    taken = perf_counter() - started
    inner, inner_needed = INNER_CITY
    whole = tuple(shapely.total_bounds(shapes(real)))
    found = {
        "inner city": (agreement(real, sketch, inner), inner_needed),
        "whole city": (agreement(real, sketch, whole), WHOLE_CITY_SHARE),
    }
    print(f"{len(sketch.drawings)} wards sketched in {taken:.1f} s")  # noqa: T201
    for where, (share, needed) in found.items():
        print(f"{where}: {share:.1%} of points agree, {needed:.0%} needed")  # noqa: T201
    return int(any(share < needed for share, needed in found.values()))


def agreement(
    real: Sheet, sketch: Sheet, box: tuple[float, float, float, float]
) -> float:
    """Return which part of the city's points in `box` have one ward in both."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = box
    points = shapely.points(
        rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)
    )
    truth, drawn = codes(real, points), codes(sketch, points)
    inside = truth != ""
    return float((truth == drawn)[inside].mean())


def codes(sheet: Sheet, points: np.ndarray) -> np.ndarray:
    """Return the code of the area each point lies in, empty for none."""
    found = np.full(len(points), "", dtype=object)
    at, which = shapely.STRtree(shapes(sheet)).query(points, predicate="within")
    for point, drawing in zip(at, which, strict=True):
        found[point] = sheet.drawings[drawing].code
    return found


def shapes(sheet: Sheet) -> np.ndarray:
    """Return the areas of a sheet for shapely."""
    return shapely.from_wkb([bytes(each.shape.wkb) for each in sheet.drawings])


if __name__ == "__main__":
    sys.exit(main())
