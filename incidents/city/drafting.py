"""The rules in force as a table that can be edited, and a draft of it weighed."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from incidents.models import Category, Organisation, Responsibility

from .charging import WRITTEN, charge
from .places import read_places

FILE = "responsibilities.csv"
#: The columns in the order in which one reads them.
COLUMNS = (
    "categories",
    "organisation",
    "places",
    "except",
    "assets",
    "within",
    "conditions",
    "role",
    "precedence",
    "valid_from",
    "valid_to",
    "confirmed",
    "legal_basis",
    "note",
)
SAID = {value: word for word, value in WRITTEN.items()}


class _Rule(NamedTuple):
    """What a rule says beside the category and the place it says it of."""

    organisation: str
    assets: str
    within: str
    conditions: str
    role: str
    precedence: str
    valid_from: str
    valid_to: str
    confirmed: str
    legal_basis: str
    note: str


def as_table(rules: QuerySet[Responsibility]) -> Iterator[list[str]]:
    """Write rules as the city's table has them, alike ones in one line.

    Read again, the table says of every category and place what the rules say.
    """
    yield list(COLUMNS)
    said: defaultdict[_Rule, defaultdict[str, list[str]]] = defaultdict(
        lambda: defaultdict(list)
    )
    known = rules.select_related("category", "organisation", "place__kind")
    for each in known.select_related("territory__kind").order_by("pk"):
        place = each.place or each.territory
        name = f"{place.kind.code}:{place.code}" if place else ""
        said[_rule(each)][each.category.code].append(name)
    for rule, categories in said.items():
        alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for category, places in categories.items():
            alike[tuple(sorted(filter(None, places)))].append(category)
        for over, codes in alike.items():
            row = rule._asdict() | {
                "categories": " ".join(sorted(codes)),
                "places": " ".join(over),
                "except": "",
            }
            yield [row[column] for column in COLUMNS]


def written(rows: Iterable[list[str]]) -> str:
    """Write rows as CSV, in the way that spreadsheets read Vietnamese."""
    file = StringIO()
    csv.writer(file).writerows(rows)
    return "\ufeff" + file.getvalue()


def put_in_place(table: str) -> dict[str, int]:
    """Let a draft of the table stand in place of every rule there is.

    Returns how many places it names that the map does not have, kind by kind. For a
    transaction that is rolled back: nobody's rules are changed by weighing others.
    """
    places = read_places(settings.CITY_DIR / "groups.csv")
    organisations = {
        each.code: each
        for each in Organisation.objects.select_related("place__kind").order_by("pk")
    }
    for each in organisations.values():
        if each.place:
            places.hold(f"{each.place.kind.code}:{each.place.code}")
    categories = {each.code: each for each in Category.objects.all()}
    Responsibility.objects.all().delete()
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_text(table.removeprefix("\ufeff"), "utf8", newline="")
        charge(path, categories, organisations, places)
    return places.missing


def _rule(each: Responsibility) -> _Rule:
    days = each.validity
    last = days.upper - timedelta(days=1) if days.upper else None
    word = f"#{each.asset_code}" if each.asset_code else each.asset_class
    return _Rule(
        organisation=each.organisation.code,
        assets=f"{each.asset_kind}:{word}".rstrip(":") if each.asset_kind else "",
        within=str(each.within_m or ""),
        conditions=_conditions(each.conditions),
        role=each.role,
        precedence=str(each.precedence),
        valid_from=days.lower.isoformat() if days.lower else "",
        valid_to=last.isoformat() if last else "",
        confirmed="yes" if each.is_confirmed else "no",
        legal_basis=each.legal_basis,
        note=each.note,
    )


def _conditions(said: dict[str, Any]) -> str:
    """Write `alley=no road=ward|internal`, as the table has it."""
    return " ".join(
        f"{name}={'|'.join(value) if isinstance(value, list) else SAID[value]}"
        for name, value in sorted(said.items())
    )
