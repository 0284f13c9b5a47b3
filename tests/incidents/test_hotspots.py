from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.conf import settings
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis_data.geometry import metres_a_degree
from gis_data.models import Place
from incidents.hotspots import (
    Asked,
    cases_in,
    count,
    find_hot_spots,
    finding,
    read_zone,
)
from incidents.models import Clock, Following, Incident, Report
from incidents.permissions import actor_of
from incidents.priority import priority_of, read_weights
from tests.factories import (
    HERE,
    CaseFactory,
    LeafFactory,
    MembershipFactory,
    OrganisationFactory,
    PlaceFactory,
    ResponsibilityFactory,
    UserFactory,
    focal_point,
    published,
    square,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()
EAST, NORTH = metres_a_degree(HERE.y)


def at(east, north):
    """So many metres from HERE."""
    return Point(HERE.x + east / EAST, HERE.y + north / NORTH, srid=4326)


@pytest.fixture
def unit(wards):
    return OrganisationFactory.create(place=wards["a"])


@pytest.fixture
def officer(unit):
    return focal_point(unit)


@pytest.fixture
def leaf():
    return LeafFactory.create()


@pytest.fixture
def case(unit, leaf, wards):
    """Make a case of the unit's, received so many days ago, with a month to go."""

    def make(*, days_ago=10, due_in=30, **said):
        told = NOW - timedelta(days=days_ago)
        said = {
            "status": "in_progress",
            "organisation": unit,
            "category": leaf,
            "place": wards["a"],
            "received_at": told,
        } | said
        made = CaseFactory.create(**said)
        due = NOW + timedelta(days=due_in)
        Clock.objects.filter(report=made).update(started_at=min(told, due), due_at=due)
        return made

    return make


def asked(officer, *, days=365, **said):
    return Asked(
        actor=officer,
        since=NOW - timedelta(days=days),
        until=NOW + timedelta(seconds=1),
        at=NOW,
        weights=read_weights(),
        **said,
    )


def zone(officer, **said):
    return read_zone(officer, on=timezone.localdate(), **said)


def counted(officer, **said):
    return count(asked(officer, **said), zone(officer).grid)


def test_a_duplicate_counts_once_and_its_teller_as_a_follower(case, officer):
    master = case()
    case(status="duplicate", master=master)
    Following.objects.create(report=master, client_id="a", at=NOW)
    Following.objects.create(report=master, client_id="b", at=NOW, ended_at=NOW)

    total = counted(officer).total

    assert total.incidents == 1
    assert total.followers == 2


def test_an_incident_of_many_counts_once_by_its_head(case, officer):
    head = case()
    incident = Incident.objects.create(
        head=head,
        kind="grouped",
        title="Ngập",
        starts_at=NOW,
        opened_at=NOW,
        opened_by=UserFactory.create(),
    )
    for _ in range(3):
        member = case()
        Report.objects.filter(pk=member.pk).update(incident=incident)

    total = counted(officer).total

    assert (total.incidents, total.followers) == (1, 3)


def test_what_was_nothing_to_repair_is_not_counted(case, officer):
    for status in ("refused", "withdrawn", "emergency", "answered", "thanked"):
        case(status=status)
    case(kind="question")
    planned = case()
    Incident.objects.create(
        head=planned,
        kind="planned",
        title="Cúp nước",
        area=square(106.69, 10.79, 0.01),
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        opened_at=NOW,
        opened_by=UserFactory.create(),
    )

    assert counted(officer).total.incidents == 0


def test_only_one_s_own_units_and_the_time_asked_about_count(case, officer):
    case()
    case(organisation=OrganisationFactory.create())
    case(days_ago=400)

    assert counted(officer).total.incidents == 1
    assert counted(officer, days=5).total.incidents == 0


def test_what_has_no_place_is_counted_apart(case, officer):
    case(point=None)
    case()

    tally = counted(officer)

    assert (tally.total.incidents, tally.placeless.incidents) == (1, 1)


def test_lateness_is_of_what_is_open_and_each_day_begun_counts(case, officer):
    case(due_in=-2.5)
    case(due_in=1)
    case(status="resolved", resolved_at=NOW - timedelta(days=1), due_in=-3)

    total = counted(officer).total

    assert (total.incidents, total.open, total.late, total.late_days) == (3, 2, 1, 3)


def test_the_same_handled_near_and_lately_makes_a_repeat(case, officer, leaf):
    rule = settings.CITY.priority
    before = {
        "status": "resolved",
        "resolved_at": NOW - timedelta(days=20),
        "days_ago": 40,
    }
    case(point=at(0, 0), **before)
    again = case(point=at(rule.repeat_metres - 2, 0))
    case(point=at(0, rule.repeat_metres + 2))
    case(point=at(0, 0), category=LeafFactory.create())
    case(point=at(0, 0), days_ago=30)  # It came before the other was handled.

    found = counted(officer).again

    assert [(each.report, each.repeats) for each in found] == [(again.pk, 1)]
    assert counted(officer).total.repeats == 1


def test_what_was_handled_before_the_time_asked_about_can_fail_in_it(case, officer):
    case(status="resolved", resolved_at=NOW - timedelta(days=20), days_ago=40)
    case(days_ago=3)

    tally = counted(officer, days=7)

    assert (tally.total.incidents, tally.total.repeats) == (1, 1)


def test_too_long_after_a_result_it_is_no_repeat(case, officer):
    long_ago = settings.CITY.priority.repeat_days + 15
    case(
        status="resolved",
        resolved_at=NOW - timedelta(days=long_ago),
        days_ago=long_ago + 10,
    )
    case(days_ago=10)

    assert counted(officer).total.repeats == 0


def test_the_database_reckons_scores_as_the_formula_does(case, officer, leaf):
    rng = np.random.default_rng(3)
    rare = [LeafFactory.create(urgency=each) for each in ("urgent", "high", "complex")]
    for _ in range(25):
        made = case(
            point=at(rng.uniform(-40, 40), rng.uniform(-40, 40)),
            due_in=rng.uniform(-60, 10),
            days_ago=int(rng.integers(1, 200)),
            category=[leaf, *rare][rng.integers(4)],
        )
        if rng.random() < 0.5:
            done = made.received_at + timedelta(hours=20)
            Report.objects.filter(pk=made.pk).update(
                status="resolved", resolved_at=done
            )
        for turn in range([0, 0, 3, 30][rng.integers(4)]):
            Following.objects.create(report=made, client_id=f"{turn}", at=NOW)
    weights, grid = read_weights(), zone(officer).grid

    tally = count(asked(officer), grid)
    found = cases_in(asked(officer), grid, tally.cells, at_most=100)

    assert len(found) == 25
    urgencies = dict(Report.objects.values_list("pk", "category__urgency"))
    for each in found:
        said = priority_of(
            urgency=urgencies[each.report],
            days_late=each.days_late,
            followers=each.followers,
            repeats=each.repeats,
            weights=weights,
        )
        assert each.score == pytest.approx(said.score)
    assert {each.repeats for each in found} > {0}
    assert tally.total.points == pytest.approx(sum(each.score for each in found))
    assert [each.is_open for each in found] == sorted(
        [each.is_open for each in found], reverse=True
    )


def test_a_hexagon_s_repeats_count_what_was_handled_beyond_its_border(case, officer):
    grid = zone(officer).grid
    corner = grid.outlines(grid.cells_at(np.zeros((1, 2))))[0, 0]
    for turn, shift in enumerate((-9, 9)):
        (degrees,) = grid.degrees(np.array([corner + shift]))
        done = {"status": "resolved", "resolved_at": NOW - timedelta(days=20)}
        case(
            point=Point(*degrees, srid=4326),
            **({"days_ago": 3} if turn else done | {"days_ago": 40}),
        )

    tally = counted(officer)
    (again,) = tally.again

    assert len(tally.cells) == 2
    assert again in [
        each
        for cell in tally.cells
        for each in cases_in(asked(officer), grid, [cell], at_most=9)
    ]


def test_the_database_puts_points_into_the_hexagons_that_the_grid_does(case, officer):
    rng = np.random.default_rng(4)
    points = [at(rng.uniform(-900, 900), rng.uniform(-900, 900)) for _ in range(40)]
    made = {case(point=point).pk: point for point in points}
    grid = zone(officer).grid

    tally = count(asked(officer), grid)

    for cell in tally.cells:
        for each in cases_in(asked(officer), grid, [cell], at_most=100):
            point = made.pop(each.report)
            degrees = np.array([[point.x, point.y]])
            assert grid.cells_at(grid.metres(degrees))[0] == cell
    assert made == {}


def test_a_zone_is_the_place_of_the_committee_and_empty_hexagons_belong_to_it(
    case, officer, wards
):
    case()

    ground = zone(officer)
    found = find_hot_spots(asked(officer), ground)

    assert ground.places == (wards["a"],)
    assert len(found.cells) > 500
    assert (found.points > 0).sum() == 1
    assert found.spots == ()


def test_ground_that_is_hot_by_its_neighbours_alone_is_no_spot(
    case, officer, monkeypatch
):
    case()
    ground = zone(officer)
    quiet = find_hot_spots(asked(officer), ground)
    full = int(np.flatnonzero(quiet.points)[0])
    empty = int(np.flatnonzero(quiet.points == 0)[0])

    def hot_at(*turns):
        said = replace(
            quiet.significance, is_hot=np.isin(np.arange(len(quiet.cells)), turns)
        )
        monkeypatch.setattr(finding, "gi_star", lambda *_: said)
        return find_hot_spots(asked(officer), ground).spots

    assert [each.counted.incidents for each in hot_at(full, empty)] == [1]
    assert hot_at(empty) == ()


def test_without_a_place_of_its_own_a_unit_s_zone_is_what_it_is_charged_with(wards):
    company = OrganisationFactory.create(type="owner")
    ResponsibilityFactory.create(organisation=company, place=wards["b"])

    assert zone(focal_point(company)).places == (wards["b"],)


def test_who_is_charged_with_things_alone_answers_for_the_whole_city(wards):
    from datetime import date

    root = settings.CITY.root_place
    city = PlaceFactory.create(code=root["code"], kind__code=root["kind"]).kind
    published(city, date(2025, 1, 1), **{root["code"]: square(106.65, 10.749, 0.2)})
    company = OrganisationFactory.create(type="owner")
    ResponsibilityFactory.create(organisation=company, asset_kind="lamp")

    (place,) = zone(focal_point(company)).places

    assert place.code == root["code"]


def test_who_works_for_one_place_alone_has_that_as_zone(unit, wards):
    membership = MembershipFactory.create(organisation=unit, place=wards["b"])
    actor = actor_of(membership.user, on=timezone.localdate())

    assert zone(actor).places == (wards["b"],)


def test_where_nothing_is_on_the_map_there_is_no_zone():
    assert zone(focal_point(OrganisationFactory.create())) is None


def test_one_ward_may_be_looked_at_closer(case, officer, wards):
    case()
    elsewhere = case(place=wards["b"], point=Point(106.8, 10.8, srid=4326))

    ground = zone(officer, ward="b")
    tally = count(asked(officer, ward=wards["b"]), ground.grid)

    assert ground.places == (wards["b"],)
    (cell,) = tally.cells
    (only,) = cases_in(asked(officer, ward=wards["b"]), ground.grid, [cell], at_most=9)
    assert only.report == elsewhere.pk


def test_a_planted_spot_is_found_and_called_by_its_street(case, officer, wards):
    rng = np.random.default_rng(5)
    for turn in range(30):
        near = at(2000 + rng.normal(0, 120), -1500 + rng.normal(0, 120))
        case(point=near, due_in=-2, address=f"{turn} Lê Lợi")
    for _ in range(60):
        case(point=at(rng.uniform(-5000, 5000), rng.uniform(-5000, 5000)))

    ground = zone(officer)
    found = find_hot_spots(asked(officer), ground)

    (spot,) = found.spots
    assert spot.counted.incidents >= 25
    assert spot.counted.late_days >= 2 * 25
    assert spot.called_by.street == "Lê Lợi"
    assert spot.called_by.ward == wards["a"].pk
    assert spot.times > 10
    assert spot.p <= 0.05
    cases = cases_in(asked(officer), ground.grid, spot.cells, at_most=500)
    assert len(cases) == spot.counted.incidents
    assert found.total.incidents == 90


def test_what_lies_beyond_the_zone_is_told_apart(case, officer):
    case()
    case(point=Point(106.95, 10.9, srid=4326))

    found = find_hot_spots(asked(officer), zone(officer))

    assert (found.total.incidents, found.outside.incidents) == (1, 1)


@pytest.mark.parametrize("cases", [3, 12])
def test_counting_takes_one_statement_and_reads_no_report(
    case, officer, django_assert_num_queries, cases
):
    for turn in range(cases):
        case(point=at(0, turn * 10))
    question, grid = asked(officer), zone(officer).grid

    with django_assert_num_queries(1):
        count(question, grid)
    with django_assert_num_queries(2):
        zone(officer)


def test_a_ward_is_named_by_its_code_only(officer):
    assert Place.objects.count() == 2
    assert zone(officer, ward="nowhere") is None
