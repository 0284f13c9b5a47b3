from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from gis_data.api.fields import Reads
from gis_data.drafting import keep_draft
from incidents.models import Category, Report, Status
from tests.factories import (
    HERE,
    AssetFactory,
    CategoryFactory,
    LeafFactory,
    OrganisationFactory,
    ReportFactory,
    ResponsibilityFactory,
    north_of,
    sheet,
    square,
)

pytestmark = pytest.mark.django_db
NEAR, SEEN = reverse("mapui:filing-near"), reverse("mapui:filing-seen")


@pytest.fixture
def asked(leaf):
    """What a browser asks about a report of this category at this point."""
    return {"category": leaf.code, "lat": HERE.y, "lon": HERE.x}


def near(client, asked):
    return client.get(NEAR, asked).content.decode()


def order(said, reports):
    found = {said.find(each.public_id): each for each in reports}
    assert -1 not in found
    return [found[place] for place in sorted(found)]


def test_what_is_open_near_is_listed_the_same_kind_first_and_then_by_distance(
    client, asked, leaf
):
    sister = LeafFactory.create(branch=leaf.branch, code=f"{leaf.branch.code}.kia")
    other = ReportFactory.create(category=LeafFactory.create(), point=HERE)
    branch = ReportFactory.create(category=sister, point=HERE)
    far = ReportFactory.create(category=leaf, point=north_of(HERE, 75))
    close = ReportFactory.create(category=leaf, point=north_of(HERE, 5))

    said = near(client, asked)

    reports = [other, branch, far, close]
    assert order(said, reports) == [close, far, branch, other]
    assert reverse("mapui:follow", args=[close.public_id]) in said
    assert leaf.name in said


def test_only_what_is_public_open_and_within_a_hundred_metres_is_listed(
    client, asked, leaf
):
    common = {"category": leaf, "point": HERE}
    hidden = [
        ReportFactory.create(**common, is_public=False),
        ReportFactory.create(**common, status=Status.RECEIVED),
        ReportFactory.create(**common, status=Status.RESOLVED),
        ReportFactory.create(category=leaf, point=north_of(HERE, 150)),
    ]

    said = near(client, asked)

    assert not any(each.public_id in said for each in hidden)


def test_nothing_that_was_typed_is_in_it(client, asked, leaf):
    ReportFactory.create(category=leaf, public_title="Nắp cống mất trước chợ")

    said = near(client, asked)

    assert "Nắp cống mất trước chợ" in said
    assert "0901 234 567" not in said


def test_what_is_near_takes_three_statements(
    client, asked, leaf, django_assert_max_num_queries
):
    unit = OrganisationFactory.create()
    ReportFactory.create_batch(
        5, category=leaf, organisation=unit, status=Status.IN_PROGRESS
    )

    near(client, asked)  # What the database says of its projection is kept.
    with django_assert_max_num_queries(3):
        near(client, asked)


@pytest.mark.parametrize("lacking", ["lat", "category"])
def test_what_cannot_be_asked_is_answered_by_nothing(client, asked, lacking):
    del asked[lacking]

    assert client.get(NEAR, asked).status_code == 204


@pytest.mark.parametrize("odd", [{"lat": "north"}, {"category": "?"}, {"lat": "NaN"}])
def test_what_makes_no_sense_is_answered_by_nothing(client, asked, odd):
    for address in (NEAR, SEEN):
        assert client.get(address, asked | odd).status_code == 204


def test_who_asks_too_often_waits(client, asked, monkeypatch):
    monkeypatch.setattr(Reads, "allow_request", lambda *_: False)

    for address in (NEAR, SEEN):
        assert client.get(address, asked).status_code == 429


def test_the_unit_and_why_are_said_beforehand(client, asked):
    said = client.get(SEEN, asked).content.decode()

    assert "Dự kiến chuyển" in said
    assert "UBND phường A" in said


def test_an_address_in_an_alley_is_weighed_beforehand_too(client, asked, leaf):
    AssetFactory.create()
    ResponsibilityFactory.create(
        category=leaf,
        asset_kind="road",
        precedence=400,
        conditions={"alley": False},
        organisation__name="Trung tâm Hạ tầng",
    )

    on_the_road = client.post(SEEN, asked).content.decode()
    in_an_alley = client.post(SEEN, asked | {"address": "hẻm 12"}).content.decode()

    assert "Trung tâm Hạ tầng" in on_the_road
    assert "Trung tâm Hạ tầng" not in in_an_alley


def test_what_anyone_will_see_is_what_the_public_page_then_shows(client, asked, sent):
    said = client.get(SEEN, asked).content.decode()
    client.post(reverse("mapui:filing"), sent)

    report = Report.objects.get()
    page = client.get(reverse("mapui:report", args=[report.public_id]))
    shown = page.content.decode()
    for words in ("Mất nắp cống", "Ward a", "UBND phường A"):
        assert words in said
        assert words in shown
    metres = report.point.distance(report.public_point) * 110_000
    assert f"{metres:.0f} m" in said


def test_of_a_category_that_is_not_public_nothing_is_shown(client, asked):
    Category.objects.update(is_public=False)

    said = client.get(SEEN, asked).content.decode()

    assert "Mất nắp cống" not in said
    assert "Dự kiến chuyển" in said


def test_a_ward_alone_is_told_by_its_name_and_without_a_point(client, leaf):
    asked = {"category": leaf.code, "ward": "a"}

    said = client.get(SEEN, asked).content.decode()

    assert "Ward a" in said
    assert '<svg class="seen-map"' not in said


def test_a_ward_that_is_only_drafted_is_not_told(client, leaf, ward):
    tomorrow = date(2035, 1, 1)
    keep_draft(sheet(secret=square(106.6, 10.7)), kind=ward.kind, on=tomorrow)

    said = client.get(SEEN, {"category": leaf.code, "ward": "secret"})

    assert "Ward secret" not in said.content.decode()


def test_no_place_at_all_names_none(client, ward):
    placeless = LeafFactory.create(
        branch=CategoryFactory.create(), needs_place=False, name="Xe buýt"
    )

    said = client.get(SEEN, {"category": placeless.code}).content.decode()

    assert "Xe buýt" in said
    assert "Ward a" not in said


def test_looking_ahead_takes_five_statements_at_most(
    client, asked, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):
        client.get(SEEN, asked | {"ward": "a"})
