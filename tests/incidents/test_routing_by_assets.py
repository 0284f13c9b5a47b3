"""Roads, canals and covers: whose they are, how near, and where no rule applies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_data.models import Place
from gis_data.surveying import Surveyed, keep_assets
from incidents.decisions import Basis, Doubt, Reason
from incidents.errors import UnknownCondition
from incidents.models import OrganisationSuccession
from incidents.routing import route
from incidents.surroundings import check_conditions
from tests.factories import (
    HERE,
    JULY,
    AssetFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    published,
    road_north_of,
    square,
)

pytestmark = pytest.mark.django_db
LONG_AGO = date(2025, 1, 1)


@pytest.fixture
def pothole():
    """Of the city on its roads, of the ward everywhere else."""
    category = LeafFactory.create()
    published(
        PlaceKindFactory.create(code="ward", rank=3), LONG_AGO, a=square(106.65, 10.749)
    )
    ResponsibilityFactory.create(
        category=category,
        asset_kind="road",
        asset_class="city",
        precedence=400,
        conditions={"alley": False},
        organisation__code="centre",
    )
    ResponsibilityFactory.create(
        category=category, place=Place.objects.get(), organisation__code="ward"
    )
    return category


def asked(category, *, at=JULY, **how):
    return route(HERE, category, at, **how)


@pytest.mark.parametrize(
    ("metres", "unit", "basis"),
    [(3, "centre", Basis.ASSET), (19, "centre", Basis.ASSET), (26, "ward", Basis.AREA)],
)
def test_a_road_answers_for_what_lies_within_its_reach(pothole, metres, unit, basis):
    AssetFactory.create(shape=road_north_of(HERE, metres))

    decision = asked(pothole)

    assert (decision.organisation.code, decision.basis) == (unit, basis)


@pytest.mark.parametrize(("metres", "doubts"), [(3, ()), (13, ()), (19, ("asset",))])
def test_a_road_at_the_end_of_its_reach_is_doubted(pothole, metres, doubts):
    AssetFactory.create(shape=road_north_of(HERE, metres))

    assert asked(pothole).doubts == doubts


def test_the_nearest_road_is_meant_and_not_the_larger_one(pothole):
    AssetFactory.create(asset_class="ward", shape=road_north_of(HERE, 2))
    AssetFactory.create(shape=road_north_of(HERE, -19.9))

    decision = asked(pothole)

    assert decision.organisation.code == "ward"
    assert decision.doubts == ()
    assert [each.unit.code for each in decision.set_aside] == ["centre"]


def test_a_junction_of_a_city_road_and_a_ward_road_is_the_city_s(pothole):
    AssetFactory.create(asset_class="ward", shape=road_north_of(HERE, 2))
    AssetFactory.create(shape=road_north_of(HERE, -11))

    assert asked(pothole).organisation.code == "centre"


@pytest.mark.parametrize(("accuracy", "doubts"), [(5, ()), (15, (Doubt.ASSET.value,))])
def test_a_position_that_leaves_the_road_open_is_doubted(pothole, accuracy, doubts):
    AssetFactory.create(asset_class="ward", shape=road_north_of(HERE, 2))
    AssetFactory.create(shape=road_north_of(HERE, -20))

    assert asked(pothole, accuracy=accuracy).doubts == doubts


@pytest.mark.parametrize(
    ("address", "unit"),
    [
        ("120 Cách Mạng Tháng Tám", "centre"),
        ("hẻm 12 Cách Mạng Tháng Tám", "ward"),
        ("123/4/5 Cách Mạng Tháng Tám", "ward"),
        ("Ngõ 5", "ward"),
        ("Chợ Kiệt", "ward"),
        ("đường Hẻmingway", "centre"),
        ("", "centre"),
    ],
)
def test_an_address_in_an_alley_is_the_ward_s(pothole, address, unit):
    AssetFactory.create(shape=road_north_of(HERE, 3))

    decision = asked(pothole, address=address)

    assert decision.organisation.code == unit


def test_roads_are_those_of_the_report_s_own_day(pothole):
    AssetFactory.create(validity=DateRange(date(2026, 1, 1), None))

    before, after = asked(pothole), asked(pothole, at=datetime(2026, 2, 1, tzinfo=UTC))

    assert before.organisation.code == "ward"
    assert after.organisation.code == "centre"


def test_the_asset_whose_plate_was_read_is_meant(pothole):
    AssetFactory.create(asset_class="ward", shape=road_north_of(HERE, 1))
    AssetFactory.create(code="QL1-07", shape=road_north_of(HERE, 25))

    assert asked(pothole, asset="QL1-07").organisation.code == "centre"


def test_one_asset_may_have_a_keeper_of_its_own(pothole):
    bridge = AssetFactory.create(kind="bridge", asset_class="", name="Cầu Ông Lãnh")
    ResponsibilityFactory.create(
        category=pothole,
        asset_kind=bridge.kind,
        asset_code=bridge.code,
        precedence=500,
        organisation__code="bridges",
    )

    decision = asked(pothole)

    assert decision.organisation.code == "bridges"
    assert "Cầu Ông Lãnh" in str(decision.explanation)
    assert "0 m" in str(decision.explanation)


def test_an_asset_keeps_its_keeper_when_it_is_surveyed_anew(pothole):
    bridge = AssetFactory.create(kind="bridge", asset_class="", name="Cầu Ông Lãnh")
    ResponsibilityFactory.create(
        category=pothole,
        asset_kind="bridge",
        asset_code=bridge.code,
        precedence=500,
        organisation__code="bridges",
    )
    anew = Surveyed(
        code=bridge.code, name="Cầu Ông Lãnh mới", asset_class="", shape=bridge.shape
    )

    keep_assets([anew], kind="bridge", on=date(2025, 6, 1))

    assert asked(pothole).organisation.code == "bridges"
    assert "Cầu Ông Lãnh mới" in str(asked(pothole).explanation)


@pytest.mark.parametrize(("spans", "unit"), [(1, "ward"), (2, "city")])
def test_a_canal_through_several_wards_is_not_one_ward_s(pothole, spans, unit):
    AssetFactory.create(kind="canal", asset_class="", spans=spans)
    ResponsibilityFactory.create(
        category=pothole,
        asset_kind="canal",
        conditions={"spans": "several"},
        precedence=450,
        organisation__code="city",
    )

    assert asked(pothole).organisation.code == unit


@pytest.mark.parametrize(
    ("classes", "unit"), [(["ward"], "street"), (["none"], "ward"), ([], "ward")]
)
def test_a_rule_may_ask_for_the_class_of_the_road_at_hand(pothole, classes, unit):
    if classes != ["none"]:
        AssetFactory.create(asset_class="ward", shape=road_north_of(HERE, 4))
    ResponsibilityFactory.create(
        category=pothole,
        place=Place.objects.get(),
        conditions={"road": classes or ["city"]},
        precedence=20,
        organisation__code="street" if classes != ["none"] else "ward-too",
    )

    decision = asked(pothole)

    assert decision.organisation.code == (unit if classes != ["none"] else "ward-too")


def test_a_dissolved_unit_s_work_is_its_heir_s(pothole):
    old = OrganisationFactory.create(
        code="dissolved", validity=DateRange(None, date(2025, 6, 1))
    )
    middle = OrganisationFactory.create(
        code="between", validity=DateRange(date(2025, 6, 1), date(2025, 6, 20))
    )
    heir = OrganisationFactory.create(code="heir")
    for one, next_, day in [(old, middle, 1), (middle, heir, 20)]:
        OrganisationSuccession.objects.create(
            predecessor=one, successor=next_, on=date(2025, 6, day)
        )
    ResponsibilityFactory.create(
        category=pothole, place=Place.objects.get(), organisation=old, precedence=50
    )

    assert asked(pothole).organisation.code == "heir"
    may = datetime(2025, 5, 9, tzinfo=UTC)
    assert asked(pothole, at=may).organisation.code == "dissolved"


def test_the_weighing_takes_two_statements_among_many_assets(
    pothole, django_assert_num_queries
):
    for metres in range(-25, 25):
        AssetFactory.create(shape=road_north_of(HERE, metres))

    with django_assert_num_queries(2):
        decision = asked(pothole)

    assert decision.reason is Reason.SETTLED


@pytest.mark.parametrize(
    "said",
    [{"hem": True}, {"alley": "yes"}, {"spans": "two"}, {"road": []}, {"road": "city"}],
)
def test_a_condition_nobody_could_weigh_is_refused(said):
    with pytest.raises(UnknownCondition):
        check_conditions(said)


@pytest.mark.parametrize(
    "how",
    [
        {"asset_kind": "road", "place": True},
        {},
        {"asset_class": "city", "place": True},
        {"asset_code": "7", "place": True},
        {"within_m": 5, "place": True},
        {"asset_kind": "road", "within_m": 31},
    ],
)
def test_a_rule_is_tied_to_one_thing_and_reaches_no_further_than_is_looked(
    pothole, how
):
    if how.pop("place", False):
        how["place"] = Place.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        ResponsibilityFactory.create(category=pothole, **how)
