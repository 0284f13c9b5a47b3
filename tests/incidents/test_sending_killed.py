"""Notices pass a gateway that fails in every way, while their worker is killed.

None is lost. One is sent twice only where nobody can know that it was sent: the gateway
took it and gave no answer, or the worker died before it had written the answer down.
Then it is marked.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents.history import Happening, chain
from incidents.models import CallBack, Event, Notice
from incidents.notifications import ask_for_forgotten, tell_all
from incidents.notifications.trying import PATIENCE
from incidents.privacy import Reporter
from tests.factories import CaseFactory
from tests.fakes.gateway import UNKNOWABLE, settings_for

pytestmark = pytest.mark.django_db(transaction=True)
#: `script/verify notices` asks for thirty kills and 5,000 notices.
KILLS = int(os.environ.get("KILLS", "1"))
NOTICES = int(os.environ.get("NOTICES", "40"))
SEED = 1022
#: So many notices are about the same case, one after another.
EACH = 20
CONCURRENCY = 8
#: The worker's own minute is too long for the everyday tests: they ask in its place.
HURRIES = NOTICES < 1000
STUCK = 3 if HURRIES else 10


def database():
    told = connection.settings_dict
    asked = urlencode({"host": told["HOST"], "port": told["PORT"]})
    who = f"{quote(told['USER'] or '')}:{quote(told['PASSWORD'] or '')}"
    return f"postgresql://{who}@/{quote(told['NAME'])}?{asked}"


def start(command, **environment):
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.fixture
def failing(tmp_path):
    """The gateway, as a process of its own; what it took stands in a file."""
    path = tmp_path / "taken.tsv"
    fine, hangs_for = ("75" if HURRIES else "50"), "1.5"
    command = [sys.executable, "-m", "tests.fakes.gateway"]
    process = start([*command, str(path), str(SEED), "0", fine, hangs_for])
    port = process.stdout.readline().split()[0]
    yield f"http://127.0.0.1:{port}/messages", path
    kill(process)


def start_worker(url):
    """The very worker of the site, sending by that gateway."""
    return start(
        [
            *(sys.executable, "manage.py", "procrastinate", "worker"),
            *("--concurrency", str(CONCURRENCY)),
        ],
        DATABASE_URL=database(),
        SMS_URL=url,
        SMS_ID_FIELD="data.0.id",
        SMS_ERROR_FIELD="error",
        SMS_TIMEOUT="1",
        NOTICE_WAIT_SECONDS="1",
        NOTICE_LONGEST_WAIT_SECONDS="4",
        NOTICE_STUCK_SECONDS=str(STUCK),
    )


def owe(count):
    """Owe so many people messages, as the desk does when it writes to them."""
    now = timezone.now()
    each = min(EACH, count)
    cases = [
        CaseFactory.create(
            reporter=Reporter(name="Lan", phone=f"+8490{number:07}"), received_at=now
        )
        for number in range(count // each)
    ]
    rounds = defaultdict(list)
    for case in cases:
        happened = [Happening(code=Event.Code.MESSAGE)] * each
        after = case.events.latest("sequence")
        events, _notes = chain(case, happened, at=now, after=after)
        for turn, event in enumerate(events):
            rounds[turn].append(event)
    for events in rounds.values():
        Event.objects.bulk_create(events)
        tell_all(events, at=now)
    assert Notice.objects.count() == count


def sent():
    return Notice.objects.filter(state="accepted").count()


def wait_for(is_there, *, seconds):
    """Wait until it is so; meanwhile look after what was forgotten, where we must."""
    until = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < until, dict(
            Notice.objects.values_list("state").annotate(Max("failure"))
        )
        if HURRIES:
            ask_for_forgotten(at=timezone.now() + PATIENCE)
        time.sleep(0.2)


def test_none_is_lost_and_what_may_be_doubled_is_marked(failing, settings, capsys):
    url, path = failing
    settings.SMS = settings_for(url)
    owe(NOTICES)
    chance, in_flight = random.Random(SEED), set()  # noqa: S311
    begun = time.monotonic()
    worker = start_worker(url)

    for turn in range(1, KILLS + 1):
        share = NOTICES * turn // (KILLS + 1)
        wait_for(lambda share=share: sent() >= share, seconds=300)
        time.sleep(chance.uniform(0, 0.5))
        kill(worker)
        sending = Notice.objects.filter(state="sending")
        in_flight |= {str(key) for key in sending.values_list("key", flat=True)}
        worker = start_worker(url)
    wait_for(lambda: sent() == NOTICES, seconds=900)
    kill(worker)

    ways = defaultdict(list)
    for line in path.read_text().splitlines():
        key, way = line.split("\t")
        ways[key].append(way)
    notices = {str(notice.key): notice for notice in Notice.objects.all()}
    doubled = {key for key, taken in ways.items() if len(taken) > 1}
    marked = {key for key, each in notices.items() if each.may_be_doubled}
    answered = {key for key in doubled if {*ways[key][:-1]} - UNKNOWABLE}
    attempts = sum(each.attempts for each in notices.values())
    with capsys.disabled():
        sys.stdout.write(
            f"\n{NOTICES:,} notices, {KILLS} kills, {attempts:,} tries in "
            f"{time.monotonic() - begun:.0f} s: {len(notices) - len(ways)} missing, "
            f"{len(doubled)} doubled ({len(answered)} of them as the worker died "
            f"before it had written the answer down), {len(doubled - marked)} of them "
            f"not marked; {len(marked)} marked in all; {len(in_flight)} were in flight "
            f"at a kill.\n"
        )
    assert ways.keys() == notices.keys()
    assert doubled <= marked
    assert answered <= in_flight
    assert all(each.sent_at for each in notices.values())
    assert not CallBack.objects.exists()
    assert not ProcrastinateJob.objects.filter(status="failed").exists()
