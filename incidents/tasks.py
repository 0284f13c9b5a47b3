"""What the worker runs: one call each."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import calls, digests, media, notifications, proof, staff_notices, staging

PATIENT = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(name="incidents.send_notice", retry=PATIENT)
def send_notice(notice_id: int) -> None:
    """Send one notice."""
    notifications.send(notice_id, at=timezone.now())


@app.task(name="incidents.prepare_attachment", retry=PATIENT)
def prepare_attachment(attachment_id: int) -> None:
    """Make what may be shown of one attachment."""
    media.prepare(attachment_id)


@app.task(name="incidents.tell_staff", retry=PATIENT)
def tell_staff(event_id: int) -> None:
    """Find who of the staff hears of an event, and owe each a letter."""
    staff_notices.tell_staff(event_id, at=timezone.now())


@app.task(name="incidents.send_staff_notice", retry=PATIENT)
def send_staff_notice(notice_id: int) -> None:
    """Send one letter to one of the staff."""
    staff_notices.send(notice_id, at=timezone.now())


@app.periodic(cron="17 * * * *")
@app.task(name="incidents.sweep_staged_files")
def sweep_staged_files(timestamp: int) -> None:
    """Drop the files sent ahead of reports that never came."""
    staging.sweep(at=timezone.now())


@app.task(name="incidents.send_one_time_code", retry=PATIENT)
def send_one_time_code(code_id: int) -> None:
    """Send the digits that prove whose contact it is."""
    proof.send(code_id, at=timezone.now())


@app.periodic(cron="41 * * * *")
@app.task(name="incidents.sweep_call_drafts")
def sweep_call_drafts(timestamp: int) -> None:
    """Throw away the calls that nobody came back to finish."""
    calls.sweep_drafts(at=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(name="incidents.send_digests", lock="incidents.send_digests")
def send_digests(timestamp: int) -> None:
    """Send the morning's letters once it is time; what is still owed goes out later."""
    digests.send_due(at=timezone.now())
