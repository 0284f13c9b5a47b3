"""What holds a decision back beside the border of a ward."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib.gis.geos import Point

from gis_data.models import Place
from incidents.privacy import without_contacts
from incidents.routing import route
from tests.factories import (
    JULY,
    LeafFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    published,
    square,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def water(wards):
    """A territory that ends in the middle of ward a, and who answers in it."""
    kind = PlaceKindFactory.create(code="water", rank=None)
    published(kind, date(2025, 1, 1), east=square(106.70, 10.75))
    leaf = LeafFactory.create()
    territory = Place.objects.get(kind=kind)
    ResponsibilityFactory.create(category=leaf, territory=territory)
    return leaf


@pytest.mark.parametrize(
    ("east_of_its_border", "doubts"), [(0.00002, ("border",)), (0.002, ())]
)
def test_a_territory_that_ends_here_is_doubted_though_the_ward_is_sure(
    water, east_of_its_border, doubts
):
    point = Point(106.70 + east_of_its_border, 10.80, srid=4326)

    decision = route(point, water, JULY)

    assert decision.reason == "settled"
    assert decision.doubts == doubts


@pytest.mark.parametrize(("named", "doubts"), [("a", ()), ("b", ("ward_differs",))])
def test_a_pin_outside_the_ward_that_was_named_is_doubted(wards, named, doubts):
    leaf = LeafFactory.create()
    ResponsibilityFactory.create(category=leaf, place=wards["a"])
    point = Point(106.70, 10.80, srid=4326)

    decision = route(point, leaf, JULY, ward_id=wards[named].pk)

    assert decision.doubts == doubts


@pytest.mark.parametrize(
    "told",
    [
        "0901 234 567",
        "lan@example.org",
        "lan (at) example.org",
        "lan a còng example.org",
        "079123456789",
        "079123456",
        "51F-123.45",
        "59X1 234.56",
    ],
)
def test_what_leads_to_a_person_is_blotted_out(told):
    assert without_contacts(f"Gọi {told} giúp tôi") == "Gọi … giúp tôi"


def test_what_leads_to_nobody_is_left():
    said = "Hẻm 123/4/5, ngày 24/11/2026, 500.000 đồng, Quốc lộ 1A, 20 cm 1500 met"

    assert without_contacts(said) == said


ACROSS = 20 / 109_300  #: Twenty metres in degrees of longitude.


@pytest.mark.parametrize(
    ("named", "unit", "doubts"),
    [
        (None, "ubnd-a", ("disc",)),
        ("a", "ubnd-a", ()),
        ("b", "ubnd-b", ()),
    ],
)
def test_who_is_asked_in_which_ward_an_unsure_point_lies_is_taken_at_their_word(
    wards, named, unit, doubts
):
    leaf = LeafFactory.create()
    for code, ward in wards.items():
        ResponsibilityFactory.create(
            category=leaf, place=ward, organisation__code=f"ubnd-{code}"
        )
    point = Point(106.75 - ACROSS, 10.80, srid=4326)
    ward_id = wards[named].pk if named else None

    decision = route(point, leaf, JULY, accuracy=60, ward_id=ward_id)

    assert decision.organisation.code == unit
    assert decision.doubts == doubts
    assert {area.code for area in decision.location.areas} == {unit[-1]}
    assert len(decision.location.beside) == 1


def test_a_ward_that_the_point_cannot_lie_in_is_no_answer(wards):
    leaf = LeafFactory.create()
    ResponsibilityFactory.create(
        category=leaf, place=wards["a"], organisation__code="ubnd-a"
    )
    point = Point(106.75 - 10 * ACROSS, 10.80, srid=4326)

    decision = route(point, leaf, JULY, accuracy=60, ward_id=wards["b"].pk)

    assert decision.organisation.code == "ubnd-a"
    assert decision.doubts == ("ward_differs",)
