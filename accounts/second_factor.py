"""The second factor: for whom the city asks it, since when, who came in by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest
from django.utils.timezone import localdate

from .letters import ask_for_word_of_factors
from .models import User

Type = Authenticator.Type
#: In whose session it stands that a second factor was shown in it.
PROVEN = "second_factor"
#: What counts; recovery codes only stand in for one of these.
FACTORS = (Type.TOTP, Type.WEBAUTHN)
#: What who runs the site, and works under Django's own pages, is called in the rule.
SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """For whom a second factor is asked, since when, after how long a grace."""

    roles: frozenset[str] = frozenset()
    since: date = date.max
    grace: timedelta = timedelta(days=14)

    def due(self, user: User, roles: Iterable[str], *, held_since: date) -> date | None:
        """Return from which day somebody must come in by it; none where they need not.

        Who has just got the account or the role has the whole grace.
        """
        if not self.roles & set(roles):
            return None
        joined = localdate(user.date_joined)
        return max(self.since, joined + self.grace, held_since + self.grace)


def rule_of_city() -> Rule:
    """Read the rule of the city; where it states none, nobody is asked."""
    said: dict[str, Any] = settings.CITY.second_factor
    if not said:
        return Rule()
    return Rule(
        roles=frozenset(said["roles"]),
        since=said["since"],
        grace=timedelta(days=int(said.get("grace_days", 14))),
    )


def came_by_it(request: HttpRequest) -> bool:
    """Tell whether a second factor was shown in this session."""
    return bool(request.session.get(PROVEN) == str(request.user.pk))


def factors_of(user: User) -> list[Authenticator]:
    """Return what somebody can show besides the password."""
    held = Authenticator.objects.filter(user=user, type__in=FACTORS)
    return list(held.order_by("created_at"))


def reset(user: User, *, at: datetime) -> int:
    """Take away all that somebody could show; return how many factors these were.

    Who came in by them is signed out everywhere, and is written to.
    """
    held = Authenticator.objects.filter(user=user)
    count: int = held.filter(type__in=FACTORS).count()
    held.delete()
    if count:
        user.factors_reset_at = at
        user.save(update_fields=["factors_reset_at"])
        ask_for_word_of_factors(user)
    return count


def _remember(request: HttpRequest, user: User, **_: Any) -> None:
    request.session[PROVEN] = str(user.pk)


def _remember_new(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    if authenticator.type in FACTORS:
        request.session[PROVEN] = str(user.pk)
        ask_for_word_of_factors(user)


def _forget(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    if not factors_of(user):
        request.session.pop(PROVEN, None)
    if authenticator.type in FACTORS:
        ask_for_word_of_factors(user)


def listen() -> None:
    """Keep in the session what is shown in it; called once, when the site starts."""
    signals.authenticator_used.connect(_remember, dispatch_uid="remember-factor")
    signals.authenticator_added.connect(_remember_new, dispatch_uid="remember-new")
    signals.authenticator_removed.connect(_forget, dispatch_uid="forget-factor")
