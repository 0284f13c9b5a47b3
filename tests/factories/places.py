from datetime import UTC, date, datetime

import factory
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_data.geometry import metres_a_degree
from gis_data.importing import Drawing, Sheet
from gis_data.models import Asset, Place, PlaceKind
from gis_data.publishing import publish

HERE = Point(106.7, 10.8, srid=4326)


def square(west: float, south: float, side: float = 0.1) -> MultiPolygon:
    box = (west, south, west + side, south + side)
    return MultiPolygon(Polygon.from_bbox(box), srid=4326)


def sheet(*, is_approximate: bool = False, **shapes: MultiPolygon) -> Sheet:
    """A publisher's file: a shape for each code."""
    drawings = [Drawing(code=c, name=f"Ward {c}", shape=s) for c, s in shapes.items()]
    return Sheet(
        source="test",
        checksum="0" * 64,
        drawings=tuple(drawings),
        is_approximate=is_approximate,
    )


class PlaceKindFactory(factory.django.DjangoModelFactory):
    code = factory.Sequence(lambda n: f"kind-{n}")
    rank = factory.Sequence(int)

    class Meta:
        model = PlaceKind


class PlaceFactory(factory.django.DjangoModelFactory):
    kind = factory.SubFactory(PlaceKindFactory)
    code = factory.Sequence(lambda n: f"place-{n}")
    name = factory.LazyAttribute(lambda place: f"Ward {place.code}")

    class Meta:
        model = Place


def published(kind: PlaceKind, on: date, **shapes: MultiPolygon) -> None:
    """Put shapes in force from `on`, recorded at noon of that day."""
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    publish(sheet(**shapes), kind=kind, on=on, at=at)


class AssetFactory(factory.django.DjangoModelFactory):
    """A city road that runs east and west through HERE, unless told otherwise."""

    kind = "road"
    asset_class = "city"
    code = factory.Sequence(lambda n: f"asset-{n}")
    name = factory.LazyAttribute(lambda asset: f"Đường {asset.code}")
    shape = factory.LazyFunction(lambda: road_north_of(HERE, 0))
    validity = DateRange(None, None)

    class Meta:
        model = Asset


def road_north_of(point: Point, metres: float) -> LineString:
    """A road from west to east, so far north of a point."""
    y = point.y + metres / metres_a_degree(point.y)[1]
    return LineString((point.x - 0.01, y), (point.x + 0.01, y), srid=4326)
