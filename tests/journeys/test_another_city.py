"""Another city is a folder: the site is started as Port Merrow, and all of it asked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection


@pytest.mark.skipif(settings.CITY_DIR.name == "merrow", reason="It is that city.")
def test_the_whole_journey_runs_from_the_folder_of_another_city():
    """Which city it is, is read as a site starts: so it starts in its own process."""
    held = connection.settings_dict
    name = f"merrow_{str(held['NAME']).removeprefix('test_')}"[:50]
    password = f":{held['PASSWORD']}" if held["PASSWORD"] else ""
    port = f"&port={held['PORT']}" if held["PORT"] else ""
    address = f"postgresql://{held['USER']}{password}@/{name}?host={held['HOST']}{port}"
    alone = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}

    ran = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0"),
            *("-p", "no:cacheprovider", "--create-db", "tests/another_city"),
        ],
        cwd=settings.BASE_DIR,
        env=alone | {"CITY": "merrow", "DATABASE_URL": address, "GIS_DATA_DIR": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-6000:]
    assert " passed" in ran.stdout
    assert "skipped" not in ran.stdout
