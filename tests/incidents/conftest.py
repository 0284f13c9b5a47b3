from __future__ import annotations

from datetime import date

import pytest

from gis_data.models import Place
from tests.factories import (
    DeadlineRuleFactory,
    LeafFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    TellingFactory,
    published,
    square,
)


@pytest.fixture
def wards(db):
    """Two wards side by side, and the five working days of the law."""
    DeadlineRuleFactory.create()
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(
        ward,
        date(2025, 1, 1),
        a=square(106.65, 10.749),
        b=square(106.75, 10.75),
    )
    return {place.code: place for place in Place.objects.all()}


@pytest.fixture
def telling(wards):
    """A report of a category that the committee of ward a answers for."""
    telling = TellingFactory.create()
    ResponsibilityFactory.create(
        category=telling.category.branch,
        place=wards["a"],
        organisation__code="ubnd-a",
        organisation__name="UBND phường A",
        organisation__name_en="Committee of ward A",
    )
    return telling


@pytest.fixture
def flood(wards):
    """A kind of problem that many report at once."""
    return LeafFactory.create(name="Ngập")
