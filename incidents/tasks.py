"""What the worker runs: one call each."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import media, notifications

PATIENT = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(name="incidents.send_notice", retry=PATIENT)
def send_notice(notice_id: int) -> None:
    """Send one notice."""
    notifications.send(notice_id, at=timezone.now())


@app.task(name="incidents.prepare_attachment", retry=PATIENT)
def prepare_attachment(attachment_id: int) -> None:
    """Make what may be shown of one attachment."""
    media.prepare(attachment_id)
