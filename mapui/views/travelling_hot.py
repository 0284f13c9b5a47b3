"""Hot spots that travel: what their page tells of a zone, as one file and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rest_framework.exceptions import ValidationError

from incidents.hotspots import LEVEL, PERMUTATIONS, Spot, streets_of
from incidents.models import Category
from incidents.permissions import Actor
from incidents.travelling.drawing import Kind
from incidents.travelling.hot import hot_map, read_ground

from .choices import is_approximate
from .hot_spot_map import apart, draw, most_of, shaded, up_to
from .hot_spots import Search, names_of, read_way, search
from .sealing import files, host, sealed, words
from .travelling import TITLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One hot spot as the file lists it, by what the map calls its ground."""

    number: int
    name: str
    category: Category | None
    spot: Spot

    @property
    def one_in(self) -> int:
        """One time in how many chance alone would be as hot."""
        return round(1 / self.spot.p)


def read_search(query: QueryDict, *, reader: Actor, at: datetime) -> Search:
    """Find the hot spots that their page would show for this address."""
    done = search(reader, read_way(query), at=at)
    if done is None:
        said = _("Nothing of your unit's ground is on the map there.")
        raise ValidationError({"ward": [said]})
    return done


def hot_page(done: Search, *, at: datetime) -> str:
    """Write the hot spots as one page that fetches nothing, with the same as a list."""
    today, found = localdate(at), done.found
    near, _far = apart(found.ground)
    drawn = hot_map(
        found,
        shades=shaded(found),
        near=near,
        ground=read_ground(found, on=today),
        files=files(),
        words=words() | {"title": str(TITLES[Kind.HOT_SPOTS])},
    )
    return sealed("mapui/travelling/hot_spots.html", drawn, _told(done, at=at))


def hot_sheet(done: Search, *, at: datetime, is_picture: bool = False) -> str:
    """Write the hot spots as the page that is laid out as PDF."""
    drawn = draw(done.found, done.found.spots, on=localdate(at))
    context = _told(done, at=at) | {"drawn": drawn, "host": host()}
    context["is_picture"] = is_picture
    return render_to_string("mapui/travelling/hot_spots_sheet.html", context)


def _told(done: Search, *, at: datetime) -> dict[str, Any]:
    found, today = done.found, localdate(at)
    _empty, *shades = shaded(found)
    days = ngettext("%(n)s day", "%(n)s days", done.way.days) % {"n": done.way.days}
    return {
        "title": TITLES[Kind.HOT_SPOTS],
        "found": found,
        "asked": [done.ward.label] if done.ward else [],
        "days": days,
        "since": localdate(done.asked.since),
        "until": today,
        "spots": _listed(done),
        "tops": [
            (turn, up_to(most_of(found), turn))
            for turn, cells in enumerate(shades, start=1)
            if len(cells)
        ],
        "cells": len(found.cells),
        "level": round(LEVEL * 100),
        "permutations": PERMUTATIONS + 1,
        "is_approximate": is_approximate(on=today),
        "at": at,
        "staff": True,
    }


def _listed(done: Search) -> Sequence[Listed]:
    found = done.found
    wards, categories = names_of(found, list(found.spots))
    streets = streets_of(found.spots, done.streets, found.zone.grid)
    rows = []
    for number, (spot, street) in enumerate(
        zip(found.spots, streets, strict=True), start=1
    ):
        ward = wards.get(spot.called_by.ward or 0)
        where = ward.label if ward else _("No ward")
        rows.append(
            Listed(
                number=number,
                name=f"{street}, {where}" if street else where,
                category=categories.get(spot.called_by.category),
                spot=spot,
            )
        )
    return rows
