from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from gis_data.first_map import read_plan, set_up
from incidents.city import load_city
from tests.journeys.conftest import browser, visit

__all__ = ["browser", "visit"]

#: The city is read as the site starts; see tests/journeys/test_another_city.py.
collect_ignore_glob = [] if settings.CITY_DIR.name == "merrow" else ["test_*.py"]


def lay_out():
    """Do what `setup_map` and `load_city` do, from the city's folder alone."""
    said = []
    plan = read_plan(settings.CITY_DIR / "map.toml")
    set_up(plan, folder=None, fetch=False, at=timezone.now(), say=said.append)
    return load_city(settings.CITY_DIR)


@pytest.fixture
def merrow(db):
    return lay_out()


@pytest.fixture
def site(transactional_db, live_server, settings):
    """The whole site of the city, as people reach it."""
    with connection.cursor() as cursor:  # The queue's tables are nobody's models.
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    settings.SITE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    lay_out()
    return live_server
