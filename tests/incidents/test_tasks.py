"""What a worker had in hand when it was killed is not lost."""

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
