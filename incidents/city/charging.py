"""Who is charged with what: each line of the file, place by place."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from incidents.errors import UnknownCondition
from incidents.models import Category, Organisation, Responsibility
from incidents.surroundings import AROUND_M, check_conditions

from .keeping import Count, Keeper
from .places import Places, Spot
from .reading import Line, quoting, read_table

COLUMNS = {"categories", "organisation", "places", "except", "role", "precedence"}
COLUMNS |= {"valid_from", "valid_to", "confirmed", "legal_basis", "note"}
COLUMNS |= {"assets", "within", "conditions"}
#: How a condition's value is written in the file.
WRITTEN: dict[str, Any] = {"yes": True, "no": False, "one": "one", "several": "several"}
Said = tuple[Line, Responsibility]


def charge(
    path: Path,
    categories: dict[str, Category],
    organisations: dict[str, Organisation],
    places: Places,
) -> Count:
    """Bring responsibilities in line with the file; what it leaves out stays."""
    keeper = Keeper(
        model=Responsibility,
        key=lambda each: (*_about(each), each.validity.lower),
        fields=(
            "role",
            "precedence",
            "within_m",
            "validity",
            "legal_basis",
            "is_confirmed",
            "note",
        ),
    )
    said = [
        each
        for line in read_table(path, COLUMNS)
        for each in _spelt_out(line, categories, organisations, places)
    ]
    _refuse_overlaps(said)
    keeper.keep(said)
    return keeper.count


def _spelt_out(
    line: Line,
    categories: dict[str, Category],
    organisations: dict[str, Organisation],
    places: Places,
) -> Iterator[Said]:
    charged = [
        line.found("categories", code, categories) for code in line.words("categories")
    ]
    named = bool(line.text("places")) + bool(line.text("assets"))
    if not charged or named != 1:
        is_empty = not charged or not named
        cause = _("is empty") if is_empty else _("stands beside assets")
        raise line.broken("places" if charged else "categories", cause)
    for name in line.words("assets"):
        organisation = line.known("organisation", organisations)
        _refuse_absence(line, organisation)
        for category in charged:
            yield line, _responsibility(line, category, organisation, assets=name)
    spared = set(places.named(line, "except"))
    for name in places.named(line, "places"):
        if name in spared:
            continue
        code = line.needed("organisation").replace("{place}", name.partition(":")[2])
        organisation = line.found("organisation", code, organisations)
        _refuse_absence(line, organisation)
        if spot := places.spot(name):
            for category in charged:
                yield line, _responsibility(line, category, organisation, spot=spot)


def _responsibility(
    line: Line,
    category: Category,
    organisation: Organisation,
    *,
    spot: Spot | None = None,
    assets: str = "",
) -> Responsibility:
    kind, _colon, asset_class = assets.partition(":")
    one = asset_class.startswith("#")
    return Responsibility(
        category=category,
        place_id=spot.pk if spot and not spot.is_territory else None,
        territory_id=spot.pk if spot and spot.is_territory else None,
        asset_kind=kind,
        asset_class="" if one else asset_class,
        asset_code=asset_class.removeprefix("#") if one else "",
        within_m=_within(line),
        conditions=_conditions(line),
        organisation=organisation,
        role=line.needed("role"),
        precedence=line.whole("precedence"),
        validity=line.validity(),
        legal_basis=line.needed("legal_basis"),
        is_confirmed=line.flag("confirmed"),
        note=line.text("note"),
    )


def _within(line: Line) -> int | None:
    """Read how far a thing may stand; no further than things are looked for."""
    if not line.text("within"):
        return None
    if not line.text("assets"):
        raise line.broken("within", _("is said of assets only"))
    metres = line.whole("within")
    if not 1 <= metres <= AROUND_M:
        said = line.text("within")
        cause = quoting(_("{said} is not between 1 and 30 metres"), said)
        raise line.broken("within", cause)
    return metres


def _conditions(line: Line) -> dict[str, Any]:
    """Read `alley=no road=ward|internal`: when the line applies."""
    said: dict[str, Any] = {}
    for word in line.words("conditions"):
        name, _equals, value = word.partition("=")
        said[name] = WRITTEN.get(value, value.split("|"))
    try:
        check_conditions(said)
    except UnknownCondition as unknown:
        raise line.broken("conditions", str(unknown)) from unknown
    return said


def _about(each: Responsibility) -> tuple[object, ...]:
    return (
        each.category_id,
        each.place_id or each.territory_id,
        each.asset_kind,
        each.asset_class,
        each.asset_code,
        json.dumps(each.conditions, sort_keys=True),
        each.organisation_id,
    )


def _refuse_absence(line: Line, organisation: Organisation) -> None:
    """Nobody answers on a day on which they are not in being."""
    validity, being = line.validity(), organisation.validity
    if (validity.lower or date.min) < (being.lower or date.min):
        cause = quoting(_("{said} is not in being yet"), organisation.code)
        raise line.broken("valid_from", cause)
    if (validity.upper or date.max) > (being.upper or date.max):
        cause = quoting(_("{said} is no longer in being"), organisation.code)
        raise line.broken("valid_to", cause)


def _refuse_overlaps(said: list[Said]) -> None:
    """One organisation is charged with one thing in one place once a day."""
    alike: dict[tuple[object, ...], list[Said]] = defaultdict(list)
    for line, each in said:
        alike[_about(each)].append((line, each))
    for group in alike.values():
        group.sort(key=lambda pair: pair[1].validity.lower or date.min)
        for (earlier, one), (line, _later) in pairwise(group):
            begins = line.validity().lower or date.min
            if begins < (one.validity.upper or date.max):
                code = one.organisation.code
                cause = format_lazy(
                    _("{said} has this by {where} on the same days"),
                    said=code,
                    where=earlier.where,
                )
                raise line.broken("valid_from", cause)
