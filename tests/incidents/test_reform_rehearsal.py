"""The reform of July 2025, rehearsed on the real map with the reports of its eve.

How many, and how often the run is killed, is said from outside for the long proof:
REHEARSED reports, KILLS kills; see script/verify.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import sleep

import pytest
import shapely
from django.conf import settings
from django.db import connection

from gis_data.models import Boundary
from incidents.history import broken_at
from incidents.models import (
    Event,
    Notice,
    Organisation,
    OrganisationSuccession,
    Reform,
    Report,
    Transfer,
)
from incidents.models.status import IN_HAND
from tests.factories.old_city import (
    REFORM,
    file_cases,
    reform_the_map,
    reform_the_units,
)

FOLDER = Path(settings.GIS_DATA_DIR)
REHEARSED = int(os.environ.get("REHEARSED", "2000"))
KILLS = int(os.environ.get("KILLS", "2"))
SEED = int(os.environ.get("SEED", "1022"))

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not settings.GIS_DATA_DIR or not (FOLDER / "wards_2019.geojson").is_file(),
        reason="GIS_DATA_DIR does not name a folder with the wards of before and after",
    ),
]

#: All that the law changes about a case, and nothing that depends on when it ran.
STATE = """
WITH owed AS (
  SELECT e.report_id, count(*) AS notices, count(j.id) AS jobs
  FROM incidents_notice n JOIN incidents_event e ON e.id = n.event_id
  LEFT JOIN procrastinate_jobs j ON j.task_name = 'incidents.send_notice'
    AND (j.args->>'notice_id')::bigint = n.id
  GROUP BY e.report_id)
SELECT r.id, r.status, r.organisation_id, r.place_id, r.current_place_id, r.version,
  r.assignee_id, r.paused_until,
  (SELECT array_agg(ARRAY[e.sequence::text, e.code, e.arguments::text]
    ORDER BY e.sequence) FROM incidents_event e
    WHERE e.report_id = r.id AND e.code <> 'returned'),
  (SELECT array_agg(ARRAY[t.sender_id::text, t.organisation_id::text, t.reason]
    ORDER BY t.id) FROM incidents_transfer t WHERE t.report_id = r.id),
  (SELECT array_agg(ARRAY[c.party, c.organisation_id::text, c.due_at::text,
    (c.stopped_at IS NULL)::text] ORDER BY c.id)
    FROM incidents_clock c WHERE c.report_id = r.id),
  (SELECT array_agg(ARRAY[d.reason, d.organisation_id::text, d.arguments::text]
    ORDER BY d.id) FROM incidents_decisionrecord d WHERE d.report_id = r.id),
  owed.notices, owed.jobs
FROM incidents_report r LEFT JOIN owed ON owed.report_id = r.id ORDER BY r.id
"""
REFORMED = "SELECT moved + to_desk, relocated FROM incidents_reform"


def ask(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def begin(*, name, batch):
    """Begin the hand-over as people would, in a process of its own."""
    given = connection.settings_dict
    address = (
        f"postgresql://{given['USER']}:{given['PASSWORD']}@/{name}"
        f"?host={given['HOST']}" + (f"&port={given['PORT']}" if given["PORT"] else "")
    )
    command = [sys.executable, "manage.py", "hand_over", "--commit"]
    command += ["--on", REFORM.isoformat(), "--batch", str(batch)]
    return subprocess.Popen(  # noqa: S603
        command,
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": address},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def copied(name):
    """Copy the database as it stands; nobody may be in it meanwhile."""
    given = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{given}"')
    try:
        yield
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def kill_at_random(*, batch, at, chance):
    """Kill a run a moment after so many cases have gone over, or as it begins."""
    run = begin(name=connection.settings_dict["NAME"], batch=batch)
    while run.poll() is None:
        rows = ask(REFORMED)
        if rows and (rows[0][0] >= at if at else rows[0][1] >= 0):
            break
        sleep(0.01)
    sleep(chance.random() * (0.25 if at else 1.5))
    was_running = run.poll() is None
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return was_running


@pytest.fixture
def eve(transactional_db):
    """The last evening of the old order."""
    reform_the_map(FOLDER)
    reform_the_units()
    file_cases(REHEARSED)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_every_open_case_goes_over_once_however_often_the_run_is_killed(eve):
    held = dict(
        Report.objects.filter(status__in=IN_HAND).values_list("pk", "organisation")
    )
    due = due_dates()
    chance, batch = Random(SEED), max(20, REHEARSED // 100)  # noqa: S311

    with copied("rehearsed_whole"):
        # Beside it nobody is killed, but two begin at one moment.
        pair = [begin(name="rehearsed_whole", batch=batch) for _ in range(2)]
        caught = 0
        for turn in range(KILLS):
            at = len(held) * turn // (KILLS + 1)
            caught += kill_at_random(batch=batch, at=at, chance=chance)
        last = begin(name=connection.settings_dict["NAME"], batch=batch)
        assert [run.wait() for run in (last, *pair)] == [0, 0, 0]
        in_pieces = ask(STATE)
        given = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = "rehearsed_whole"
        at_once = ask(STATE)
        connection.close()
        connection.settings_dict["NAME"] = given

    assert caught == KILLS
    assert in_pieces == at_once
    all_moved_once(held)
    none_moved_a_deadline(due)
    each_lies_where_it_went(held)


def due_dates():
    """By when each case is due, by the clock of whoever has it and by the citizen's."""
    return Counter(
        Report.objects.filter(clocks__stopped_at=None).values_list(
            "pk", "clocks__party", "clocks__due_at"
        )
    )


def all_moved_once(held):
    """Every open case of a unit went over once, with its history, and nothing else."""
    by_law = Transfer.objects.filter(by=None, sender__isnull=False)
    moved = dict(by_law.values_list("report", "sender"))
    reform = Reform.objects.get()
    assert moved == held
    assert by_law.count() == len(held) == reform.found
    assert (reform.moved + reform.to_desk, reform.finished_at is None) == (
        len(held),
        False,
    )
    to_desk = set(by_law.filter(organisation=None).values_list("report", flat=True))
    assert len(to_desk) == reform.to_desk
    gone = Organisation.objects.filter(validity__endswith__lte=REFORM)
    assert not Report.objects.filter(status__in=IN_HAND, organisation__in=gone).exists()
    events = Event.objects.filter(code__in=["handed_over", "returned"])
    assert Counter(events.values_list("report", flat=True)) == Counter(list(held))
    notices = Notice.objects.values_list("event__report", "event__code")
    assert Counter(notices) == Counter(
        (case, "handed_over") for case in held if case not in to_desk
    )
    for report in Report.objects.order_by("pk").iterator():
        assert broken_at(report) is None
    # Only what has neither a point nor a ward with one heir needs a person to decide.
    pinned = Report.objects.filter(pk__in=to_desk, point__isnull=False).count()
    assert pinned <= len(held) / 200


def none_moved_a_deadline(before):
    """All is due when it was before; what a person has to place runs for no unit."""
    stopped = set(
        Transfer.objects.filter(sender__isnull=False, organisation=None).values_list(
            "report", flat=True
        )
    )
    kept = Counter(
        each for each in before if not (each[0] in stopped and each[1] == "unit")
    )
    assert due_dates() == kept


def each_lies_where_it_went(held):
    """Shapely says the same of every point, from the boundaries themselves.

    A ward of which no more than a sliver went elsewhere has one heir, who takes all.
    """
    heirs = defaultdict(set)
    for before, after in OrganisationSuccession.objects.values_list(
        "predecessor", "successor__place"
    ):
        heirs[before].add(after)
    boundaries = list(
        Boundary.objects.known()
        .in_force(on=REFORM)
        .filter(place__kind__code="ward")
        .values_list("place", "shape")
    )
    shapes = [shapely.from_wkb(bytes(shape.wkb)) for _place, shape in boundaries]
    tree = shapely.STRtree(shapes)
    reports = Report.objects.filter(point__isnull=False).values_list(
        "pk", "point", "current_place", "organisation__place"
    )
    checked = 0
    for pk, point, ward, unit in reports:
        found = tree.query(shapely.Point(point.x, point.y), predicate="within")
        if len(found) != 1:
            continue  # Between two wards, or beside all of them.
        assert ward == boundaries[found[0]][0]
        if pk in held:
            could = heirs[held[pk]]
            there = could if len(could) == 1 else could & {ward}
            assert unit == next(iter(there), None)
        checked += 1
    assert checked >= REHEARSED * 0.85
