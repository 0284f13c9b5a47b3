from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import override

from gis_data.models import Edition, Place
from incidents.decisions import Basis, Doubt, Reason
from incidents.models import DecisionRecord, Organisation, Responsibility
from incidents.routing import route
from tests.factories import (
    HERE,
    JULY,
    CategoryFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    published,
    square,
)

pytestmark = pytest.mark.django_db

MAY = datetime(2025, 5, 9, tzinfo=UTC)
HERE_SQUARE, ELSEWHERE = square(106.65, 10.749), square(106.8, 10.75)
LONG_AGO = date(2025, 1, 1)


@pytest.fixture
def pothole():
    return LeafFactory.create()


@pytest.fixture
def ward():
    """The one ward here."""
    published(PlaceKindFactory.create(code="ward", rank=3), LONG_AGO, a=HERE_SQUARE)
    return Place.objects.get()


@pytest.mark.parametrize(("at", "unit"), [(MAY, "old"), (JULY, "new")])
def test_a_report_is_routed_by_the_map_of_its_own_day(pothole, at, unit):
    ward = PlaceKindFactory.create(rank=3)
    published(ward, LONG_AGO, old=HERE_SQUARE)
    published(ward, date(2025, 6, 1), new=HERE_SQUARE)
    for place in Place.objects.all():
        ResponsibilityFactory.create(
            category=pothole, place=place, organisation__code=place.code
        )

    assert route(HERE, pothole, at).organisation.code == unit


@pytest.mark.parametrize(("at", "unit"), [(MAY, "before"), (JULY, "after")])
def test_who_answers_is_who_was_charged_on_that_day(pothole, ward, at, unit):
    turn = date(2025, 6, 1)
    for code, days in [
        ("before", DateRange(LONG_AGO, turn)),
        ("after", DateRange(turn, None)),
    ]:
        ResponsibilityFactory.create(
            category=pothole, place=ward, organisation__code=code, validity=days
        )

    assert route(HERE, pothole, at).organisation.code == unit


def test_the_day_is_the_day_of_the_city_and_not_of_greenwich(pothole, ward):
    first = date(2025, 7, 10)
    days = DateRange(first, None)
    ResponsibilityFactory.create(category=pothole, place=ward, validity=days)

    before = route(HERE, pothole, datetime(2025, 7, 9, 16, 59, tzinfo=UTC))
    after = route(HERE, pothole, datetime(2025, 7, 9, 17, 0, tzinfo=UTC))

    assert (before.reason, after.reason) == (Reason.UNRULED, Reason.SETTLED)


def test_a_decision_takes_two_statements_of_evidence(
    pothole, ward, django_assert_num_queries
):
    ResponsibilityFactory.create_batch(3, category=pothole, place=ward)

    with django_assert_num_queries(2):
        decision = route(HERE, pothole, JULY, accuracy=20)
        assert decision.reason is Reason.CONTESTED
        assert str(decision.explanation)
        assert decision.areas


def test_a_decision_without_a_point_takes_two_statements_too(
    pothole, ward, django_assert_num_queries
):
    with django_assert_num_queries(2):
        route(None, pothole, JULY, ward_id=ward.pk)


def test_deciding_writes_nothing(pothole, ward):
    ResponsibilityFactory.create(category=pothole, place=ward)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET TRANSACTION READ ONLY")

    assert route(HERE, pothole, JULY, accuracy=50).is_settled
    assert not DecisionRecord.objects.exists()


def test_the_same_question_has_the_same_answer(pothole, ward):
    ResponsibilityFactory.create(category=pothole, place=ward)

    assert route(HERE, pothole, JULY) == route(HERE, pothole, JULY)


def test_the_larger_precedence_wins_over_the_more_local_place(pothole, ward):
    city = PlaceKindFactory.create(rank=1)
    published(city, LONG_AGO, whole=square(106.6, 10.7, 0.3))
    whole = Place.objects.get(kind=city)
    ResponsibilityFactory.create(category=pothole, place=ward, precedence=10)
    owner = ResponsibilityFactory.create(
        category=pothole, place=whole, precedence=20
    ).organisation

    decision = route(HERE, pothole, JULY)

    assert decision.organisation.code == owner.code
    assert len(decision.weighed) == 2
    assert decision.reason is Reason.SETTLED


def test_a_territory_follows_no_level_and_says_so(pothole, ward):
    published(PlaceKindFactory.create(rank=None), LONG_AGO, water=HERE_SQUARE)
    water = Place.objects.get(code="water")
    ResponsibilityFactory.create(category=pothole, place=ward, precedence=10)
    ResponsibilityFactory.create(
        category=pothole.branch,
        territory=water,
        precedence=400,
        organisation__name="Thu Duc Water",
        legal_basis="Owner of the mains",
    )

    decision = route(HERE, pothole, JULY)

    assert decision.basis is Basis.TERRITORY
    assert decision.legal_basis == "Owner of the mains"
    with override("en"):
        assert str(decision.explanation) == (
            "Thu Duc Water, because this point lies in the territory of Ward water."
        )


def test_a_rule_of_the_branch_holds_for_its_leaves_and_for_no_other(ward):
    branch = CategoryFactory.create(code="HT")
    twig = CategoryFactory.create(code="HT-NUOC", branch=branch)
    leaf = CategoryFactory.create(code="HT-NUOC.be-ong", branch=twig)
    other = CategoryFactory.create(code="MT.rac", branch=CategoryFactory(code="MT"))
    ResponsibilityFactory.create(category=branch, place=ward)

    reasons = [route(HERE, each, JULY).reason for each in (branch, twig, leaf, other)]

    assert reasons == [Reason.SETTLED] * 3 + [Reason.UNRULED]


def test_two_units_with_an_equal_claim_are_left_to_a_person(pothole, ward):
    for name in ["East", "West"]:
        ResponsibilityFactory.create(
            category=pothole, place=ward, organisation__name=name
        )

    decision = route(HERE, pothole, JULY)

    assert decision.organisation is None
    assert decision.reason is Reason.CONTESTED
    assert decision.explanation.arguments["organisations"] == "East, West"
    assert not decision.is_settled
    with override("en"):
        assert str(decision.explanation) == (
            "East, West have an equal claim; a person decides."
        )


def test_one_unit_with_two_grounds_contests_nothing(pothole, ward):
    unit = OrganisationFactory.create()
    for category in (pothole, pothole.branch):
        ResponsibilityFactory.create(category=category, place=ward, organisation=unit)

    decision = route(HERE, pothole, JULY)

    assert (decision.reason, decision.organisation.id) == (Reason.SETTLED, unit.pk)


@pytest.mark.parametrize("role", ["informed", "supporting"])
def test_those_who_do_not_lead_make_no_claim(pothole, ward, role):
    ResponsibilityFactory.create(category=pothole, place=ward, role=role)

    decision = route(HERE, pothole, JULY)

    assert decision.reason is Reason.UNRULED
    assert len(decision.weighed) == 1


def test_a_stronger_supporter_takes_nothing_from_the_lead(pothole, ward):
    lead = ResponsibilityFactory.create(category=pothole, place=ward, precedence=10)
    ResponsibilityFactory.create(
        category=pothole,
        place=ward,
        precedence=99,
        role=Responsibility.Role.SUPPORTING,
    )

    assert route(HERE, pothole, JULY).organisation.code == lead.organisation.code


def test_a_point_off_the_map_says_so(pothole):
    published(PlaceKindFactory.create(), LONG_AGO, a=ELSEWHERE)

    decision = route(HERE, pothole, JULY)

    assert decision.reason is Reason.OFF_THE_MAP
    assert (decision.areas, decision.organisation) == ([], None)


def test_on_a_border_the_ward_with_the_larger_share_answers_and_is_doubted(pothole):
    ward = PlaceKindFactory.create(rank=3)
    published(ward, LONG_AGO, west=HERE_SQUARE, east=square(106.75, 10.75))
    for place in Place.objects.all():
        ResponsibilityFactory.create(
            category=pothole, place=place, organisation__code=place.code
        )
    two_metres_west = Point(106.75 - 2 / 109_300, 10.8, srid=4326)

    decision = route(two_metres_west, pothole, JULY)

    assert decision.organisation.code == "west"
    assert decision.doubts == (Doubt.BORDER,)
    assert not decision.is_settled


@pytest.mark.parametrize(("accuracy", "doubts"), [(5, ()), (50, (Doubt.DISC,))])
def test_a_border_within_the_accuracy_is_a_doubt(pothole, accuracy, doubts):
    ward = PlaceKindFactory.create(rank=3)
    published(ward, LONG_AGO, west=HERE_SQUARE, east=square(106.75, 10.75))
    for place in Place.objects.all():
        ResponsibilityFactory.create(category=pothole, place=place)
    twenty_metres_inside = Point(106.75 - 20 / 109_300, 10.8, srid=4326)

    decision = route(twenty_metres_inside, pothole, JULY, accuracy=accuracy)

    assert decision.doubts == doubts
    with override("en"):
        said = str(decision.explanation)
    assert ("close to a border" in said) == bool(doubts)


def test_an_unconfirmed_rule_is_a_doubt_only_where_it_decides(pothole, ward):
    ResponsibilityFactory.create(
        category=pothole, place=ward, precedence=5, is_confirmed=False
    )
    weak = route(HERE, pothole, JULY)

    ResponsibilityFactory.create(category=pothole, place=ward, precedence=10)
    strong = route(HERE, pothole, JULY)

    assert weak.doubts == (Doubt.UNCONFIRMED,)
    assert strong.doubts == ()


def test_an_approximate_map_marks_the_decision_and_is_no_doubt(pothole, ward):
    ResponsibilityFactory.create(category=pothole, place=ward)
    Edition.objects.update(is_approximate=True)

    decision = route(HERE, pothole, JULY)

    assert decision.approximate
    assert (decision.doubts, decision.is_settled) == ((), True)


def test_a_place_that_the_category_does_not_need_is_no_doubt(ward):
    bus = LeafFactory.create(needs_place=False)
    ResponsibilityFactory.create(category=bus, place=ward)

    decision = route(None, bus, JULY, ward_id=ward.pk)

    assert (decision.reason, decision.doubts) == (Reason.SETTLED, ())
    assert decision.basis is Basis.NONE


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "UBND phường A, because this point lies in Ward a."),
        ("en", "Committee of ward A, because this point lies in Ward a."),
    ],
)
def test_the_reason_is_said_in_the_reader_s_language(pothole, ward, language, said):
    ResponsibilityFactory.create(
        category=pothole,
        place=ward,
        organisation__name="UBND phường A",
        organisation__name_en="Committee of ward A",
    )

    explanation = route(HERE, pothole, JULY).explanation

    with override(language):
        assert str(explanation).startswith(said.split(",")[0])
        assert str(explanation).rstrip(".").endswith("Ward a")
        if language == "en":
            assert str(explanation) == said


def test_a_name_with_a_percent_sign_breaks_no_sentence(pothole, ward):
    ResponsibilityFactory.create(
        category=pothole, place=ward, organisation__name="100%s & Sons"
    )

    with override("en"):
        assert str(route(HERE, pothole, JULY).explanation).startswith("100%s & Sons,")


def test_an_organisation_that_ended_still_reads_as_it_was_charged(pothole, ward):
    unit = OrganisationFactory.create(validity=DateRange(LONG_AGO, date(2025, 6, 1)))
    ResponsibilityFactory.create(
        category=pothole,
        place=ward,
        organisation=unit,
        validity=DateRange(LONG_AGO, date(2025, 6, 1)),
    )

    assert route(HERE, pothole, MAY).organisation.id == unit.pk
    assert route(HERE, pothole, JULY).reason is Reason.UNRULED
    assert Organisation.objects.in_being(on=JULY.date()).count() == 0
