from __future__ import annotations

from datetime import date

import pytest
from django.contrib.gis.geos import Point

from gis_data.geometry import metres_a_degree
from gis_data.models import Place
from incidents.models import Organisation
from tests.factories import (
    CaseFactory,
    DeadlineRuleFactory,
    OrganisationFactory,
    PlaceKindFactory,
    focal_point,
    published,
    square,
)

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/don-vi/giap-ranh"
POINTS = f"{PAGE}/vi-tri.json"


@pytest.fixture
def near(client):
    """A case ten metres beyond the line, in the neighbour's hands; one of us looks."""
    DeadlineRuleFactory.create()
    kind = PlaceKindFactory.create(code="ward", rank=3)
    west, east = square(106.65, 10.749), square(106.75, 10.749)
    published(kind, date(2025, 1, 1), a=west, b=east)
    ours, theirs = (
        OrganisationFactory.create(
            code=f"ubnd-{code}",
            name=f"UBND phường {code.upper()}",
            type=Organisation.Type.WARD,
            place=Place.objects.get(code=code),
        )
        for code in "ab"
    )
    client.force_login(focal_point(ours).user)
    return CaseFactory.create(
        point=Point(106.75 + 10 / metres_a_degree(10.8)[0], 10.8, srid=4326),
        place=theirs.place,
        organisation=theirs,
        status="in_progress",
        description="Lời riêng của người báo",
    )


def test_list_map_and_page_tell_where_it_is_and_who_has_it(client, near):
    listed = client.get(PAGE).content.decode()
    told = client.get(POINTS).json()["features"]
    shown = client.get(f"{PAGE}/{near.public_id}").content.decode()

    for said in (listed, shown):
        assert near.category.name in said
        assert "UBND phường B" in said
    assert "Cách ranh 10 m" in listed
    assert [each["id"] for each in told] == [near.public_id]


def test_the_neighbour_sees_the_place_as_strangers_do(client, near):
    (told,) = client.get(POINTS).json()["features"]
    shown = client.get(f"{PAGE}/{near.public_id}").content.decode()

    spot = near.public_point
    assert told["geometry"]["coordinates"] == [round(spot.x, 6), round(spot.y, 6)]
    assert f'data-lon="{spot.x:.6f}"' in shown
    assert f"{near.point.x:.6f}" not in shown


def test_nothing_of_who_told_it_nor_their_words_is_shown(client, near):
    pages = (PAGE, POINTS, f"{PAGE}/{near.public_id}")
    for said in (client.get(each).content.decode() for each in pages):
        assert near.description not in said
        assert near.code not in said
        assert "901234567" not in said


def test_what_may_be_seen_along_the_line_is_not_open_as_a_case(client, near):
    answers = [
        client.get(f"/lam-viec/phan-anh/{near.public_id}"),
        client.post(f"/lam-viec/phan-anh/{near.public_id}/note", {"text": "x"}),
    ]

    assert [each.status_code for each in answers] == [404, 404]


def test_a_case_far_from_the_line_is_not_there(client, near):
    far = CaseFactory.create(
        point=Point(106.8, 10.8, srid=4326),
        place=near.place,
        organisation=near.organisation,
        status="in_progress",
    )

    assert client.get(f"{PAGE}/{far.public_id}").status_code == 404
    assert far.public_id not in client.get(PAGE).content.decode()


def test_the_units_list_leads_a_ward_there_and_a_company_not(client, near):
    led = client.get("/lam-viec/don-vi").content.decode()
    client.force_login(focal_point(OrganisationFactory.create(type="owner")).user)
    not_led = client.get("/lam-viec/don-vi").content.decode()

    assert f'href="{PAGE}"' in led
    assert PAGE not in not_led
    assert client.get(PAGE).status_code == 302
    assert client.get(POINTS).json()["features"] == []
