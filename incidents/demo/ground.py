"""Where invented reports happen: at spots of the wards in force, thicker downtown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import hypot
from random import Random

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection

from gis_data.geometry import metres_a_degree
from gis_data.models import Place

#: So far from the centre, half as much is reported.
HALVED_WITHIN_M = 9_000.0
SPOTS_A_WARD = 7
BUSIER = 6
#: How far round a spot its reports lie, as one standard deviation.
SCATTER_M = 140.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """An area of the most local level, with the spots where things keep happening."""

    place: Place
    spots: tuple[tuple[float, float], ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The wards of a map, and how to find a spot in one."""

    wards: tuple[Ward, ...]

    def ward(self, rng: Random) -> Ward:
        """Draw a ward: wards hold about as many people, so small ones lie thick."""
        return rng.choices(self.wards, [ward.weight for ward in self.wards])[0]

    def point(self, ward: Ward, rng: Random) -> Point:
        """Draw a point round one of a ward's spots, the first ones being the worst."""
        turn = min(int(rng.expovariate(0.5)), len(ward.spots) - 1)
        return beside(ward.spots[turn], metres=SCATTER_M, rng=rng)


def beside(spot: tuple[float, float], *, metres: float, rng: Random) -> Point:
    """Draw a point about so many metres from a spot in degrees."""
    east, north = metres_a_degree(spot[1])
    x = spot[0] + rng.gauss(0, metres) / east
    y = spot[1] + rng.gauss(0, metres) / north
    return Point(round(x, 7), round(y, 7), srid=4326)


def read_ground(
    *, first: date, last: date, seed: int, busy: frozenset[int] = frozenset()
) -> Ground:
    """Find spots in all wards in force on both days; the same for the same seed.

    More happens in the wards whose places are `busy`.
    """
    with connection.cursor() as cursor:
        cursor.execute(SPOTS, {"first": first, "last": last, "seed": seed % 2**30 + 1})
        rows = cursor.fetchall()
    places = Place.objects.in_bulk({place for place, _, _ in rows})
    spots: dict[int, list[tuple[float, float]]] = {}
    for place, x, y in rows:
        spots.setdefault(place, []).append((x, y))
    wards = (
        Ward(
            place=places[place],
            spots=tuple(found),
            weight=_weight(found[0]) * (BUSIER if place in busy else 1),
        )
        for place, found in spots.items()
    )
    return Ground(wards=tuple(wards))


def _weight(spot: tuple[float, float]) -> float:
    east, north = metres_a_degree(spot[1])
    x, y = settings.CITY.centre
    away = hypot((spot[0] - x) * east, (spot[1] - y) * north)
    return float(0.5 ** (away / HALVED_WITHIN_M) + 0.04)


SPOTS = f"""
WITH level AS (
    SELECT b.place_id, b.shape FROM gis_data_boundary b
    JOIN gis_data_place p ON p.id = b.place_id
    JOIN gis_data_placekind k ON k.id = p.kind_id
    WHERE upper_inf(b.recorded) AND NOT isempty(b.recorded)
        AND b.validity @> %(first)s::date AND b.validity @> %(last)s::date
        AND k.rank = (
            SELECT max(k.rank) FROM gis_data_boundary b
            JOIN gis_data_place p ON p.id = b.place_id
            JOIN gis_data_placekind k ON k.id = p.kind_id
            WHERE upper_inf(b.recorded) AND NOT isempty(b.recorded)
                AND b.validity @> %(first)s::date AND b.validity @> %(last)s::date)
)
SELECT place_id, ST_X(spot.geom), ST_Y(spot.geom)
FROM level, ST_Dump(ST_GeneratePoints(shape, {SPOTS_A_WARD}, %(seed)s)) spot
ORDER BY place_id, spot.path
"""  # noqa: S608
