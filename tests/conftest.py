from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils.translation import override

from gis_data import addresses

from .template import migrated


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, django_db_blocker
):
    """Copy a migrated database for the tests, instead of migrating one each time.

    Tests that commit may empty the tables of history again; nobody else may.
    """
    options = connection.settings_dict["OPTIONS"]
    told = f"{options.get('options', '')} -c incidents.emptying=on"
    connection.settings_dict["OPTIONS"] = options | {"options": told}
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated()


@pytest.fixture(autouse=True)
def _a_site_of_its_own(settings, tmp_path):
    """Give each test its own files and counters, and the language of the city."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SENDING_DIR = tmp_path / "sending"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        }
    }
    cache.clear()
    addresses.forget()
    with override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _no_job_left_behind(request, django_db_blocker):
    """Empty the queue after a test that commits: Django does not flush its tables."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = bool(marker and marker.kwargs.get("transaction"))
    if commits or {"transactional_db", "live_server"} & set(request.fixturenames):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
