"""Named: what an edition calls its places, from its first day on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from .importing import Drawing
from .models import Edition, Place, PlaceKind

#: So long after its first day an edition is looked at for names that still wait.
LOOKED_AT_FOR = timedelta(days=366)


def keep_places(
    edition: Edition, drawings: Sequence[Drawing], *, at: datetime
) -> dict[str, Place]:
    """Keep a place for every drawing; what the sheet is silent about stays.

    Where a place is called otherwise from now on, the edition remembers both, so that
    it can be undone. A name of a day to come waits for it: see `call_anew`.
    """
    rows = [place_of(edition.kind, each) for each in drawings]
    said = ["name"]
    if any(each.name_en for each in drawings):
        said.append("name_en")
    if any(each.official_area_km2 is not None for each in drawings):
        said.append("official_area_km2")
    waits = edition.starts_on > localdate(at)
    before = {each.code: each for each in edition.kind.places.all()}
    edition.names = {
        row.code: {"was": was, "now": now} | ({"waits": True} if waits else {})
        for row in rows
        if row.code in before
        and (was := spoken(before[row.code], said)) != (now := spoken(row, said))
    }
    edition.save(update_fields=["names"])
    if waits:
        Place.objects.bulk_create(rows, ignore_conflicts=True)
    else:
        Place.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["kind", "code"],
            update_fields=[*said, "search_key"],
        )
    return {place.code: place for place in edition.kind.places.all()}


@transaction.atomic
def call_anew(*, on: date) -> int:
    """Call places as the editions that have begun by a day do; return how many."""
    begun = Edition.objects.published().filter(
        starts_on__range=(on - LOOKED_AT_FOR, on)
    )
    called = 0
    for edition in begun.exclude(names={}).order_by("starts_on").select_for_update():
        waiting = [code for code, said in edition.names.items() if "waits" in said]
        for place in edition.kind.places.filter(code__in=waiting):
            now = edition.names[place.code]["now"]
            edition.names[place.code] = {"was": spoken(place, now), "now": now}
            _call(place, now)
            called += 1
        if waiting:
            edition.save(update_fields=["names"])
    return called


def call_as_before(edition: Edition) -> None:
    """Give back their names to the places an edition had renamed."""
    for place in edition.kind.places.filter(code__in=edition.names):
        said = edition.names[place.code]
        if "waits" not in said:
            _call(place, said.get("was", {}))


def place_of(kind: PlaceKind, drawing: Drawing) -> Place:
    """Return a place as a drawing speaks of it, not yet kept."""
    return Place(
        kind=kind,
        code=drawing.code,
        name=drawing.name,
        name_en=drawing.name_en,
        official_area_km2=drawing.official_area_km2,
    )


def spoken(place: Place, fields: Iterable[str]) -> dict[str, str | float | None]:
    """Return what is said of a place in those fields."""
    return {field: getattr(place, field) for field in fields}


def _call(place: Place, said: dict[str, str | float | None]) -> None:
    for field, value in said.items():
        setattr(place, field, value)
    place.save()
