"""On paper: what a page says when it is printed, of what it shows and whence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The head of a printed page: its title, what is filtered, of when, whence."""

    address: str
    at: datetime
    title: str = ""
    words: Sequence[str] = ()

    @property
    def host(self) -> str:
        """The name of this site, as a source is told by."""
        return urlsplit(settings.SITE_URL).netloc


def paper_of(
    path: str, query: str, *, at: datetime, title: str = "", words: Sequence[str] = ()
) -> Paper:
    """Tell how this page is headed on paper."""
    address = f"{settings.SITE_URL}{path}{f'?{query}' if query else ''}"
    return Paper(address=address, at=at, title=title, words=words)
