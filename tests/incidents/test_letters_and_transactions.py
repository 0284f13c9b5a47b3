"""While anybody is written to, no transaction is open, whatever is sent to whom.

A provider that is down or slow delays a message and loses none; what may have gone out
twice is marked.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from gis_data.models import Place
from incidents import areas, digests, notifications, proof, staff_notices
from incidents.models import Clock, Digest, Event, Notice, OneTimeCode, StaffNotice
from incidents.models.insertion import insert
from incidents.notifications import trying
from incidents.notifications.gateway import Outcome
from incidents.privacy import Reporter
from tests.factories import (
    CaseFactory,
    MembershipFactory,
    PlaceKindFactory,
    published,
    square,
)
from tests.fakes.gateway import settings_for
from tests.fakes.mailbox import Mailbox

pytestmark = pytest.mark.django_db(transaction=True)
#: A working day's morning in the city, when also the digests go out.
MORNING = datetime(2025, 7, 16, 0, 30, tzinfo=UTC)
SOON = timedelta(minutes=2)
ADDRESS, MOBILE = "lan@example.org", "+84901234567"


@dataclass
class Sort:
    """One kind of message: the row that is owed, how it is sent, and its job if any."""

    row: Any
    send: Any
    job: str = ""
    again: Any = None

    def fresh(self):
        self.row.refresh_from_db()
        return self.row


@pytest.fixture(autouse=True)
def provider(settings, monkeypatch):
    """A mail server and a gateway that look whether a transaction is open."""
    settings.EMAIL_BACKEND = "tests.fakes.mailbox.Mailbox"
    settings.SMS = settings_for("http://127.0.0.1:1/")
    settings.NOTICE_STUCK_SECONDS = 60
    says = []
    monkeypatch.setattr(Mailbox, "says", says)

    def hand_over(message):
        assert not connection.in_atomic_block
        if says:
            said = says.pop(0)
            if not isinstance(said, Exception):
                raise said
            is_final = isinstance(said, SMTPRecipientsRefused)
            is_open = isinstance(said, SMTPServerDisconnected)
            return Outcome(failure="no", is_final=is_final, may_have_gone=is_open)
        mail.outbox.append(message)
        return Outcome(accepted=True, id="p-1")

    monkeypatch.setattr(trying, "hand_over", hand_over)
    return says


def notice(channel):
    told = {"email": ADDRESS} if channel == "email" else {"phone": MOBILE}
    case = CaseFactory.create(reporter=Reporter(name="Lan", **told))
    event = Event.objects.filter(report=case).latest("pk")
    row = Notice(
        event=event,
        contact=case.contact,
        channel=channel,
        asked_at=MORNING,
        next_try_at=MORNING,
    )
    insert(row)
    return Sort(
        row,
        lambda at: notifications.send(row.pk, at=at),
        "incidents.send_notice",
        notifications.ask_for_forgotten,
    )


def staff_notice():
    case = CaseFactory.create(status="transferred")
    user = MembershipFactory.create(
        organisation=case.organisation, user__email="mai@unit.example"
    ).user
    event = Event.objects.create(
        report=case,
        sequence=9,
        at=MORNING,
        code="transferred",
        prev_hash=b"",
        hash=b"9",
    )
    row = StaffNotice(event=event, user=user, asked_at=MORNING, next_try_at=MORNING)
    insert(row)
    return Sort(
        row,
        lambda at: staff_notices.send(row.pk, at=at),
        "incidents.send_staff_notice",
        staff_notices.ask_for_forgotten,
    )


def digest():
    case = CaseFactory.create(status="in_progress")
    Clock.objects.filter(report=case).update(due_at=MORNING - timedelta(days=1))
    user = MembershipFactory.create(
        organisation=case.organisation, user__email="mai@unit.example"
    ).user
    on = MORNING.date()
    row = Digest.objects.create(user=user, on=on, asked_at=MORNING, next_try_at=MORNING)

    def send(at):
        with contextlib.suppress(digests.NotSent):
            digests.send_due(at=at)

    return Sort(row, send)


def code(contact):
    CaseFactory.create(reporter=Reporter(name="Lan", email=ADDRESS, phone=MOBILE))
    row = proof.ask(proof.read_way(contact), language="vi", at=MORNING)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    return Sort(
        row,
        lambda at: proof.send(row.pk, at=at),
        "incidents.send_one_time_code",
        proof.ask_for_forgotten,
    )


def area_letter():
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, date(2025, 1, 1), a=square(106.65, 10.749))
    told = {"email": ADDRESS, "language": "vi", "at": MORNING}
    following = areas.follow_area(Place.objects.get(code="a"), None, **told)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    row = following.letters.get()
    return Sort(
        row,
        lambda at: areas.send(row.pk, at=at),
        "incidents.send_area_letter",
        areas.ask_for_forgotten,
    )


SORTS = {
    "a notice by e-mail": lambda: notice("email"),
    "a notice by text": lambda: notice("sms"),
    "a letter to staff": staff_notice,
    "a digest": digest,
    "a code by e-mail": lambda: code(ADDRESS),
    "a code by text": lambda: code(MOBILE),
    "a letter to who follows a ward": area_letter,
}


@pytest.fixture(params=SORTS.values(), ids=SORTS.keys())
def sort(request):
    return request.param()


def jobs(sort):
    return ProcrastinateJob.objects.filter(task_name=sort.job)


def test_no_transaction_is_open_while_it_is_sent(sort):
    sort.send(MORNING)

    row = sort.fresh()
    assert len(mail.outbox) == 1
    assert (row.state, row.sent_at, row.attempts) == ("accepted", MORNING, 1)
    assert not row.may_be_doubled


def test_it_is_not_sent_within_the_transaction_of_somebody_else(sort):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        sort.send(MORNING)

    assert mail.outbox == []
    assert sort.fresh().state == "owed"


def test_sent_again_it_goes_out_once(sort):
    for turn in range(3):
        sort.send(MORNING + turn * SOON)

    assert len(mail.outbox) == 1
    assert sort.fresh().attempts == 1


def test_a_provider_that_is_down_delays_it_and_marks_nothing(sort, provider):
    provider.append(ConnectionRefusedError())

    sort.send(MORNING)

    row = sort.fresh()
    assert (row.state, row.sent_at, row.may_have_gone) == ("owed", None, False)
    assert row.next_try_at == MORNING + timedelta(seconds=30)
    if sort.job:
        assert jobs(sort).get().scheduled_at == row.next_try_at
    sort.send(MORNING + timedelta(seconds=29))
    assert mail.outbox == []
    sort.send(row.next_try_at)
    assert len(mail.outbox) == 1
    assert not sort.fresh().may_be_doubled


def test_what_may_have_gone_out_is_sent_again_and_marked(sort, provider):
    provider.append(SMTPServerDisconnected(ADDRESS))

    for turn in range(2):
        sort.send(MORNING + turn * SOON)

    row = sort.fresh()
    assert len(mail.outbox) == 1
    assert (row.state, row.attempts, row.may_be_doubled) == ("accepted", 2, True)


def test_what_a_killed_worker_was_sending_is_taken_up_once_it_is_stuck(sort, provider):
    provider.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        sort.send(MORNING)
    row = sort.fresh()
    assert (row.state, row.next_try_at) == ("sending", MORNING + timedelta(minutes=1))
    sort.send(MORNING + timedelta(seconds=59))
    assert mail.outbox == []

    sort.send(MORNING + SOON)

    assert len(mail.outbox) == 1
    assert sort.fresh().may_be_doubled


def test_what_is_due_and_in_no_queue_is_asked_for_again(sort, provider):
    if sort.again is None:
        pytest.skip("The round that sends them all comes again by itself.")
    assert not jobs(sort).exists()

    asked = [sort.again(at=MORNING + SOON) for _turn in range(2)]

    assert asked == [1, 0]
    assert list(jobs(sort).get().args.values()) == [sort.row.pk]


def test_a_refusal_for_good_ends_it(sort, provider):
    provider.append(SMTPRecipientsRefused({ADDRESS: (550, b"no such user")}))

    for turn in range(2):
        sort.send(MORNING + turn * SOON)

    row = sort.fresh()
    assert (row.state, row.sent_at) == ("failed", None)
    assert mail.outbox == []
    assert "example" not in row.failure


def test_no_code_is_tried_after_its_time_and_its_digits_are_forgotten(provider):
    sort = code(ADDRESS)
    provider.append(ConnectionRefusedError())
    sort.send(MORNING)

    sort.send(MORNING + proof.LIVES)

    assert mail.outbox == []
    row = OneTimeCode.objects.get()
    assert row.state == "dropped"
    assert "digits" not in proof.unseal(row.sealed)


def test_a_digest_of_a_morning_that_is_over_is_dropped(provider):
    sort = digest()
    provider.append(ConnectionRefusedError())
    sort.send(MORNING)

    sort.send(MORNING + timedelta(days=1))

    assert sort.fresh().state == "dropped"
    assert [each.on for each in Digest.objects.filter(state="accepted")] == [
        MORNING.date() + timedelta(days=1)
    ]
