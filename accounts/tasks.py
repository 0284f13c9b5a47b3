"""What the worker runs for who signs in: one call each."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from . import letters

PATIENT = RetryStrategy(max_attempts=8, exponential_wait=4)


@app.task(name="accounts.send_reset", retry=PATIENT)
def send_reset(user_id: int) -> None:
    """Send one letter with a link to choose a new password."""
    letters.send_reset(user_id)


@app.task(name="accounts.send_invitation", retry=PATIENT)
def send_invitation(user_id: int) -> None:
    """Send one invitation."""
    letters.send_invitation(user_id, at=timezone.now())


@app.task(name="accounts.send_word_of_factors", retry=PATIENT)
def send_word_of_factors(user_id: int) -> None:
    """Send word that the second factors of an account have changed."""
    letters.send_word_of_factors(user_id)


@app.periodic(cron="23 * * * *")
@app.task(name="accounts.forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Forget the sessions that are over, and what they held of anybody."""
    SessionStore.clear_expired()
