"""Reports on tiles: whatever is asked, they add up to the list."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from math import asinh, pi, radians, tan
from random import Random
from unittest.mock import patch

import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents import tiles
from incidents.filters import ReportFilter
from incidents.models import (
    Organisation,
    Report,
    Status,
    TileChange,
    TileCount,
    TileWeekCount,
)
from incidents.models.weeks import weeks_of_today
from incidents.privacy import snap
from incidents.tile_counts import fold
from tests.factories import (
    HERE,
    JULY,
    CategoryFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
)

from .mvt import around, read_tile, spots_of, tile_of

pytestmark = pytest.mark.django_db

TILE = "/tiles/reports/{z}/{x}/{y}.mvt"
LIST = "/api/v1/reports"
CODES = ["HT-A", "HT-A.leaf", "MT-B", "MT-B.leaf"]
WARDS, UNITS = ["w1", "w2", "w3"], ["u1", "u2"]
STATES = [
    Status.ACCEPTED,
    Status.TRANSFERRED,
    Status.IN_PROGRESS,
    Status.RESOLVED,
    Status.RESOLVED,
    Status.CLOSED,
    Status.ANSWERED,
    Status.REFUSED,
    Status.RECEIVED,
    Status.WITHDRAWN,
]
DAYS = (
    st.dates(date(2025, 7, 1), date(2025, 7, 20))
    | st.sampled_from([date(2025, 7, 1), date(2025, 8, 1)])
).map(str)
SOME = {
    "category": st.sets(st.sampled_from(CODES), min_size=1).map(",".join),
    "status": st.sets(
        st.sampled_from(["waiting", "in_progress", "done", "refused"]), min_size=1
    ).map(",".join),
    "ward": st.sets(st.sampled_from(WARDS), min_size=1).map(",".join),
    "organisation": st.sampled_from(UNITS),
    "from": DAYS,
    "to": DAYS,
    "q": st.sampled_from(["nắp", "đèn", "NẮP CỐNG", "không có"]),
    "placed": st.sampled_from(["yes", "no"]),
    "window": st.sampled_from(["current", "all"]),
    "bbox": st.tuples(
        st.floats(106.4, 106.8),
        st.floats(10.5, 10.8),
        st.floats(0.001, 0.5),
        st.floats(0.001, 0.5),
    ).map(lambda b: f"{b[0]},{b[1]},{b[0] + b[2]},{b[1] + b[3]}"),
}
#: So many of the reports are there when changes are folded into the counts.
COUNTED = 34
FILTERS = st.fixed_dictionaries({}, optional=SOME)
#: What is of today is counted by one thing at a time.
OF_TODAY = st.builds(
    dict,
    st.sampled_from(["category", "ward", "organisation", "to"]).flatmap(
        lambda one: st.fixed_dictionaries(
            {"window": st.just("current")},
            optional={each: SOME[each] for each in (one, "status")},
        )
    ),
)


@pytest.fixture
def city():
    """Reports of many kinds: near each other, far apart, on one spot, on none.

    Some were counted, some have changed since in whatever is asked by, some are new.
    """
    draw = Random(1022)  # noqa: S311
    made = {}
    for code in CODES:
        branch = made.get(code.partition(".")[0])
        made[code] = CategoryFactory.create(code=code, branch=branch)
    wards = [PlaceFactory.create(code=code) for code in WARDS]
    units = [OrganisationFactory.create(code=code) for code in UNITS]
    spots = [
        Point(106.4 + draw.random() * 0.8, 10.4 + draw.random() * 0.8, srid=4326)
        for _ in range(30)
    ]
    close = [
        Point(HERE.x + draw.random() / 500, HERE.y + draw.random() / 500, srid=4326)
        for _ in range(8)
    ]
    now = timezone.now()
    everywhere = [*spots, *close, *[HERE] * 5, *[None] * 6]
    for turn, spot in enumerate(everywhere):
        if turn == COUNTED:
            fold()
            change(draw, list(made.values()), units, wards)
        status = draw.choice(STATES)
        touched = draw.choice([JULY, now - timedelta(days=draw.randrange(90))])
        ReportFactory.create(
            point=spot,
            category=draw.choice(list(made.values())),
            place=draw.choice([None, *wards]),
            status=status,
            organisation=draw.choice(units),
            accepted_at=None if status == Status.RECEIVED else JULY,
            received_at=JULY + timedelta(days=draw.randrange(-8, 10)),
            updated_at=touched,
            resolved_at=touched if status == Status.RESOLVED else None,
            public_title=draw.choice(["", "Nắp cống mất", "Đèn tắt"]),
            is_public=draw.random() < 0.9,
        )


def change(draw, categories, units, wards):
    """Change what is counted in all the ways that a report changes."""
    shown = list(Report.objects.public().exclude(public_point=None).order_by("pk"))
    moved, sorted_anew, hidden, joined, gone, ended, given, redrawn = shown[:8]
    long_ended = next(each for each in shown[8:] if each.status == Status.ANSWERED)
    spot, cell = snap(Point(106.5, 10.6, srid=4326))
    rows = Report.objects
    rows.filter(pk=moved.pk).update(public_point=spot, world_cell=cell)
    rows.filter(pk=sorted_anew.pk).update(category=draw.choice(categories))
    rows.filter(pk=hidden.pk).update(is_public=False)
    rows.filter(pk=joined.pk).update(status=Status.DUPLICATE, master=moved)
    rows.filter(pk=gone.pk).delete()
    ended.status, ended.resolved_at = Status.RESOLVED, timezone.now()
    ended.save()
    rows.filter(pk=given.pk).update(organisation=draw.choice(units), public_title="Đèn")
    rows.filter(pk=redrawn.pk).update(current_place=draw.choice(wards))
    rows.filter(pk=long_ended.pk).update(updated_at=timezone.now())


def ask(client, z, x, y, query):
    answer = client.get(TILE.format(z=z, x=x, y=y), query)
    assert answer.status_code in {200, 204}, answer.content
    assert (answer.status_code == 204) is (answer.content == b"")
    return read_tile(answer.content)


@pytest.mark.parametrize("z", range(21))
@settings(
    max_examples=8,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=FILTERS | OF_TODAY, folds=st.booleans())
def test_points_and_clusters_add_up_to_the_list(city, client, z, query, folds):
    if folds:
        fold()
    answer = client.get(LIST, query | {"page_size": 500}).json()
    assert answer["count_is"] == "exact"
    listed = {
        each["id"]: each["geometry"]["coordinates"]
        for each in answer["features"]
        if each["geometry"]
    }
    at_home = Counter(tile_of(*spot, z) for spot in listed.values())
    asked = set(at_home) | {(0, 0)}
    for x, y in sorted(at_home)[:3]:
        asked |= around(x, y, z)

    tiles = {each: ask(client, z, *each, query) for each in asked}

    assert {each: tile.total for each, tile in tiles.items() if tile.total} == at_home
    seen = [each["public_id"] for tile in tiles.values() for each in tile.points]
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(listed)


def test_the_property_above_is_asked_of_a_city_that_has_something_to_show(city):
    shown = Report.objects.public()

    assert shown.filter(point__isnull=False).count() > 12
    assert shown.filter(point__isnull=True).exists()
    assert shown.count() < Report.objects.count()
    assert TileCount.objects.exists()
    weeks = weeks_of_today(timezone.localdate())
    assert TileWeekCount.objects.filter(zoom=10, by=0, week__in=weeks).count() > 5
    assert TileChange.objects.filter(sign=-1).count() >= 9
    today = ReportFilter(current_on=date.today())  # noqa: DTZ011
    assert 5 < today.public().count() < shown.count() - 5


def test_near_by_each_report_is_a_point_and_far_off_they_cluster(client):
    reports = ReportFactory.create_batch(3, status=Status.TRANSFERRED)
    spot = reports[0].public_point

    near = ask(client, 17, *tile_of(spot.x, spot.y, 17), {})
    far = ask(client, 5, *tile_of(spot.x, spot.y, 5), {})

    assert {each["public_id"] for each in near.points} == {
        report.public_id for report in reports
    }
    assert near.clusters == []
    assert far.clusters == [{"count": 3}]
    assert far.points == []


def test_a_point_tells_what_the_contract_says_and_no_more(client):
    report = ReportFactory.create(status=Status.TRANSFERRED)
    tile = tile_of(report.public_point.x, report.public_point.y, 12)

    (point,) = ask(client, 12, *tile, {}).points

    assert point == {
        "public_id": report.public_id,
        "category": report.category.code,
        "status_group": "in_progress",
    }


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.REFUSED, Status.WITHDRAWN, Status.DUPLICATE})
)
def test_a_tile_says_the_same_of_a_state_as_the_list(client, status):
    report = ReportFactory.create(status=status, accepted_at=JULY)
    Report.objects.exclude(pk=report.pk).update(is_public=False)
    (listed,) = client.get(LIST).json()["features"]

    (point,) = ask(client, 0, 0, 0, {}).points

    assert point["status_group"] == listed["properties"]["status_group"]
    assert point["public_id"] == report.public_id


def test_a_tile_with_nothing_is_204(client):
    answer = client.get(TILE.format(z=3, x=0, y=0))

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_tile_that_has_not_changed_is_not_sent_again(
    client, django_assert_num_queries
):
    ReportFactory.create()
    address = TILE.format(z=0, x=0, y=0)
    first = client.get(address)
    fold()

    with django_assert_num_queries(1):
        again = client.get(address, headers={"if-none-match": f"W/{first['ETag']}"})
    ReportFactory.create()
    changed = client.get(address, headers={"if-none-match": first["ETag"]})

    assert first["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "max-age" in first["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_tile_is_not_sent_again_where_only_others_have_changed(client):
    report = ReportFactory.create()
    here = tile_of(report.public_point.x, report.public_point.y, 12)
    address = TILE.format(z=12, x=here[0], y=here[1])
    first = client.get(address)

    ReportFactory.create(point=Point(HERE.x + 0.3, HERE.y, srid=4326))
    again = client.get(address, headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again["ETag"]) == (304, first["ETag"])


@pytest.mark.parametrize(
    "changed",
    [
        {"organisation": "another"},
        {"public_title": "Đèn tắt"},
        {"status": Status.RESOLVED, "resolved_at": JULY},
        {"is_public": False},
    ],
)
def test_whatever_is_filtered_by_makes_a_tile_another_when_it_changes(client, changed):
    report = ReportFactory.create(public_title="Nắp cống", status=Status.TRANSFERRED)
    query = {"q": "nắp", "status": "in_progress", "organisation": "one"}
    OrganisationFactory.create(code="another")
    Report.objects.update(organisation=OrganisationFactory.create(code="one"))
    first = client.get(TILE.format(z=0, x=0, y=0), query)
    if "organisation" in changed:
        changed = {"organisation": Organisation.objects.get(code="another")}

    Report.objects.filter(pk=report.pk).update(**changed)
    again = client.get(
        TILE.format(z=0, x=0, y=0), query, headers={"if-none-match": first["ETag"]}
    )

    assert first.status_code == 200
    assert again.status_code == 204


def test_a_tag_of_another_question_or_of_nobody_s_does_not_count(client):
    ReportFactory.create(status=Status.TRANSFERRED)
    address = TILE.format(z=0, x=0, y=0)
    tag = client.get(address)["ETag"]

    for said in (tag, '"x"', '"\x00"', "*", "", f'{tag}, "x"'):
        query = {"status": "in_progress"}
        answer = client.get(address, query, headers={"if-none-match": said})
        assert answer.status_code == 200


def test_too_many_points_on_a_tile_gather_by_the_finest_cells(client, monkeypatch):
    monkeypatch.setattr(tiles, "POINTS_AT_MOST", 3)
    away = Point(HERE.x + 0.0006, HERE.y, srid=4326)
    ReportFactory.create_batch(3, status=Status.TRANSFERRED)
    ReportFactory.create(point=away, status=Status.TRANSFERRED)
    spot = tile_of(HERE.x, HERE.y, 17)

    shown = ask(client, 17, *spot, {})

    assert tile_of(away.x, away.y, 17) == spot
    assert shown.clusters == [{"count": 3}]
    assert len(shown.points) == 1


@pytest.mark.parametrize("z", [4, 9, 12, 13, 16, 19])
@pytest.mark.parametrize("query", [{}, {"q": "nắp"}])
def test_a_cluster_stands_in_the_middle_of_what_it_gathers(client, z, query):
    beside = HERE if z > 17 else Point(HERE.x + 0.0002, HERE.y, srid=4326)
    reports = [
        ReportFactory.create(point=each, public_title="Nắp")
        for each in (HERE, HERE, beside)
    ]
    shown = [report.public_point for report in reports]
    x, y = tile_of(HERE.x, HERE.y, z)
    lon, lat = (sum(each) / 3 for each in zip(*shown, strict=True))

    with patch.object(tiles, "POINTS_AT_MOST", 1):
        answer = client.get(TILE.format(z=z, x=x, y=y), query)

    (found,) = spots_of(answer.content, "clusters")
    across = ((lon + 180) / 360 * 2**z - x) * 4096
    down = ((1 - asinh(tan(radians(lat))) / pi) / 2 * 2**z - y) * 4096
    assert abs(found[0] - across) <= 4096 / 64 / 2 + 1
    assert abs(found[1] - down) <= 4096 / 64 / 2 + 1


@pytest.mark.parametrize(
    ("z", "x", "y"),
    [(0, 1, 0), (0, 0, 1), (5, 32, 0), (21, 0, 0), (99, 0, 0), (10**9, 0, 0)],
)
def test_a_tile_that_is_not_of_this_world_is_unknown(client, z, x, y):
    answer = client.get(TILE.format(z=z, x=x, y=y))

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("size", [1, 40])
def test_a_tile_is_one_statement_however_much_it_holds(
    client, django_assert_num_queries, size
):
    ReportFactory.create_batch(size)

    with django_assert_num_queries(1):
        client.get(TILE.format(z=0, x=0, y=0))


def test_a_report_is_shown_where_its_snapped_point_lies(client):
    report = ReportFactory.create()
    x, y = tile_of(report.public_point.x, report.public_point.y, 20)

    tiles = {each: ask(client, 20, *each, {}).total for each in around(x, y, 20)}

    assert {each for each, total in tiles.items() if total} == {(x, y)}
