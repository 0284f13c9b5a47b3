"""What Lighthouse thinks of the pages that most people see.

It judges accessibility and good practice. How fast a page is, it cannot tell in a
browser that draws without a graphics card; how heavy, tests/mapui/test_weight tells.
"""

from __future__ import annotations

import json
import os
from subprocess import run
from urllib.parse import urldefrag

import pytest
from django.conf import settings

from tests.mapui.pages import DESK, STRANGER, UNIT

from .conftest import CHROMIUM, SHOTS

JUDGE = settings.BASE_DIR / "tests/lighthouse/judge.mjs"
AT_LEAST = 95
JUDGED = [("/", STRANGER), ("/lam-viec/phan-anh/{waiting}", DESK)]
if os.environ.get("EVERY_LOOK"):
    JUDGED += [
        ("/gui-phan-anh", STRANGER),
        ("/tra-cuu/{code}", STRANGER),
        ("/lam-viec/don-vi", UNIT),
    ]


@pytest.fixture
def judged(town, live_server):
    """What Lighthouse says of each page, by its address."""
    asked = [
        {
            "url": live_server.url + address.format(**town.about),
            "cookies": [
                {"name": name, "value": cookie.value}
                for name, cookie in town.clients[who].cookies.items()
            ],
        }
        for address, who in JUDGED
    ]
    answer = run(  # noqa: S603
        ["node", JUDGE, json.dumps(asked)],  # noqa: S607
        env=os.environ | {"CHROME_PATH": CHROMIUM},
        capture_output=True,
        text=True,
        check=False,
        timeout=480,
    )
    assert answer.returncode == 0, answer.stderr
    SHOTS.mkdir(parents=True, exist_ok=True)
    (SHOTS / "lighthouse.json").write_text(answer.stdout)
    return json.loads(answer.stdout)


def test_lighthouse_finds_every_page_easy_to_use_and_well_made(judged):
    poor = {
        address: said
        for address, said in judged.items()
        if said.get("trouble")
        or urldefrag(said["ended"]).url != address
        or min(said["scores"].values()) < AT_LEAST
    }

    assert len(judged) == len(JUDGED)
    assert poor == {}
