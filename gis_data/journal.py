"""Signed: what was done to the map, when and by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User

from .models import Edition, MapChange


def sign(
    code: MapChange.Code,
    *,
    by: User,
    at: datetime,
    edition: Edition | None = None,
    **arguments: Any,
) -> MapChange:
    """Put on record who did what; it stands or falls with the caller's transaction."""
    return MapChange.objects.create(
        code=code, at=at, by=by, edition=edition, arguments=arguments
    )


def changes() -> QuerySet[MapChange]:
    """Return what was done, the newest first, with who did it."""
    return MapChange.objects.select_related("by", "edition__kind").order_by(
        "-at", "-pk"
    )
