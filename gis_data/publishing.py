"""Put an edition in force: what changed is recorded, what did not is left alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from .errors import EditionOutOfOrder, NoSuchKind
from .importing import Drawing, Sheet
from .models import Boundary, BoundaryEdge, BoundaryPiece, Edition, Place, PlaceKind

POINTS_A_PIECE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What putting an edition in force did to the map."""

    opened: int
    closed: int
    kept: int


def kind_named(code: str) -> PlaceKind:
    """Return the kind with this code, or say which kinds there are."""
    kinds = {kind.code: kind for kind in PlaceKind.objects.all()}
    if code not in kinds:
        known = ", ".join(kinds) or "none yet"
        said = _("No kind of place is called “%(code)s”; known: %(known)s.")
        raise NoSuchKind(said % {"code": code, "known": known})
    return kinds[code]


@transaction.atomic
def publish(sheet: Sheet, *, kind: PlaceKind, on: date, at: datetime) -> Changes:
    """Put a complete set of boundaries in force from `on`, as recorded at `at`.

    A boundary drawn as before keeps its row. Every other one of the kind ends the
    day before, a new one begins, and what we believed until now stays on record.
    """
    PlaceKind.objects.select_for_update().get(pk=kind.pk)
    _refuse_out_of_order(kind, on)
    edition = Edition.objects.create(
        kind=kind,
        starts_on=on,
        source=sheet.source,
        checksum=sheet.checksum,
        published_at=at,
    )
    drawn = {each.code: each for each in sheet.drawings}
    held = {
        each.place.code: each
        for each in Boundary.objects.known()
        .in_force(on=on)
        .filter(place__kind=kind)
        .select_related("place")
        .defer(None)
    }
    kept = {
        code for code in drawn.keys() & held.keys() if _same(drawn[code], held[code])
    }
    ended = [held[code] for code in held.keys() - kept]
    places = _places(kind, drawn.values())
    begun = [
        Boundary(
            place=places[code],
            edition=edition,
            shape=drawn[code].shape,
            validity=DateRange(on, None),
            recorded=DateTimeTZRange(at, None),
        )
        for code in sorted(drawn.keys() - kept)
    ]
    _end(ended, on=on, at=at)
    _cut(Boundary.objects.bulk_create(begun))
    return Changes(opened=len(begun), closed=len(ended), kept=len(kept))


def _refuse_out_of_order(kind: PlaceKind, on: date) -> None:
    published = kind.editions.filter(published_at__isnull=False)
    newest = published.filter(starts_on__gte=on).order_by("starts_on").last()
    if newest is None:
        return
    if newest.starts_on == on:
        said = _("An edition of %(kind)s already starts on %(newest)s.")
    else:
        said = _("%(on)s is before the edition of %(kind)s that starts on %(newest)s.")
    raise EditionOutOfOrder(said % {"kind": kind, "on": on, "newest": newest.starts_on})


def _same(drawing: Drawing, boundary: Boundary) -> bool:
    return bool(drawing.shape.equals(boundary.shape))


def _places(kind: PlaceKind, drawings: Iterable[Drawing]) -> dict[str, Place]:
    rows = [Place(kind=kind, code=each.code, name=each.name) for each in drawings]
    Place.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["kind", "code"],
        update_fields=["name"],
    )
    return {place.code: place for place in kind.places.all()}


def _end(boundaries: list[Boundary], *, on: date, at: datetime) -> None:
    """Record anew, with its last day, what was held to have none."""
    ended = [
        Boundary(
            place=each.place,
            edition_id=each.edition_id,
            shape=each.shape,
            validity=DateRange(each.validity.lower, on),
            recorded=DateTimeTZRange(at, None),
        )
        for each in boundaries
    ]
    closed = [each.pk for each in boundaries]
    for each in boundaries:
        each.recorded = DateTimeTZRange(each.recorded.lower, at)
    Boundary.objects.bulk_update(boundaries, ["recorded"])
    for part in (BoundaryPiece, BoundaryEdge):
        part.objects.filter(boundary__in=closed).update(
            recorded=Subquery(
                Boundary.objects.filter(pk=OuterRef("boundary")).values("recorded")
            )
        )
    _cut(Boundary.objects.bulk_create(ended))


def _cut(boundaries: list[Boundary]) -> None:
    """Cut each boundary into the small pieces and stretches that are looked up."""
    ids = [each.pk for each in boundaries]
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [POINTS_A_PIECE, ids])
        cursor.execute(EDGES, [POINTS_A_PIECE, ids])


PIECES = """
INSERT INTO gis_data_boundarypiece (boundary_id, validity, recorded, shape)
SELECT id, validity, recorded, ST_Subdivide(shape, %s)
FROM gis_data_boundary WHERE id = ANY(%s)
"""
EDGES = """
INSERT INTO gis_data_boundaryedge (boundary_id, validity, recorded, line)
SELECT id, validity, recorded, (ST_Dump(part)).geom
FROM (
  SELECT id, validity, recorded, ST_Subdivide(ST_Boundary(shape), %s) AS part
  FROM gis_data_boundary WHERE id = ANY(%s)
) parts
"""
