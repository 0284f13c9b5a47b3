"""The watcher is killed in the midst of its runs, and tells of each thing once."""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter

import pytest
from django.core import mail
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import staff_notices
from incidents.history import broken_at
from incidents.models import Clock, Event, Report, StaffNotice, Urging
from incidents.watching import watch
from tests.factories import CaseFactory, MembershipFactory, OrganisationFactory

from .test_clocks import local
from .test_sending_killed import database, kill, start

pytestmark = pytest.mark.django_db(transaction=True)
#: `script/verify clocks` asks for fifty kills among 600 cases.
KILLS = int(os.environ.get("KILLS", "2"))
CASES = int(os.environ.get("CASES", "45"))
#: So few are told of in one transaction that a kill finds some told, some not.
BATCH = 3
SEED = 1022
#: A Tuesday at nine in the city; tomorrow is near, yesterday is late.
AT = local("2025-07-15T09:00")
#: By when a case is due, and at which levels somebody hears of it by then.
DUES = {
    local("2025-07-16T23:59:59"): ["before"],
    local("2025-07-14T23:59:59"): ["due"],
    local("2025-07-09T23:59:59"): ["due", "parent"],
}


def watcher():
    command = [sys.executable, "-m", "tests.fakes.watcher", AT.isoformat(), str(BATCH)]
    process = start(command, DATABASE_URL=database())
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def cases():
    """Cases of one unit that is reminded of some, late with others."""
    above = OrganisationFactory.create()
    unit = OrganisationFactory.create(parent=above)
    for role, held in (
        ("focal_point", unit),
        ("leader", unit),
        ("leader", above),
    ):
        MembershipFactory.create(
            role=role, organisation=held, user__email=f"{role}@{held.code}.example"
        )
    made = CaseFactory.create_batch(CASES, status="in_progress", organisation=unit)
    for number, case in enumerate(made):
        Clock.objects.filter(report=case).update(due_at=list(DUES)[number % len(DUES)])
    return made


def told():
    rows = Urging.objects.values_list("clock__report", "level", "due_at")
    return Counter(rows)


def expected(cases):
    return {
        (case.pk, level, due)
        for number, case in enumerate(cases)
        for due in [list(DUES)[number % len(DUES)]]
        for level in DUES[due]
    }


def wait_for(share, *, process):
    until = time.monotonic() + 60
    while Urging.objects.count() < share:
        assert process.poll() is None
        assert time.monotonic() < until, told()
        time.sleep(0.002)


def test_each_reminder_and_escalation_is_there_once_whenever_it_is_killed(
    cases, capsys
):
    owed = expected(cases)
    with transaction.atomic():
        assert watch(at=AT).told == len(owed)
        transaction.set_rollback(True)
    chance, after = random.Random(SEED), []  # noqa: S311
    process = watcher()

    for turn in range(1, KILLS + 1):
        wait_for(len(owed) * turn // (KILLS + 2), process=process)
        time.sleep(chance.uniform(0, 0.03))
        kill(process)
        after.append(Urging.objects.count())
        process = watcher()
    wait_for(len(owed), process=process)
    kill(process)

    assert watch(at=AT).told == 0
    assert told() == Counter(owed)
    codes = {"due_soon": "before", "overdue": "due", "urged": "parent"}
    events = Event.objects.filter(code__in=codes)
    levels = Counter(codes[each.code] for each in events)
    assert levels == Counter(level for _case, level, _due in owed)
    jobs = ProcrastinateJob.objects.filter(task_name="incidents.tell_staff")
    asked = Counter(job.args["event_id"] for job in jobs)
    assert asked == Counter(events.values_list("pk", flat=True))
    assert all(broken_at(report) is None for report in Report.objects.all())
    for number in sorted(asked):
        for _turn in range(2):
            staff_notices.tell_staff(number, at=AT)
    for notice in StaffNotice.objects.all():
        for _turn in range(2):
            staff_notices.send(notice.pk, at=AT)
    assert len(mail.outbox) == len(owed)
    midway = [count for count in after if 0 < count < len(owed)]
    assert midway
    with capsys.disabled():
        sys.stdout.write(
            f"\n{CASES} cases, {KILLS} kills, {len(midway)} of them midway: "
            f"{len(owed)} reminders and escalations, each told of once.\n"
        )
