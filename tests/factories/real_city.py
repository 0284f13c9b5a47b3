"""The city on its real map, for the modules that ask much of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from gis_data.first_map import read_plan, set_up

#: What every test leaves behind in the index of pieces lies where the city lies, and is
#: read over and over until it is swept.
SWEPT = "VACUUM gis_data_boundarypiece, gis_data_boundaryedge, gis_data_asset"


@contextmanager
def real_map(say: Callable[[str], object] = lambda _said: None) -> Iterator[None]:
    """Put the real map in force once for many tests, and take it back at the end."""
    with connection.cursor() as cursor:
        cursor.execute(SWEPT)
    with transaction.atomic():
        plan = read_plan(settings.CITY_DIR / "map.toml")
        now = datetime(2025, 7, 1, tzinfo=UTC)
        folder = Path(settings.GIS_DATA_DIR)
        set_up(plan, folder=folder, fetch=False, at=now, say=say)
        yield
        transaction.set_rollback(True)


def checked_once() -> None:
    """Check what is kept so far, or each test would at its end, all of it anew."""
    connection.check_constraints()
