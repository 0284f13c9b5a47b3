"""At the door: who somebody is, by name or e-mail, and how often they may try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from .models import Attempt, User, plain

Kind = Attempt.Kind
#: Tries are forgotten after so long.
KEPT = timedelta(days=1)
#: So much of a newer address is the same for all of a house.
HOUSE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many tries one name and one address have in a stretch of time."""

    by_name: int
    by_address: int
    within: timedelta


LIMITS = {
    Kind.SIGN_IN: Limit(by_name=8, by_address=40, within=timedelta(minutes=15)),
    Kind.FACTOR: Limit(by_name=8, by_address=40, within=timedelta(minutes=15)),
    Kind.RESET: Limit(by_name=3, by_address=20, within=timedelta(hours=1)),
    Kind.LOOK_UP: Limit(by_name=20, by_address=20, within=timedelta(hours=1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Until when one must wait, and whether for the sake of a name or an address."""

    until: datetime
    is_of_address: bool


class NameOrEmail(ModelBackend):
    """Lets in by name or e-mail; whoever fails too often waits, at every door.

    A name that nobody has is counted like any other, so that nobody learns which are.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **others: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        name = named(username)
        if request is not None:
            at = timezone.now()
            tried = count(Kind.SIGN_IN, name=name, address=address_of(request), at=at)
            if tried is not None:
                raise PermissionDenied
        user = super().authenticate(request, name, password, **others)
        if not isinstance(user, User):
            return None
        forget(name, at=timezone.now())
        return user


def named(typed: str) -> str:
    """Return the name of the account that an e-mail leads to; any other as typed."""
    typed = typed.strip()
    if "@" not in typed:
        return typed
    found = with_email(typed)
    return found.get_username() if found else typed


def with_email(typed: str) -> User | None:
    """Find the one account that has this e-mail, whichever way it is written."""
    accounts = User.objects.annotate(plain=Lower("email")).exclude(email="")
    return accounts.filter(plain=plain(typed)).first()


def address_of(request: HttpRequest) -> str:
    """Return where a request came from, as our own proxies tell it.

    One house has a whole network of the newer addresses, so that it counts as one.
    """
    said = BaseThrottle().get_ident(Request(request)) or ""
    try:
        address = ip_address(said)
    except ValueError:
        return said
    if address.version == 4 or address.ipv4_mapped:
        return said
    return str(ip_network((address, HOUSE), strict=False))


def count(kind: Kind, *, name: str, address: str, at: datetime) -> Waiting | None:
    """Count one try, unless there were too many: then tell how long to wait.

    It is counted before the password is looked at, so that many at one moment are
    counted too.
    """
    tried = Attempt.objects.create(
        kind=kind, name=_digest(name), address=_digest(address), at=at
    )
    found = waiting(kind, name=name, address=address, at=at, besides=tried)
    if found is not None:
        tried.delete()
    return found


def waiting(
    kind: Kind,
    *,
    name: str,
    address: str,
    at: datetime,
    besides: Attempt | None = None,
) -> Waiting | None:
    """Tell how long a name or an address has to wait; none where it need not."""
    limit = LIMITS[kind]
    tries = Attempt.objects.filter(kind=kind).since(at - limit.within)
    if besides is not None:
        tries = tries.exclude(pk=besides.pk)
    for asked, most, is_of_address in (
        (Q(address=_digest(address)), limit.by_address, True),
        (Q(name=_digest(name)), limit.by_name, False),
    ):
        moments = tries.filter(asked).order_by("-at").values_list("at", flat=True)
        last = moments[most - 1 : most].first()
        if last is not None:
            until = last + limit.within
            return Waiting(until=until, is_of_address=is_of_address)
    return None


def forget(name: str, *, at: datetime) -> None:
    """Forget the tries under a name that has come in, and all that are old."""
    mine = Q(kind=Kind.SIGN_IN, name=_digest(name))
    Attempt.objects.filter(mine | Q(at__lt=at - KEPT)).delete()


def forget_tries(kind: Kind, name: str) -> None:
    """Forget the tries of one kind under a name: it was right."""
    Attempt.objects.filter(kind=kind, name=_digest(name)).delete()


def _digest(said: str) -> str:
    return salted_hmac(
        "accounts.attempt", said.casefold(), algorithm="sha256"
    ).hexdigest()
