"""Surveyed: a keeper's file of roads, canals or covers becomes the assets of a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.gdal.layer import Layer
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from .errors import SurveyOutOfOrder, UnreadableBoundaries
from .models import Asset
from .opening import (
    Box,
    at_feature,
    each_feature,
    in_degrees,
    open_layer,
    open_source,
    refuse_too_long,
    refuse_without_fields,
    refusing,
    text_of,
)

ASSETS_AT_MOST = 1_000_000
BATCH = 2_000
#: The boundaries may have been published a moment ago, in this very transaction.
LOOK_AGAIN = "ANALYZE gis_data_asset, gis_data_boundarypiece"
#: In how many areas of the most local level each new asset lies.
SPANS = """
WITH level AS MATERIALIZED (
  SELECT k.id FROM gis_data_placekind k
  WHERE k.rank IS NOT NULL AND EXISTS (
    SELECT FROM gis_data_boundary c JOIN gis_data_place l ON l.id = c.place_id
    WHERE l.kind_id = k.id AND upper_inf(c.recorded) AND c.validity @> %(on)s::date)
  ORDER BY k.rank DESC LIMIT 1
), reached AS MATERIALIZED (
  SELECT a.id, piece.boundary_id
  FROM gis_data_asset a
  JOIN gis_data_boundarypiece piece ON ST_Intersects(piece.shape, a.shape)
  WHERE a.id = ANY(%(assets)s)
    AND upper_inf(piece.recorded) AND piece.validity @> %(on)s::date
), counted AS (
  SELECT reached.id, count(DISTINCT b.place_id) AS spans
  FROM reached JOIN gis_data_boundary b ON b.id = reached.boundary_id
  JOIN gis_data_place p ON p.id = b.place_id
  WHERE p.kind_id = (SELECT id FROM level)
  GROUP BY reached.id
)
UPDATE gis_data_asset a SET spans = counted.spans
FROM counted WHERE counted.id = a.id AND counted.spans > 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFields:
    """Which fields of the file say what, and what its words for a class mean to us."""

    code: str = "code"
    name: str = "name"
    asset_class: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)

    def class_of(self, said: str) -> str:
        """Return our word for a class; the file's own where none is given."""
        return self.classes.get(said, "" if self.classes else said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One asset as its keeper's file describes it."""

    code: str
    name: str
    asset_class: str
    shape: GEOSGeometry

    @property
    def mark(self) -> tuple[str, str, bytes]:
        """What tells it from an earlier description of the same asset."""
        return self.name, self.asset_class, bytes(self.shape.wkb)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChanges:
    """What a file did to the assets of a kind."""

    new: int
    changed: int
    kept: int
    gone: int


def read_assets(
    path: Path,
    *,
    fields: AssetFields | None = None,
    layer: str = "",
    around: Box | None = None,
) -> tuple[Surveyed, ...]:
    """Read every feature of `path` in degrees, or refuse it with row and cause."""
    return tuple(each_asset(path, fields=fields, layer=layer, around=around))


def each_asset(
    path: Path,
    *,
    fields: AssetFields | None = None,
    layer: str = "",
    around: Box | None = None,
) -> Iterator[Surveyed]:
    """Read feature after feature; the file may be refused half way.

    `around` is where the city lies: what lies far from there is refused.
    """
    fields = fields or AssetFields()
    with refusing(path):
        opened = open_layer(open_source(path), layer, features_at_most=ASSETS_AT_MOST)
        refuse_without_fields(opened, [fields.code, fields.name, fields.asset_class])
        yield from _surveyed(opened, fields, around)


@transaction.atomic
def keep_assets(
    surveyed: Iterable[Surveyed],
    *,
    kind: str,
    on: date,
    source: str = "",
    is_complete: bool = False,
) -> AssetChanges:
    """Let assets stand as described from `on`; what is as it was keeps its row.

    Of a complete survey, what it does not name stands no longer from that day.
    """
    surveyed = tuple(surveyed)
    _refuse_before_later(surveyed, kind=kind, on=on)
    standing = {
        asset.code: asset
        for asset in Asset.objects.filter(kind=kind, validity__contains=on)
    }
    fresh: list[Asset] = []
    ended: list[Asset] = []
    told: set[str] = set()
    for each in surveyed:
        told.add(each.code)
        before = standing.get(each.code)
        if before is not None and _mark(before) == each.mark:
            continue
        if before is not None:
            ended.append(before)
        fresh.append(
            Asset(
                kind=kind,
                asset_class=each.asset_class,
                code=each.code,
                name=each.name,
                shape=each.shape,
                source=source,
                validity=DateRange(on, None),
            )
        )
    changed = len(ended)
    if is_complete:
        ended += [asset for code, asset in standing.items() if code not in told]
    _end(ended, on=on)
    made = Asset.objects.bulk_create(fresh, batch_size=BATCH)
    with connection.cursor() as cursor:
        cursor.execute(LOOK_AGAIN)
        cursor.execute(SPANS, {"on": on, "assets": [asset.pk for asset in made]})
    return AssetChanges(
        new=len(fresh) - changed,
        changed=changed,
        kept=len(told) - len(fresh),
        gone=len(ended) - changed,
    )


def _refuse_before_later(surveyed: Sequence[Surveyed], *, kind: str, on: date) -> None:
    """Refuse to describe an asset from a day after which it is described anew."""
    told = {each.code for each in surveyed}
    later = Asset.objects.filter(kind=kind, validity__startswith__gt=on)
    for code, validity in later.order_by("pk").values_list("code", "validity"):
        if code in told:
            said = _("%(kind)s %(code)s is described from %(day)s already.")
            about = {"kind": kind, "code": code, "day": f"{validity.lower:%d/%m/%Y}"}
            raise SurveyOutOfOrder(said % about)


def _end(assets: Sequence[Asset], *, on: date) -> None:
    """Let assets stand until the day before; one that began that day never stood."""
    begun = {each.pk for each in assets if each.validity.lower == on}
    Asset.objects.filter(pk__in=begun).delete()
    stood = [each for each in assets if each.pk not in begun]
    for each in stood:
        each.validity = DateRange(each.validity.lower, on)
    Asset.objects.bulk_update(stood, ["validity"], batch_size=BATCH)


def _refuse_unfit(surveyed: Surveyed) -> None:
    """Refuse an asset that cannot be kept: too long a word, a crossing outline."""
    for kept in ("code", "name", "asset_class"):
        most = getattr(Asset._meta.get_field(kept), "max_length", None)
        refuse_too_long(getattr(surveyed, kept), most)
    if not surveyed.shape.valid:
        said = _(
            "its outline is broken (%(why)s). Mend it in a map program (QGIS: Vector, "
            "Geometry Tools, Fix Geometries), then send the file again."
        )
        raise UnreadableBoundaries(said % {"why": surveyed.shape.valid_reason})


def _mark(asset: Asset) -> tuple[str, str, bytes]:
    return asset.name, asset.asset_class, bytes(asset.shape.wkb)


def _surveyed(
    layer: Layer, fields: AssetFields, around: Box | None
) -> Iterator[Surveyed]:
    seen: dict[str, int] = {}
    for number, feature in each_feature(layer):
        code = ""
        try:
            code = text_of(feature, fields.code)
            if not code:
                raise UnreadableBoundaries(_("it has no code."))
            if code in seen:
                before = _("feature %(number)s has the same code.")
                raise UnreadableBoundaries(before % {"number": seen[code]})
            seen[code] = number
            said = text_of(feature, fields.asset_class) if fields.asset_class else ""
            surveyed = Surveyed(
                code=code,
                name=text_of(feature, fields.name) if fields.name else "",
                asset_class=fields.class_of(said),
                shape=in_degrees(feature, around=around).geos,
            )
            _refuse_unfit(surveyed)
        except (UnreadableBoundaries, GDALException, GEOSException) as error:
            raise at_feature(number, code, error) from error
        yield surveyed
