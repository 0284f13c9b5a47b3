"""Drawn: somebody draws a place of a draft, or an asset, on the map itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from accounts.models import User

from .drafting import forget_places, keep_draft
from .errors import DrawnMeanwhile, NoDraft, NotDrawable
from .geometry import as_multipolygon
from .importing import Drawing, Sheet
from .models import Asset, Boundary, Edition, Place, PlaceKind, tidy
from .publishing import draw
from .surveying import Surveyed, keep_assets

#: An overlap smaller than this is how coordinates are rounded.
LEAST_OVERLAP_M2 = 1.0
#: A hand draws thousands of corners at most; more is a file to be imported.
CORNERS_AT_MOST = 50_000
LAST_LONGITUDE, LAST_LATITUDE = 180.0, 90.0
SOURCE = "drawn on the map"
PLACED = re.compile(r"^(?P<what>[^\[]+)\[(?P<lon>[-\d.e]+) (?P<lat>[-\d.e]+)\]$")

OVERLAPS = """
SELECT p.code, p.name, ST_Area(ST_Intersection(b.shape, drawn.shape)::geography) AS m2
FROM gis_data_boundary drawn
JOIN gis_data_boundary b ON b.edition_id = drawn.edition_id AND b.id <> drawn.id
  AND ST_Intersects(b.shape, drawn.shape)
JOIN gis_data_place p ON p.id = b.place_id
WHERE drawn.id = %s AND isempty(b.recorded)
ORDER BY m2 DESC, p.code
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Ground that two places of one draft both claim."""

    code: str
    name: str
    area_m2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawn:
    """What a drawing made of a draft."""

    boundary: Boundary
    version: int  #: The draft's, from now on.
    is_new: bool
    overlaps: tuple[Shared, ...]


def begin_drawing(
    kind: PlaceKind, *, on: date, by: User | None = None, note: str = ""
) -> Edition:
    """Begin a draft with what is in force that day, to be changed by hand."""
    held = (
        Boundary.objects.known()
        .in_force(on=on)
        .filter(place__kind=kind)
        .select_related("place", "edition")
        .order_by("place__code")
        .defer(None)
    )
    drawings = tuple(
        Drawing(
            code=each.place.code,
            name=each.place.name,
            name_en=each.place.name_en,
            official_area_km2=each.place.official_area_km2,
            shape=each.shape,
        )
        for each in held
    )
    mark = sha256(repr([each.pk for each in held]).encode()).hexdigest()
    sheet = Sheet(
        source=SOURCE,
        checksum=mark,
        drawings=drawings,
        is_approximate=any(each.edition.is_approximate for each in held),
    )
    return keep_draft(sheet, kind=kind, on=on, by=by, note=note)


@transaction.atomic
def redraw(
    edition: Edition, *, code: str, name: str, shape: GEOSGeometry, version: int
) -> Redrawn:
    """Draw one place of a draft anew, or for the first time; the law is untouched.

    `version` is the draft's as it was when the drawing began: a drawing that was begun
    on an older one is refused, so that nobody's work is painted over unseen.
    """
    held = _lock(edition, version=version)
    area = area_drawn(shape)
    code, name = tidy(code), tidy(name)
    if not code or not name:
        raise NotDrawable(_("Give it a code and a name."))
    place, _is_new = Place.objects.get_or_create(
        kind=held.kind, code=code, defaults={"name": name}
    )
    until = held.ends_on + timedelta(days=1) if held.ends_on else None
    boundary, is_new = Boundary.objects.update_or_create(
        edition=held,
        place=place,
        recorded__isempty=True,
        defaults={"shape": area, "validity": DateRange(held.starts_on, until)},
        create_defaults={
            "shape": area,
            "validity": DateRange(held.starts_on, until),
            "edition": held,
            "place": place,
        },
    )
    boundary.drawings.all().delete()
    draw([boundary])
    return Redrawn(
        boundary=boundary,
        version=_bump(held),
        is_new=is_new,
        overlaps=_overlaps(boundary),
    )


@transaction.atomic
def erase(edition: Edition, *, code: str, version: int) -> int:
    """Leave a place out of a draft, and return the draft's new version.

    A place that nothing else knows is forgotten with it.
    """
    held = _lock(edition, version=version)
    drawn = Boundary.objects.filter(
        edition=held, place__code=code, recorded__isempty=True
    )
    places = list(drawn.values_list("place_id", flat=True))
    drawn.delete()
    forget_places(places)
    return _bump(held)


@transaction.atomic
def draw_asset(
    *,
    kind: str,
    code: str,
    name: str,
    asset_class: str,
    shape: GEOSGeometry,
    on: date,
    was: int | None,
) -> Asset:
    """Let an asset stand from `on` as it was drawn.

    `was` is the row that stood when the drawing began, if any: where another stands by
    now, the drawing is refused.
    """
    code = tidy(code)
    if not code:
        raise NotDrawable(_("Give it a code."))
    standing = Asset.objects.select_for_update().filter(
        kind=kind, code=code, validity__contains=on
    )
    now = standing.values_list("pk", flat=True).first()
    if now != was:
        raise DrawnMeanwhile(_("Somebody else has described this asset since."))
    drawn = Surveyed(
        code=code, name=tidy(name), asset_class=asset_class, shape=sound(shape)
    )
    keep_assets([drawn], kind=kind, on=on, source=SOURCE)
    return Asset.objects.get(kind=kind, code=code, validity__contains=on)


def shape_said(text: str) -> GEOSGeometry:
    """Read a shape as a page sends it: the geometry of GeoJSON, in degrees."""
    try:
        read = GEOSGeometry(text)
    except (ValueError, TypeError, GEOSException, GDALException) as error:
        raise NotDrawable(_("This is not a shape in GeoJSON.")) from error
    return GEOSGeometry(read.wkb, srid=4326)


def area_drawn(shape: GEOSGeometry) -> MultiPolygon:
    """Return a drawn area as one, or say why it is none and where."""
    area = as_multipolygon(sound(shape))
    if area is None:
        raise NotDrawable(_("Draw an area: at least three corners."))
    return area


def sound(shape: GEOSGeometry) -> GEOSGeometry:
    """Return a drawn shape if it can stand on a map; never mend it in silence."""
    if shape.empty:
        raise NotDrawable(_("Nothing is drawn yet."))
    west, south, east, north = shape.extent
    if max(-west, east) > LAST_LONGITUDE or max(-south, north) > LAST_LATITUDE:
        raise NotDrawable(_("Its corners are not in degrees."))
    if shape.num_coords > CORNERS_AT_MOST:
        said = _("%(count)s corners are more than a hand draws; import a file.")
        raise NotDrawable(said % {"count": shape.num_coords})
    if not shape.valid:
        raise NotDrawable(_crossing(shape.valid_reason))
    return shape


def neighbours(edition: Edition, *, code: str) -> Sequence[Boundary]:
    """Return the other places of a draft round one of it, to draw along their lines."""
    drafts = Boundary.objects.filter(edition=edition, recorded__isempty=True)
    drafts = drafts.select_related("place").defer(None).order_by("place__code")
    drawn = drafts.filter(place__code=code).first()
    others = drafts.exclude(place__code=code)
    if drawn is None:
        return list(others)
    return list(others.filter(shape__bboverlaps=drawn.shape))


def _lock(edition: Edition, *, version: int) -> Edition:
    # The draft alone: putting it in force takes the kind first, then the draft.
    asked = Edition.objects.select_for_update(of=("self",)).select_related("kind")
    held = asked.filter(pk=edition.pk).first()
    if held is None:
        raise NoDraft(_("This draft was thrown away."))
    if held.published_at is not None:
        raise NoDraft(_("This map is in force already; draw on a draft."))
    if held.version != version:
        raise DrawnMeanwhile(_("Somebody else has changed this draft since."))
    return held


def _bump(edition: Edition) -> int:
    edition.version += 1
    edition.save(update_fields=["version"])
    return edition.version


def _overlaps(boundary: Boundary) -> tuple[Shared, ...]:
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, [boundary.pk])
        rows = cursor.fetchall()
    return tuple(
        Shared(code=code, name=name, area_m2=m2)
        for code, name, m2 in rows
        if m2 >= LEAST_OVERLAP_M2
    )


def _crossing(why: str) -> str:
    """Say in words what GEOS found wrong, and where."""
    found = PLACED.match(why)
    if found is None:
        return _("This cannot stand on a map: %(why)s.") % {"why": why}
    at = {"lon": f"{float(found['lon']):.5f}", "lat": f"{float(found['lat']):.5f}"}
    if "elf-intersection" in found["what"]:
        return _("Its line crosses itself near %(lat)s, %(lon)s.") % at
    said = _("It cannot stand on a map (%(what)s) near %(lat)s, %(lon)s.")
    return said % {**at, "what": found["what"]}
