"""What waits is run in its order, and what a killed worker had in hand is not lost."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from incidents import tasks
from incidents.notifications import defer

pytestmark = pytest.mark.django_db


def in_the_hands_of_nobody(*, attempts):
    """Leave a job as a worker does that was killed, and struck off since."""
    defer([("incidents.send_notice", {"notice_id": 1})])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", [attempts]
        )


@pytest.mark.parametrize("attempts", [0, tasks.ATTEMPTS - 1])
def test_what_a_killed_worker_had_in_hand_is_taken_up_again(attempts):
    in_the_hands_of_nobody(attempts=attempts)

    async_to_sync(tasks.take_up_again.func)(timestamp=0)

    assert ProcrastinateJob.objects.get().status == "todo"


def test_what_kills_each_worker_is_given_up_in_the_end():
    in_the_hands_of_nobody(attempts=tasks.ATTEMPTS)

    async_to_sync(tasks.take_up_again.func)(timestamp=0)

    assert ProcrastinateJob.objects.get().status == "failed"


def test_who_must_act_waits_for_no_flood_that_has_to_be_told_of():
    defer(("incidents.send_notice", {"notice_id": each}) for each in range(3))
    defer([("incidents.tell_staff", {"event_id": 1})])
    tasks.watch_clocks.defer(timestamp=0)
    defer([("incidents.send_staff_notice", {"notice_id": 1})])

    taken = []
    while (job := async_to_sync(next_job)()) is not None:
        taken.append(job.task_name.removeprefix("incidents."))

    assert taken[:3] == ["tell_staff", "watch_clocks", "send_staff_notice"]
    assert taken[3:] == ["send_notice"] * 3


async def next_job():
    worker = await tasks.app.job_manager.register_worker()
    return await tasks.app.job_manager.fetch_job(queues=None, worker_id=worker)
