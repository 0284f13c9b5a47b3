from __future__ import annotations

from datetime import date

import pytest

from gis_data.models import Place
from tests.factories import (
    DeadlineRuleFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    focal_point,
    operator,
    published,
    square,
)


@pytest.fixture
def ward(db):
    """The ward round HERE, and the five working days of the law."""
    DeadlineRuleFactory.create()
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, date(2025, 1, 1), a=square(106.65, 10.749))
    return Place.objects.get(code="a")


@pytest.fixture
def leaf(ward):
    """A category that the committee of the ward answers for."""
    leaf = LeafFactory.create(name="Mất nắp cống", name_en="Manhole cover missing")
    ResponsibilityFactory.create(
        category=leaf,
        place=ward,
        organisation__code="ubnd-a",
        organisation__name="UBND phường A",
        organisation__name_en="Committee of ward A",
    )
    return leaf


@pytest.fixture
def sent(leaf):
    """What a browser sends when somebody has filled the form in."""
    return {
        "category": leaf.code,
        "lat": "10.8",
        "lon": "106.7",
        "accuracy": "",
        "place_source": "tap",
        "ward": "",
        "address": "12 Hẻm 5",
        "description": "Nắp cống bị mất",
        "reporter.name": "Lan",
        "reporter.phone": "0901 234 567",
        "reporter.email": "",
        "public": "true",
        "client_id": "one-sending",
    }


@pytest.fixture
def desk(client):
    """An operator who has signed in."""
    actor = operator()
    client.force_login(actor.user)
    return actor


@pytest.fixture
def unit(client):
    """The organisation of a focal point who has signed in."""
    organisation = OrganisationFactory.create(name="UBND phường A")
    client.force_login(focal_point(organisation).user)
    return organisation
