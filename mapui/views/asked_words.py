"""What a filter asks for, said in words: on what is printed, and on what travels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from gis_data.api.fields import YesNo
from gis_data.models import Place
from incidents.api.filters import FILTERS, Boundaries, Window
from incidents.models import Category, Organisation
from incidents.models.status import StatusGroup

#: What the filters are called on the page, for saying which one makes no sense.
CALLED = {
    "bbox": gettext_lazy("Map frame"),
    "category": gettext_lazy("Field, category"),
    "status": gettext_lazy("Status"),
    "ward": gettext_lazy("Ward"),
    "organisation": gettext_lazy("Handling unit"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("Before"),
    "q": gettext_lazy("Search titles"),
    "placed": gettext_lazy("Place on the map"),
    "boundaries": gettext_lazy("Boundaries"),
    "window": gettext_lazy("Years"),
    # Of staff's maps, beside the filters.
    "of": gettext_lazy("Whose work"),
    "show": gettext_lazy("Part of the work"),
}


def mistake_in(detail: Any) -> str:
    """Say which filter makes no sense, by the name it has on the page, and why."""
    for name, said in detail.items():
        return f"{CALLED[name]}: {said[0]}"
    return _("This cannot be asked.")


def asked_in_words(query: QueryDict) -> list[str]:
    """Say each filter of an address that makes sense, by name and in words.

    Codes of before are named as well: reports are still kept under them. One statement
    for each of category, ward and organisation that is given.
    """
    given = {name: query.get(name, "").strip() for name in FILTERS}
    said = {
        "category": _names(Category.objects.all(), given["category"]),
        "status": ", ".join(
            str(StatusGroup(each).label)
            for each in _codes(given["status"])
            if each in StatusGroup
        ),
        "ward": _names(Place.objects.all(), given["ward"]),
        "organisation": _names(Organisation.objects.all(), given["organisation"]),
        "from": _day(given["from"]),
        "to": _day(given["to"]),
        "q": f"“{given['q']}”" if given["q"] else "",
        "placed": _placed(given["placed"]),
        "boundaries": (
            str(Boundaries.THEN.label) if given["boundaries"] == Boundaries.THEN else ""
        ),
        "window": (
            str(Window.CURRENT.label) if given["window"] == Window.CURRENT else ""
        ),
        "bbox": _("part of the map") if given["bbox"] else "",
    }
    return [f"{CALLED[name]}: {words}" for name, words in said.items() if words]


def _codes(given: str) -> list[str]:
    return [each.strip() for each in given.split(",") if each.strip()]


def _names(rows: Any, given: str) -> str:
    codes = _codes(given)
    if not codes:
        return ""
    found: Iterable[Any] = rows.filter(code__in=codes).order_by("code", "pk")
    return ", ".join(dict.fromkeys(each.label for each in found))


def _placed(given: str) -> str:
    """Say whether there is to be a point, as the filter itself reads the word."""
    try:
        is_placed = YesNo().to_internal_value(given) if given else None
    except ValidationError:
        return ""
    if is_placed is None:
        return ""
    return _("with a point") if is_placed else _("without a point")


def _day(given: str) -> str:
    try:
        return date_format(date.fromisoformat(given), "d/m/Y")
    except ValueError:
        return ""
