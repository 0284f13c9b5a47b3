"""Followed: others met the same problem; they are counted, and told when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from .errors import FollowsTooMany, NoSuchFollowing, NotFollowable
from .models import Following, Report
from .models.status import ENDED
from .privacy import Reporter, blind, forget_follower, keep_follower

#: So many followings one e-mail may be given for within an hour, whoever gives it.
AN_HOUR = 3


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
    is_known: bool = False,
) -> Following:
    """Count somebody as having met the same problem: once a browser, however often.

    Who gives an address, then or later, hears when it is over; it is kept sealed.
    Anybody can type anybody's e-mail, so it follows a few cases only; not so where its
    owner `is_known` to have given it.
    """
    held = Report.objects.public().select_for_update().filter(pk=report.pk).first()
    if held is None or not may_follow(held):
        raise NotFollowable
    following, _new = Following.objects.get_or_create(
        report=held, client_id=client_id, defaults={"at": at}
    )
    if following.ended_at is not None:
        following.at, following.ended_at = at, None
        following.save(update_fields=["at", "ended_at"])
    if reporter is not None:
        if reporter.email and not is_known:
            _refuse_too_many(following, email=reporter.email, at=at)
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


def one_at_a_time(counted: str) -> None:
    """Let nobody else count the same until the transaction is over.

    Two who counted at once could both pass a limit.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [counted])


def _refuse_too_many(following: Following, *, email: str, at: datetime) -> None:
    """Refuse an e-mail that would follow too many cases beside this one."""
    index = blind(email.lower())
    one_at_a_time(index)
    beside = Following.objects.filter(contact__email_index=index, ended_at=None)
    beside = beside.exclude(pk=following.pk).exclude(report__status__in=ENDED)
    times = list(beside.values_list("at", flat=True))
    if len(times) >= settings.CITY.follows_at_most:
        raise FollowsTooMany(
            _(
                "This e-mail cannot follow more cases just now. Leave it empty: you "
                "are counted all the same."
            )
        )
    if sum(each > at - timedelta(hours=1) for each in times) >= AN_HOUR:
        raise FollowsTooMany(
            _(
                "This e-mail was given for several cases within an hour. Try again "
                "in an hour, or leave it empty: you are counted all the same."
            )
        )
