"""What a list or a tile is asked for, read from the address."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from gis_data.api.fields import YesNo
from gis_data.succession import Resolution
from incidents.filters import ReportFilter

from .fields import (
    Box,
    CategoryCodes,
    Choice,
    Day,
    Groups,
    OrganisationCodes,
    PlaceCodes,
    Text,
)


class Boundaries(TextChoices):
    """By which boundaries a place is meant."""

    NOW = "now", _("By the boundaries of today")
    THEN = "then", _("By the boundaries when it was reported")


class BoundariesChosen(Choice):
    """By which boundaries a place is meant; those of today, if nobody says."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Boundaries.choices, **options)


class Window(TextChoices):
    """What of all years is asked for."""

    CURRENT = "current", _("Open, or ended in the last 90 days")
    ALL = "all", _("All time")


class WindowChosen(Choice):
    """What of all years; all of it, if nobody says."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=Window.choices, **options)


#: `from` is a word of Python's, so the fields are listed by name.
FILTERS: dict[str, type[serializers.Field[Any, Any, Any, Any]]] = {
    "bbox": Box,
    "category": CategoryCodes,
    "status": Groups,
    "ward": PlaceCodes,
    "organisation": OrganisationCodes,
    "from": Day,
    "to": Day,
    "q": Text,
    "placed": YesNo,
    "boundaries": BoundariesChosen,
    "window": WindowChosen,
}


class ReportQuery(serializers.Serializer[ReportFilter]):
    """The filters of the contract; an empty one counts as not given."""

    def get_fields(self) -> dict[str, Any]:
        return {name: field(required=False) for name, field in FILTERS.items()}


def read_filter(query: QueryDict) -> ReportFilter:
    """Return the filter an address asks for, or raise what is wrong with it.

    One statement for each of category, ward and organisation that is given, and one
    more where a ward is one of before.
    """
    given = {name: query[name] for name in FILTERS if query.get(name, "").strip()}
    asked = ReportQuery(data=given)
    asked.is_valid(raise_exception=True)
    kept = asked.validated_data
    meant: frozenset[Resolution] | None = kept.get("ward")
    then = kept.get("boundaries") == Boundaries.THEN
    return ReportFilter(
        bbox=kept.get("bbox"),
        categories=kept.get("category"),
        groups=kept.get("status"),
        places=None if meant is None else _places(meant, then=then),
        organisations=kept.get("organisation"),
        since=kept.get("from"),
        until=kept.get("to"),
        words=kept.get("q", ""),
        current_on=localdate() if kept.get("window") == Window.CURRENT else None,
        placed=kept.get("placed"),
        then=then,
        former=tuple(
            sorted(
                (each for each in meant or () if each.is_former),
                key=lambda each: each.code,
            )
        ),
        current=tuple(
            {
                place.pk: place
                for each in meant or ()
                if not each.is_former
                for place in each.asked
            }.values()
        ),
    )


def _places(meant: frozenset[Resolution], *, then: bool) -> frozenset[int]:
    return frozenset().union(*(each.then if then else each.today for each in meant))
