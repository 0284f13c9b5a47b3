"""Looked up: a case by its code; who tries code after code that nobody has must wait.

A code that leads to a case costs nothing and is never counted. One that leads to none
is counted where all processes see it; each then keeps in mind whom it turned away.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from math import ceil

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.entry import Kind, address_of, count
from incidents.errors import IncidentError
from incidents.models.lookup_code import read_code

from .cases import Looked, gather


class TooManyGuesses(IncidentError):
    """From one network came one lookup code after the other that nobody has."""

    code = "too_many_guesses"
    status = HTTPStatus.TOO_MANY_REQUESTS
    message = _(
        "Too many codes that we do not know came from your network. Try again in an "
        "hour, or call the hotline."
    )

    def __init__(self, *, again_at: datetime) -> None:
        super().__init__()
        self.again_at = again_at  #: When codes are looked up for it again.


def look_up(
    request: HttpRequest, typed: str, *, at: datetime, proven: str = ""
) -> Looked | None:
    """Return the case that has this code; nothing for one mistyped or unknown.

    Staff have other ways to a case, and are not counted.
    """
    is_staff, address = request.user.is_authenticated, address_of(request)
    until: datetime | None = None if is_staff else cache.get(_kept_as(address))
    if until is not None and at < until:
        raise TooManyGuesses(again_at=until)
    code = read_code(typed)
    found = gather(code, at=at, proven=proven) if code else None
    if code and found is None and not is_staff:
        _count_miss(code, address, at=at)
    return found


def _count_miss(code: str, address: str, *, at: datetime) -> None:
    waiting = count(Kind.LOOK_UP, name=code, address=address, at=at)
    if waiting is not None:
        seconds = ceil((waiting.until - at).total_seconds())
        cache.set(_kept_as(address), waiting.until, timeout=seconds)
        raise TooManyGuesses(again_at=waiting.until)


def _kept_as(address: str) -> str:
    return f"guesses:{address.replace(' ', '')}"
