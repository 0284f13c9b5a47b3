"""Compared: what an edition, drafted or in force, makes of the map before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from .checking import areas_m2
from .importing import Drawing, Sheet
from .models import Boundary, Edition, Place, PlaceKind
from .naming import spoken

#: What a sheet may say of a place.
SAID = ("name", "name_en", "official_area_km2")
AN_INSTANT = timedelta(microseconds=1)
#: Where more ground has moved, two lines need not be compared point by point.
SURELY_MOVED_KM2 = 1e-5


class Change(TextChoices):
    """What an edition does to a place."""

    OPENED = "opened", _("new")
    CLOSED = "closed", _("gone")
    REDRAWN = "redrawn", _("redrawn")
    KEPT = "kept", _("as before")


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryChange:
    """What an edition does to one place; areas are over the ground."""

    code: str
    name: str
    what: Change
    was_named: str = ""  #: Its name before, where the edition gives it another.
    before_km2: float = 0.0
    after_km2: float = 0.0
    gained_km2: float = 0.0
    lost_km2: float = 0.0

    @property
    def share_moved(self) -> float:
        """The part of its ground before that is no longer its."""
        return self.lost_km2 / self.before_km2 if self.before_km2 else 0.0


def compare(edition: Edition) -> tuple[BoundaryChange, ...]:
    """Tell what an edition does to each place, by name; the area of each is measured.

    A draft is compared with what is in force on its first day by today's knowledge, an
    edition in force with what was believed of that day before it.
    """
    known_at = edition.published_at and edition.published_at - AN_INSTANT
    before = {
        row.place.code: row
        for row in in_force(edition.kind, on=edition.starts_on, known_at=known_at)
    }
    after = {each.code: each for each in sheet_of(edition).drawings}
    both = sorted(before.keys() & after.keys())
    old = _shapes([before[code].shape for code in both])
    new = _shapes([after[code].shape for code in both])
    gained = _km2(shapely.difference(new, old))
    lost = _km2(shapely.difference(old, new))
    moved = dict(zip(both, zip(gained, lost, strict=True), strict=True))
    area_before = _km2_by_code({code: row.shape for code, row in before.items()})
    area_after = _km2_by_code({code: each.shape for code, each in after.items()})
    changes = []
    for code in before.keys() | after.keys():
        was, now = before.get(code), after.get(code)
        more, less = moved.get(
            code, (area_after.get(code, 0.0), area_before.get(code, 0.0))
        )
        called = was.place.name if was else ""
        if edition.published_at and was:
            called = _called_before(edition, was.place)
        name = now.name if now else called
        changes.append(
            BoundaryChange(
                code=code,
                name=name,
                was_named=called if called != name else "",
                what=_change(was, now, moved_km2=more + less),
                before_km2=area_before.get(code, 0.0),
                after_km2=area_after.get(code, 0.0),
                gained_km2=more,
                lost_km2=less,
            )
        )
    return tuple(sorted(changes, key=lambda each: (each.name, each.code)))


def sheet_of(edition: Edition) -> Sheet:
    """Return what an edition draws, as its publisher's sheet did.

    So what was rolled back can be drafted again. What it had left as it was is in it.
    """
    if edition.published_at is None:
        rows = drafted(edition)
    else:
        rows = in_force(
            edition.kind, on=edition.starts_on, known_at=edition.published_at
        )
    return Sheet(
        source=edition.source,
        checksum=edition.checksum,
        drawings=tuple(drawing(row, edition) for row in rows),
        is_approximate=edition.is_approximate,
    )


def drafted(edition: Edition) -> list[Boundary]:
    """Return what is on a draft, with its shapes, by code."""
    rows = Boundary.objects.filter(edition=edition, recorded__isempty=True)
    return list(rows.select_related("place").order_by("place__code").defer(None))


def in_force(kind: PlaceKind, *, on: date, known_at: datetime | None) -> list[Boundary]:
    """Return what was held of a kind that day, with its shapes, by code."""
    rows = Boundary.objects.known(at=known_at).in_force(on=on).filter(place__kind=kind)
    return list(
        rows.select_related("place", "edition").order_by("place__code").defer(None)
    )


def drawing(row: Boundary, edition: Edition) -> Drawing:
    """Return a boundary as its sheet drew it, with what the sheet calls the place."""
    place = row.place
    said = spoken(place, SAID) | edition.names.get(place.code, {}).get("now", {})
    return Drawing(code=place.code, shape=row.shape, **said)


def _called_before(edition: Edition, place: Place) -> str:
    was: dict[str, str] = edition.names.get(place.code, {}).get("was", {})
    return was.get("name", place.name)


def _change(was: Boundary | None, now: Drawing | None, *, moved_km2: float) -> Change:
    if was is None:
        return Change.OPENED
    if now is None:
        return Change.CLOSED
    if moved_km2 > SURELY_MOVED_KM2:
        return Change.REDRAWN
    same = now.shape.equals_exact(was.shape) or now.shape.equals(was.shape)
    return Change.KEPT if same else Change.REDRAWN


def _shapes(shapes: Sequence[GEOSGeometry]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb([bytes(each.wkb) for each in shapes]))


def _km2(shapes: NDArray[np.object_]) -> list[float]:
    return [area / 1e6 for area in areas_m2(shapes)] if len(shapes) else []


def _km2_by_code(shapes: Mapping[str, GEOSGeometry]) -> dict[str, float]:
    measured = _km2(_shapes(list(shapes.values())))
    return dict(zip(shapes, measured, strict=True))
