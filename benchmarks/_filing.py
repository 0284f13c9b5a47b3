"""Reports filed in this process, and how long their statements took."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from time import perf_counter

CATEGORY = "HT-THOATNUOC.nghet-cong"
#: West, south, east, north: inside the city, whichever map is in force.
BOX = (106.66, 10.76, 106.72, 10.82)
ROUNDS, FILED_A_ROUND = 6, 60


def filed(turn: int) -> list[float]:
    """File some reports as the portal does; return the milliseconds of each.

    Only what the database took counts; what is checked at COMMIT does not.
    """
    from django.contrib.gis.geos import Point
    from django.db import connection
    from django.utils import timezone

    from incidents.intake import Telling, receive
    from incidents.models import Category, Report
    from incidents.privacy import Reporter

    # Whatever was filed before, these are others.
    rng, taken = Random(f"{turn} of {Report.objects.count()}"), []  # noqa: S311
    category = Category.objects.get(code=CATEGORY)
    west, south, east, north = BOX

    def measure(execute: Callable[..., object], sql: str, *given: object) -> object:
        started = perf_counter()
        try:
            return execute(sql, *given)
        finally:
            taken[-1] += (perf_counter() - started) * 1000

    for n in range(FILED_A_ROUND):
        telling = Telling(
            category=category,
            place_source=Report.PlaceSource.GPS,
            description=f"Cống nghẹt, nước trào ngược, lần {turn} {n}",
            point=Point(rng.uniform(west, east), rng.uniform(south, north), srid=4326),
            accuracy=4,
            client_id=f"{turn}-{n}-{rng.getrandbits(64):x}",
            reporter=Reporter(
                name="Nguyễn Văn Thử",
                phone="+84901234567",
                email=f"nguoi-thu-{rng.randrange(10**6)}@example.org",
            ),
        )
        taken.append(0.0)
        with connection.execute_wrapper(measure):
            receive(telling, channel="portal", at=timezone.now())
    return taken
