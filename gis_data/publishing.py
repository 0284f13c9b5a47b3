"""Put an edition in force: what changed is recorded, what did not is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from .errors import EditionOutOfOrder, NoSuchKind, NothingInForce
from .geometry import simplified, united
from .importing import Drawing, Sheet
from .models import (
    Boundary,
    BoundaryDrawing,
    BoundaryEdge,
    BoundaryPiece,
    Edition,
    Place,
    PlaceKind,
)

POINTS_A_PIECE = 32
#: Holes up to this size between neighbours are slips of the pen, not land of another.
SLIP_M2 = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What putting an edition in force did to the map, by the codes of the places."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def kind_named(code: str) -> PlaceKind:
    """Return the kind with this code, or say which kinds there are."""
    kinds = {kind.code: kind for kind in PlaceKind.objects.all()}
    if code not in kinds:
        known = ", ".join(kinds) or "none yet"
        said = _("No kind of place is called “%(code)s”; known: %(known)s.")
        raise NoSuchKind(said % {"code": code, "known": known})
    return kinds[code]


@transaction.atomic
def publish(
    sheet: Sheet,
    *,
    kind: PlaceKind,
    on: date,
    at: datetime,
    until: date | None = None,
) -> Changes:
    """Put a complete set of boundaries in force from `on`, as recorded at `at`.

    A boundary drawn as before keeps its row. Every other one of the kind ends the
    day before, a new one begins, and what we believed until now stays on record.
    `until` is the last day in force. A sketch gives way to a map of the same day.
    """
    PlaceKind.objects.select_for_update().get(pk=kind.pk)
    if not sheet.is_approximate:
        withdraw_sketches(kind, since=on, until=on, at=at)
    _refuse_out_of_order(kind, on=on, until=until)
    edition = Edition.objects.create(
        kind=kind,
        starts_on=on,
        source=sheet.source,
        checksum=sheet.checksum,
        is_approximate=sheet.is_approximate,
        published_at=at,
    )
    validity = DateRange(on, until + timedelta(days=1) if until else None)
    drawn = {each.code: each for each in sheet.drawings}
    held = {each.place.code: each for each in _held(kind, on=on)}
    same = {
        code for code in drawn.keys() & held.keys() if _same(drawn[code], held[code])
    }
    kept = {code for code in same if held[code].validity.upper == validity.upper}
    places = _places(kind, sheet.drawings)
    begun = [
        Boundary(
            place=places[code],
            edition=edition,
            shape=drawn[code].shape,
            validity=validity,
            recorded=DateTimeTZRange(at, None),
        )
        for code in sorted(drawn.keys() - same)
    ]
    _end([held[code] for code in held.keys() - same], last=on, at=at)
    _end([held[code] for code in same - kept], last=validity.upper, at=at)
    _cut(Boundary.objects.bulk_create(begun))
    return Changes(
        opened=tuple(sorted(drawn.keys() - held.keys())),
        closed=tuple(sorted(held.keys() - drawn.keys())),
        changed=tuple(sorted((drawn.keys() & held.keys()) - kept)),
        kept=tuple(sorted(kept)),
    )


def withdraw_sketches(
    kind: PlaceKind, *, since: date, at: datetime, until: date | None = None
) -> None:
    """Believe no longer what was only sketched to begin between those days."""
    sketches = Edition.objects.published().filter(
        kind=kind, starts_on__gte=since, is_approximate=True
    )
    if until is not None:
        sketches = sketches.filter(starts_on__lte=until)
    for sketch in sketches:
        _close(list(Boundary.objects.known().filter(edition=sketch)), at=at)
        sketch.withdrawn_at = at
        sketch.save(update_fields=["withdrawn_at"])


def outline_of(
    kind: PlaceKind, *, on: date, code: str, name: str, name_en: str = ""
) -> Sheet:
    """Draw one place round all that is in force of a kind, small holes filled."""
    held = list(_held(kind, on=on))
    if not held:
        said = _("No boundary of %(kind)s is in force on %(on)s.")
        raise NothingInForce(said % {"kind": kind, "on": on})
    shape = united([each.shape for each in held], holes_under_m2=SLIP_M2)
    return Sheet(
        source=f"outline of {kind.code}",
        checksum=outline_checksum(kind, on=on, code=code, name=name),
        drawings=(Drawing(code=code, name=name, name_en=name_en, shape=shape),),
        is_approximate=any(each.edition.is_approximate for each in held),
    )


def outline_checksum(kind: PlaceKind, *, on: date, code: str, name: str) -> str:
    """Return what an outline is known by: what it is drawn round, and its name."""
    drawn_round = (
        Boundary.objects.known()
        .in_force(on=on)
        .filter(place__kind=kind)
        .order_by("place__code")
        .values_list("edition__checksum", "place__code")
    )
    return sha256(repr((list(drawn_round), code, name)).encode()).hexdigest()


def _held(kind: PlaceKind, *, on: date) -> Iterable[Boundary]:
    return (
        Boundary.objects.known()
        .in_force(on=on)
        .filter(place__kind=kind)
        .select_related("place", "edition")
        .defer(None)
    )


def _refuse_out_of_order(kind: PlaceKind, *, on: date, until: date | None) -> None:
    if until and until < on:
        said = _("%(until)s, the last day in force, is before the first, %(on)s.")
        raise EditionOutOfOrder(said % {"until": until, "on": on})
    published = Edition.objects.published().filter(kind=kind, starts_on__gte=on)
    newest = published.order_by("starts_on").last()
    if newest is None:
        return
    if newest.starts_on == on:
        said = _("An edition of %(kind)s already starts on %(newest)s.")
    else:
        said = _("%(on)s is before the edition of %(kind)s that starts on %(newest)s.")
    raise EditionOutOfOrder(
        said % {"kind": kind.code, "on": on, "newest": newest.starts_on}
    )


def _same(drawing: Drawing, boundary: Boundary) -> bool:
    return bool(
        drawing.shape.equals_exact(boundary.shape)
        or drawing.shape.equals(boundary.shape)
    )


def _places(kind: PlaceKind, drawings: Sequence[Drawing]) -> dict[str, Place]:
    """Keep a place for every drawing; what the sheet is silent about stays."""
    rows = [
        Place(
            kind=kind,
            code=each.code,
            name=each.name,
            name_en=each.name_en,
            official_area_km2=each.official_area_km2,
        )
        for each in drawings
    ]
    said = ["name", "search_key"]
    if any(each.name_en for each in drawings):
        said.append("name_en")
    if any(each.official_area_km2 is not None for each in drawings):
        said.append("official_area_km2")
    Place.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["kind", "code"], update_fields=said
    )
    return {place.code: place for place in kind.places.all()}


def _end(boundaries: list[Boundary], *, last: date | None, at: datetime) -> None:
    """Record anew, with another first day no longer in force, what we held of them."""
    ended = [
        Boundary(
            place=each.place,
            edition_id=each.edition_id,
            shape=each.shape,
            validity=DateRange(each.validity.lower, last),
            recorded=DateTimeTZRange(at, None),
        )
        for each in boundaries
    ]
    _close(boundaries, at=at)
    _cut(Boundary.objects.bulk_create(ended))


def _close(boundaries: list[Boundary], *, at: datetime) -> None:
    """Keep on record what we believed until now, and believe it no longer."""
    closed = [each.pk for each in boundaries]
    for each in boundaries:
        each.recorded = DateTimeTZRange(each.recorded.lower, at)
    Boundary.objects.bulk_update(boundaries, ["recorded"])
    for part in (BoundaryPiece, BoundaryEdge):
        believed = Boundary.objects.filter(pk=OuterRef("boundary")).values("recorded")
        part.objects.filter(boundary__in=closed).update(recorded=Subquery(believed))


def _cut(boundaries: list[Boundary]) -> None:
    """Cut each boundary into what is looked up, and draw it for every zoom."""
    ids = [each.pk for each in boundaries]
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [POINTS_A_PIECE, ids])
        cursor.execute(EDGES, [POINTS_A_PIECE, ids])
    shapes = [each.shape for each in boundaries]
    BoundaryDrawing.objects.bulk_create(
        BoundaryDrawing(boundary=boundary, zoom=zoom, shape=shape)
        for zoom in BoundaryDrawing.ZOOMS
        for boundary, shape in zip(
            boundaries, simplified(shapes, zoom=zoom), strict=True
        )
    )


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
