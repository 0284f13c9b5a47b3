"""Whatever is asked, the map, the list, the files and the figures count the same."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from io import StringIO
from random import Random
from urllib.parse import urlencode

import pytest
from django.contrib.gis.geos import Point
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis_data.models import Place
from incidents.api.filters import read_filter
from incidents.models import Category, Organisation, Report
from incidents.statistics import Boundaries, count_by_ward
from incidents.tile_counts import fold
from incidents.travelling.gathering import by_ward, squares_of
from tests.factories import (
    JULY,
    CategoryFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ReportFactory,
    published,
    square,
)

from .api.mvt import read_tile, tile_of

pytestmark = pytest.mark.django_db

REPORTS, COUNTED = 70, 50
STATUSES = ("accepted", "in_progress", "resolved", "reopened", "received", "refused")
WORDS = ("cống", "đèn", "ổ gà", "")
DAYS = st.integers(-40, 40).map(lambda n: (JULY + timedelta(days=n)).date().isoformat())
DEGREES = st.tuples(st.floats(106.6, 106.9), st.floats(10.7, 10.95))
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from(["HT-A", "HT-A.one", "HT-B", "HT-A.one,HT-B.two"]),
        "status": st.sampled_from(["in_progress", "done", "in_progress,done"]),
        "ward": st.sampled_from(["a", "b", "a,b"]),
        "organisation": st.sampled_from(["u1", "u2", "u1,u2"]),
        "from": DAYS,
        "to": DAYS,
        "q": st.sampled_from(["cống", "ĐÈN", "%", "không có"]),
        "placed": st.sampled_from(["yes", "no"]),
        "window": st.sampled_from(["current", "all"]),
        "boundaries": st.sampled_from(["now", "then"]),
        "bbox": st.tuples(DEGREES, DEGREES).map(
            lambda two: ",".join(
                f"{each:.5f}"
                for each in (
                    min(two[0][0], two[1][0]),
                    min(two[0][1], two[1][1]),
                    max(two[0][0], two[1][0]) + 0.01,
                    max(two[0][1], two[1][1]) + 0.01,
                )
            )
        ),
    },
)


@pytest.fixture
def city(db):
    """Seventy reports of every kind, some at one very point, some off every ward."""
    kind = PlaceKindFactory.create(code="ward", rank=3)
    west, east = square(106.65, 10.749), square(106.75, 10.749)
    published(kind, date(2025, 1, 1), a=west, b=east)
    places = [*Place.objects.order_by("code"), None]
    leaves = [
        LeafFactory.create(branch=branch, code=f"{branch.code}.{name}")
        for branch in (CategoryFactory.create(code=f"HT-{each}") for each in "AB")
        for name in ("one", "two")
    ]
    units = [OrganisationFactory.create(code=code) for code in ("u1", "u2")]
    chance = Random(7)  # noqa: S311
    points = [
        Point(106.66 + n % 9 * 0.022, 10.755 + n % 7 * 0.013, srid=4326)
        for n in range(40)
    ]
    lately = timezone.now() - timedelta(days=20)
    for turn in range(REPORTS):
        if turn == COUNTED:
            fold()
        then, status = chance.choice(places), chance.choice(STATUSES)
        ended = chance.choice([JULY, lately])
        ReportFactory.create(
            resolved_at=ended if status == "resolved" else None,
            updated_at=ended,
            category=chance.choice(leaves),
            status=status,
            organisation=chance.choice([*units, None])
            if status in {"accepted", "received", "refused"}
            else chance.choice(units),
            place=then,
            current_place=chance.choice(places) if chance.random() < 0.2 else then,
            point=None if chance.random() < 0.2 else chance.choice(points),
            public_title=chance.choice(WORDS),
            is_public=chance.random() < 0.9,
            received_at=JULY + timedelta(hours=chance.randint(-900, 900)),
        )


def test_clusters_and_points_are_the_list_the_files_and_the_figures(city):
    client = Client()

    @settings(
        deadline=None,
        derandomize=True,
        max_examples=40,
        suppress_health_check=list(HealthCheck),
    )
    @given(asked=ASKED, z=st.sampled_from([0, 8, 12, 15, 17, 20]))
    def counted_alike(asked, z):
        query = urlencode(asked)
        listed = _listed(client, query)
        placed = [each for each in listed if each["geometry"]]

        # A page opens on what is of today, and leads on to the same.
        page = client.get(f"/?{urlencode({'window': 'all'} | asked)}")
        assert page.context["total"] == len(listed)
        assert _of_csv(client, page.context["listed"]) == [e["id"] for e in listed]
        assert _on_tiles(client, query, z=z, placed=placed) == len(placed)
        ids = [each["id"] for each in listed]
        assert _of_csv(client, query) == ids
        assert _of_geojson(client, query) == ids
        reports = read_filter(QueryDict(query)).public()
        figures = count_by_ward(
            reports,
            since=date(2000, 1, 1),
            until=date(2100, 1, 1),
            by=Boundaries.NOW,
            at=JULY,
        )
        assert figures.total.received == len(listed)
        gathered = by_ward(reports, on=timezone.localdate())
        assert (gathered.received, gathered.pointless) == (
            len(listed),
            len(listed) - len(placed),
        )
        assert squares_of(reports, zoom=z or 1).count == len(placed)

    counted_alike()
    assert Report.objects.public().count() > REPORTS // 3
    assert Category.objects.count() == 6
    assert Organisation.objects.filter(code__in=["u1", "u2"]).count() == 2


def _listed(client, query):
    answer = client.get(f"/api/v1/reports?page_size=500&{query}").json()
    assert answer["count_is"] == "exact"
    return answer["features"]


def _on_tiles(client, query, *, z, placed):
    """How many are counted on all tiles on which something listed lies."""
    tiles = {tile_of(*each["geometry"]["coordinates"], z) for each in placed}
    answers = [client.get(f"/tiles/reports/{z}/{x}/{y}.mvt?{query}") for x, y in tiles]
    return sum(read_tile(answer.content).total for answer in answers)


def _of_csv(client, query):
    written = client.get(f"/ban-do/tep/phan-anh.csv?{query}").getvalue()
    rows = list(csv.reader(StringIO(written.decode("utf-8-sig"))))[1:]
    return [row[0].removeprefix("'") for row in rows]


def _of_geojson(client, query):
    written = client.get(f"/ban-do/tep/phan-anh.geojson?{query}").getvalue()
    return [each["id"] for each in json.loads(written)["features"]]
