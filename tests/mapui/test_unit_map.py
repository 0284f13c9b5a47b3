"""Where a unit's cases are: for the unit alone, at their true points."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import Membership, Report, Status
from tests.factories import (
    HERE,
    CaseFactory,
    OrganisationFactory,
    PlaceFactory,
    UserFactory,
    north_of,
    operator,
)

pytestmark = pytest.mark.django_db

POINTS = "/lam-viec/don-vi/vi-tri.json"


def points(client, **asked):
    answer = client.get(POINTS, asked)
    assert answer.status_code == 200
    return answer.json()


def test_a_unit_s_cases_stand_at_their_true_points(client, unit):
    there = north_of(HERE, metres=123)
    case = CaseFactory.create(
        status=Status.TRANSFERRED, organisation=unit, point=there, address="12 Hẻm 5"
    )
    CaseFactory.create(status=Status.TRANSFERRED, organisation=unit, point=None)

    said = points(client)

    assert case.public_point.coords != there.coords
    (pin,) = said["features"]
    assert pin["geometry"]["coordinates"] == pytest.approx(there.coords, abs=1e-6)
    told = pin["properties"]
    assert (told["title"], told["where"]) == (case.category.label, "12 Hẻm 5")
    assert told["result"] == f"/lam-viec/phan-anh/{case.public_id}/ket-qua"
    assert said["placeless"] == 1


def test_nobody_keeps_where_cases_are(client, unit):
    answer = client.get(POINTS)

    assert answer["Content-Type"] == "application/geo+json"
    for word in ("private", "no-store"):
        assert word in answer["Cache-Control"]


def test_only_what_one_may_see_is_on_the_map(client, unit):
    CaseFactory.create(status=Status.TRANSFERRED)
    gone = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)
    Report.objects.filter(pk=gone.pk).update(organisation=OrganisationFactory.create())
    own = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)

    assert [each["id"] for each in points(client)["features"]] == [own.public_id]


def test_who_works_in_one_place_sees_that_place_alone(client, unit):
    here, there = PlaceFactory.create(), PlaceFactory.create()
    Membership.objects.filter(organisation=unit).update(place=here)
    own, other = (
        CaseFactory.create(status=Status.TRANSFERRED, organisation=unit, place=place)
        for place in (here, there)
    )

    shown = [each["id"] for each in points(client)["features"]]

    assert shown == [own.public_id]
    assert other.public_id not in shown


def test_the_map_shows_what_the_list_shows(client, unit):
    CaseFactory.create(status=Status.IN_PROGRESS, organisation=unit)
    fresh = CaseFactory.create(status=Status.TRANSFERRED, organisation=unit)

    shown = points(client, show="new")["features"]
    page = client.get("/lam-viec/don-vi?view=map&show=new").content.decode()

    assert [each["id"] for each in shown] == [fresh.public_id]
    assert f'data-points="{POINTS}?show=new"' in page
    assert fresh.public_id in page


def test_strangers_and_who_has_no_unit_find_no_points(client):
    CaseFactory.create(status=Status.TRANSFERRED)

    assert client.get(POINTS).status_code == 302
    client.force_login(UserFactory.create())
    assert client.get(POINTS).status_code == 302
    client.force_login(operator().user)
    assert points(client)["features"] == []


def test_many_pins_take_as_many_statements_as_few(client, unit):
    CaseFactory.create_batch(2, status=Status.TRANSFERRED, organisation=unit)
    client.get(POINTS)
    CaseFactory.create_batch(20, status=Status.TRANSFERRED, organisation=unit)

    with CaptureQueriesContext(connection) as ran:
        assert len(points(client)["features"]) == 22

    assert len(ran) <= 6
