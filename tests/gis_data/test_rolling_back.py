"""Maps drawn at random, put in force one after another and taken back one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from gis_data.drafting import activate, keep_draft, roll_back
from gis_data.errors import EditionOutOfOrder
from gis_data.importing import Drawing
from gis_data.models import (
    Boundary,
    BoundaryEdge,
    BoundaryPiece,
    Edition,
    PlaceSuccession,
)
from gis_data.publishing import outline_of, publish
from tests.factories import PlaceKindFactory, published, sheet, square

pytestmark = pytest.mark.django_db

FIRST = date(2024, 1, 1)
#: All that is done at one moment, as two may who press at once.
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHAPES = [square(106.6 + turn / 10, 10.7) for turn in range(4)]
SHAPES.append(square(106.6, 10.7, 0.2))


def believed():
    """All that is held to be true of the map, by what it says and not by its rows."""
    held = Boundary.objects.known().select_related("place__kind", "edition").defer(None)
    return (
        sorted(
            (
                f"{row.place.kind.code}:{row.place.code} {row.place.name}",
                f"{row.validity} {row.edition.starts_on} {row.edition.checksum}",
                row.shape.wkt,
                row.pieces.count(),
                row.drawings.count(),
                row.default_points.count(),
            )
            for row in held
        ),
        sorted(
            PlaceSuccession.objects.values_list(
                "predecessor__code", "successor__code", "on", "share"
            )
        ),
        set(Edition.objects.published().values_list("kind", "starts_on", "checksum")),
    )


def drawn_at_random(random, *, kind, on):
    """A draft of some places, by some name, for some days; or of what is there."""
    drawings = tuple(
        Drawing(
            code=code,
            name=f"{random.choice(['Phường', 'Xã', 'Ward'])} {code}",
            shape=random.choice(SHAPES),
        )
        for code in random.sample("abcd", random.randint(1, 4))
    )
    held = Boundary.objects.known().in_force(on=on).filter(place__kind=kind)
    if random.random() < 0.25 and held:
        drawings = tuple(
            Drawing(code=each.place.code, name=each.place.name, shape=each.shape)
            for each in held.select_related("place").defer(None)
        )
    days = random.choice([None, None, 20, 400])
    return keep_draft(
        replace(
            sheet(is_approximate=random.random() < 0.3),
            drawings=drawings,
            checksum=str(on),
        ),
        kind=kind,
        on=on,
        until=on + timedelta(days=days) if days else None,
    )


@pytest.mark.parametrize("seed", range(8))
def test_whatever_was_put_in_force_is_taken_back_to_where_it_began(seed):
    random = Random(seed)  # noqa: S311
    ward = PlaceKindFactory.create(code="ward", rank=3)
    city = PlaceKindFactory.create(code="city", rank=1)
    published(ward, FIRST, a=SHAPES[0], b=SHAPES[1])
    around = outline_of(ward, on=FIRST, code="79", name="Thành phố")
    publish(around, kind=city, on=FIRST, at=NOON)
    states, editions = [believed()], []

    for month in (1, 3, 5, 7, 9):
        draft = drawn_at_random(random, kind=ward, on=date(2025, month, 1))
        try:
            activate(draft, at=NOON)
        except EditionOutOfOrder:
            continue
        editions.append(draft)
        states.append(believed())

    while editions:
        states.pop()
        roll_back(editions.pop(), at=NOON)
        assert believed() == states[-1]
    for part in (BoundaryPiece, BoundaryEdge):
        for each in part.objects.select_related("boundary"):
            assert each.recorded == each.boundary.recorded
