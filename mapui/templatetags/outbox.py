"""Whose an outbox is, and what may wait in it."""

from __future__ import annotations

from django import template
from django.utils.crypto import salted_hmac

from accounts.models import User

register = template.Library()

#: The steps that a phone without a line may take later, each as it was meant.
MAY_WAIT = frozenset({"acknowledge", "verify", "start", "resume", "note"})


@register.filter
def outbox_of(user: User) -> str:
    """Return what a person's things go by on a device: it tells nobody who that is."""
    return str(salted_hmac("mapui.outbox", str(user.pk)).hexdigest()[:20])


@register.filter
def may_wait(step: str) -> bool:
    """Tell whether a step is kept and taken later where there is no line."""
    return step in MAY_WAIT
