"""Routed in bulk: many problems, each decided about as `route` decides about one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from django.contrib.gis.geos import Point
from django.utils.timezone import get_current_timezone

from gis_data.models import Edition

from .decisions import Decision
from .models import Category
from .routing import route


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One problem to be routed: what `route` is given about it, under a number."""

    number: int
    point: tuple[float, float] | None  #: Longitude and latitude, in degrees.
    category_id: int
    at: datetime
    accuracy: float = 0  #: In metres.
    ward_id: int | None = None  #: The place that the reporter named.
    address: str = ""
    asset: str = ""  #: The code on a plate.


def route_many(
    asked: Iterable[Asked], *, on: date | None = None, draft: Edition | None = None
) -> Iterator[tuple[int, Decision]]:
    """Decide about each, in the order given, as `route` would; reads, never writes.

    Each is weighed on its own local day, or all of them on one. A draft of boundaries
    stands in for what is in force of its kind.
    """
    categories = {each.pk: each for each in Category.objects.all()}
    noon = None
    if on is not None:
        noon = datetime.combine(on, time(12), tzinfo=get_current_timezone())
    for each in asked:
        yield (
            each.number,
            route(
                Point(*each.point, srid=4326) if each.point else None,
                categories[each.category_id],
                noon or each.at,
                accuracy=each.accuracy,
                ward_id=each.ward_id,
                address=each.address,
                asset=each.asset,
            ),
        )
