"""Followed: others met the same problem; they are counted, and told when it is over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from .errors import NoSuchFollowing, NotFollowable
from .models import Following, Report
from .models.status import ENDED
from .privacy import Reporter, forget_follower, keep_follower


def may_follow(report: Report) -> bool:
    """Tell whether there is still something to wait for."""
    return report.status not in ENDED


@transaction.atomic
def follow(
    report: Report,
    *,
    client_id: str,
    at: datetime,
    language: str,
    reporter: Reporter | None = None,
) -> Following:
    """Count somebody as having met the same problem: once a browser, however often.

    Who gives an address, then or later, hears when it is over; it is kept sealed.
    """
    held = Report.objects.public().select_for_update().filter(pk=report.pk).first()
    if held is None or not may_follow(held):
        raise NotFollowable
    following, _ = Following.objects.get_or_create(
        report=held, client_id=client_id, defaults={"at": at}
    )
    if following.ended_at is not None:
        following.at, following.ended_at = at, None
        following.save(update_fields=["at", "ended_at"])
    if reporter is not None:
        keep_follower(following, reporter, language=language)
    return following


@transaction.atomic
def unfollow(token: str, *, at: datetime) -> Following:
    """End a following: it counts no more, and its address is forgotten."""
    held = Following.objects.select_for_update().filter(token=token).first()
    if held is None:
        raise NoSuchFollowing
    forget_follower(held)
    if held.ended_at is None:
        held.ended_at = at
        held.save(update_fields=["ended_at"])
    return held
