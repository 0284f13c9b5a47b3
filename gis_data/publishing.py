"""Put an edition in force: what changed is recorded, what did not is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.contrib.gis.geos import MultiPolygon
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext as _

from .errors import EditionOutOfOrder, NoSuchKind, NothingInForce
from .fallbacks import keep_middles
from .geometry import POINTS_A_PIECE, simplified, united
from .importing import Drawing, Sheet
from .models import (
    Boundary,
    BoundaryDrawing,
    BoundaryEdge,
    BoundaryPiece,
    Edition,
    PlaceKind,
)
from .naming import keep_places
from .succession import let_succeed

#: Holes up to this size between neighbours are slips of the pen, not land of another.
SLIP_M2 = 10_000.0
#: How the source of an outline begins.
OUTLINE = "outline of "


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
    PlaceKind.objects.select_for_update(no_key=True).get(pk=kind.pk)
    at = moment(kind, at=at)
    edition = Edition(
        kind=kind,
        starts_on=on,
        ends_on=until,
        source=sheet.source,
        checksum=sheet.checksum,
        is_approximate=sheet.is_approximate,
    )
    drawn = {each.code: each.shape for each in sheet.drawings}
    turn = begin(edition, drawn, at=at)
    places = keep_places(edition, sheet.drawings, at=at)
    begun = [
        Boundary(
            place=places[code],
            edition=edition,
            shape=drawn[code],
            validity=days(edition),
            recorded=DateTimeTZRange(at, None),
        )
        for code in sorted(turn.begun)
    ]
    record(begun)
    let_succeed(kind, ended=turn.changes.closed, on=on)
    return turn.changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an edition changes, and the codes of which places need a new boundary."""

    changes: Changes
    begun: frozenset[str]


def begin(edition: Edition, drawn: Mapping[str, MultiPolygon], *, at: datetime) -> Turn:
    """Put an edition in force, and end what it draws otherwise or not at all.

    Its own boundaries are the caller's to record. The kind is locked by now.
    """
    kind, on = edition.kind, edition.starts_on
    if not edition.is_approximate:
        withdraw_sketches(kind, since=on, until=on, at=at)
    _refuse_out_of_order(kind, on=on, until=edition.ends_on)
    edition.published_at = at
    edition.save()
    validity = days(edition)
    held = {each.place.code: each for each in _held(kind, on=on)}
    both = drawn.keys() & held.keys()
    same = {code for code in both if _same(drawn[code], held[code].shape)}
    kept = {code for code in same if held[code].validity.upper == validity.upper}
    _end([held[code] for code in held.keys() - same], last=on, at=at)
    _end([held[code] for code in same - kept], last=validity.upper, at=at)
    return Turn(
        changes=Changes(
            opened=tuple(sorted(drawn.keys() - held.keys())),
            closed=tuple(sorted(held.keys() - drawn.keys())),
            changed=tuple(sorted(both - kept)),
            kept=tuple(sorted(kept)),
        ),
        begun=frozenset(drawn.keys() - same),
    )


def days(edition: Edition) -> DateRange:
    """Return the days an edition is in force, until another takes its place."""
    last = edition.ends_on
    return DateRange(edition.starts_on, last + timedelta(days=1) if last else None)


def moment(kind: PlaceKind, *, at: datetime) -> datetime:
    """Return `at`, or the next moment at which a kind may be known otherwise.

    No two changes share a moment, so that each can be told from the next and undone.
    """
    recorded = Boundary.objects.filter(place__kind=kind).aggregate(
        begun=Max(Lower("recorded")), ended=Max(Upper("recorded"))
    )
    editions = Edition.objects.filter(kind=kind).aggregate(
        begun=Max("published_at"), ended=Max("withdrawn_at")
    )
    latest: list[datetime | None] = [*recorded.values(), *editions.values()]
    return max([at, *(each + timedelta(microseconds=1) for each in latest if each)])


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
        close(list(Boundary.objects.known().filter(edition=sketch)), at=at)
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
        source=outline_source(kind),
        checksum=outline_checksum(kind, on=on, code=code, name=name),
        drawings=(Drawing(code=code, name=name, name_en=name_en, shape=shape),),
        is_approximate=any(each.edition.is_approximate for each in held),
    )


def outline_source(kind: PlaceKind) -> str:
    """Return what the source of an outline is called: by it, outlines are found."""
    return OUTLINE + kind.code


def is_outline(edition: Edition) -> bool:
    """Tell whether an edition was drawn round the places of another kind."""
    return edition.source.startswith(OUTLINE)


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


def _same(drawn: MultiPolygon, held: MultiPolygon) -> bool:
    return bool(drawn.equals_exact(held) or drawn.equals(held))


def _end(boundaries: list[Boundary], *, last: date | None, at: datetime) -> None:
    """Record anew, with another first day no longer in force, what we held of them."""
    close(boundaries, at=at)
    ended = {each.pk: DateRange(each.validity.lower, last) for each in boundaries}
    record_again(boundaries, days=ended, at=at)


def record_again(
    boundaries: Sequence[Boundary], *, days: Mapping[int, DateRange], at: datetime
) -> None:
    """Record boundaries as they were drawn anew, each for other days by its old id.

    Their lines have not changed, so what was cut and drawn of them is copied.
    """
    rows = Boundary.objects.bulk_create(
        Boundary(
            place_id=each.place_id,
            edition_id=each.edition_id,
            shape=each.shape,
            validity=days[each.pk],
            recorded=DateTimeTZRange(at, None),
        )
        for each in boundaries
    )
    pairs = [[each.pk for each in boundaries], [row.pk for row in rows]]
    with connection.cursor() as cursor:
        for copied in COPIES:
            cursor.execute(copied, pairs)
    keep_middles(rows)


def record(boundaries: list[Boundary]) -> None:
    """Record boundaries, ready to be looked up and drawn."""
    cut(Boundary.objects.bulk_create(boundaries))
    draw(boundaries)


def close(boundaries: list[Boundary], *, at: datetime) -> None:
    """Keep on record what we believed until now, and believe it no longer."""
    closed = [each.pk for each in boundaries]
    for each in boundaries:
        each.recorded = DateTimeTZRange(each.recorded.lower, at)
    Boundary.objects.bulk_update(boundaries, ["recorded"])
    for part in (BoundaryPiece, BoundaryEdge):
        believed = Boundary.objects.filter(pk=OuterRef("boundary")).values("recorded")
        part.objects.filter(boundary__in=closed).update(recorded=Subquery(believed))


def cut(boundaries: list[Boundary]) -> None:
    """Cut each boundary into the pieces and stretches that are looked up."""
    ids = [each.pk for each in boundaries]
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [POINTS_A_PIECE, ids])
        cursor.execute(EDGES, [POINTS_A_PIECE, ids])
    keep_middles(boundaries)


def draw(boundaries: Sequence[Boundary]) -> None:
    """Draw boundaries for every zoom, together, so that neighbours share their line."""
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
COPIES = (
    """
    INSERT INTO gis_data_boundarypiece (boundary_id, validity, recorded, shape)
    SELECT b.id, b.validity, b.recorded, p.shape
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (was, now)
    JOIN gis_data_boundarypiece p ON p.boundary_id = pair.was
    JOIN gis_data_boundary b ON b.id = pair.now
    """,
    """
    INSERT INTO gis_data_boundaryedge (boundary_id, validity, recorded, line)
    SELECT b.id, b.validity, b.recorded, e.line
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (was, now)
    JOIN gis_data_boundaryedge e ON e.boundary_id = pair.was
    JOIN gis_data_boundary b ON b.id = pair.now
    """,
    """
    INSERT INTO gis_data_boundarydrawing (boundary_id, zoom, shape)
    SELECT pair.now, d.zoom, d.shape
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (was, now)
    JOIN gis_data_boundarydrawing d ON d.boundary_id = pair.was
    """,
)
