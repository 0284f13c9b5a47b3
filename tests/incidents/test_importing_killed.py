"""An import that is killed, again and again, loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from random import Random
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection

from incidents.history import broken_at
from incidents.models import Clock, DecisionRecord, Event, Report, Transfer
from tests.incidents.importing import COLUMNS, bring, found_city, rows, write

pytestmark = pytest.mark.django_db(transaction=True)
#: `script/verify importing` asks for twenty.
KILLS = int(os.environ.get("KILLS", "2"))
ROWS, SEED = 500 * KILLS, 1022


def command(path):
    """The command that imports, as an operator types it, in batches of 50."""
    mapped = ["--map", COLUMNS, "--category-map", "Pothole=HT-DUONG.o-ga"]
    manage = [sys.executable, "manage.py", "import_reports", str(path)]
    return [*manage, *mapped, "--batch", "50", "--commit"]


def environment():
    """What another process needs to work on this very database."""
    told = connection.settings_dict
    asked = urlencode({"host": told["HOST"], "port": told["PORT"]})
    who = f"{quote(told['USER'])}:{quote(told['PASSWORD'])}"
    address = f"postgresql://{who}@/{quote(told['NAME'])}?{asked}"
    return os.environ | {"DATABASE_URL": address}


def start(path):
    return subprocess.Popen(  # noqa: S603
        command(path),
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def killed(path, *, after):
    """Start the import and kill it after so many seconds; tell if it was in time."""
    process = start(path)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=after)
        return False
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return True


def seconds_to_first_report(path):
    """Measure how long it takes here until the first batch is in, and kill it there."""
    process, polls = start(path), 0
    while not Report.objects.exists() and process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
        polls += 1
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return polls * 0.05


def test_an_import_killed_at_random_loses_nothing_and_doubles_nothing(tmp_path):
    found_city(date(2025, 1, 1))
    shut = {"shut": "2025-07-14 09:30"}
    changes = [{"words": f"Hole {n}"} | (shut if n % 3 else {}) for n in range(ROWS)]
    path = write(Path(tmp_path) / "many.csv", rows(*changes))
    chance = Random(SEED)  # noqa: S311
    begins = seconds_to_first_report(path)
    counts = [Report.objects.count()]

    while len(counts) < KILLS:
        # From before the first row is read to well among the batches.
        if killed(path, after=begins * chance.uniform(0.6, 1.3)):
            counts.append(Report.objects.count())
        else:
            begins *= 0.9
    said = bring(path)

    ids = Report.objects.values_list("client_id", flat=True)
    closed = sum(n % 3 > 0 for n in range(ROWS))
    assert counts == sorted(counts)
    assert 0 < counts[0] < ROWS
    assert all(count % 50 == 0 for count in counts)
    assert sorted(ids) == sorted(f"many:{n}" for n in range(1, ROWS + 1))
    assert f"{ROWS - counts[-1]:,} new" in said
    assert DecisionRecord.objects.count() == ROWS
    assert Transfer.objects.count() == closed
    assert Clock.objects.count() == ROWS + closed
    assert Event.objects.count() == 4 * closed + (ROWS - closed)
    assert [broken_at(report) for report in Report.objects.all()[::50]] == [None] * (
        ROWS // 50
    )
