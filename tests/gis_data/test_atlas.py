"""The map in memory says of every point what the database says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from django.conf import settings
from django.db import transaction

from gis_data.atlas import Atlas
from gis_data.drafting import activate, keep_draft
from gis_data.first_map import read_plan, set_up
from gis_data.locating import locate
from gis_data.models import Edition, Place
from tests.factories import PlaceKindFactory, published, sheet, square

pytestmark = pytest.mark.django_db

JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
METRE = 1 / 110_000
INSIDE = (106.62, 10.62)
ACCURACIES = (0, 0, 3, 5, 5.1, 12, 50, 100, 500)
#: A disc of these lies in most areas there are; the last is taken for the one before.
WIDE = (2_000, 10_000, 20_000)
FOLDER = Path(settings.GIS_DATA_DIR)


@pytest.fixture
def city(db):
    """Wards with a common line, a gap and an overlap, a city, and a territory."""
    published(
        PlaceKindFactory.create(code="ward", rank=3),
        JUNE,
        a=square(106.5, 10.5, 0.125),
        b=square(106.625, 10.5, 0.125),
        c=square(106.5 + 20 * METRE, 10.625 + 20 * METRE, 0.125),
        d=square(106.625 - 3 * METRE, 10.625, 0.125),
    )
    published(
        PlaceKindFactory.create(code="city", rank=1),
        JUNE,
        whole=square(106.5, 10.5, 0.25),
    )
    published(
        PlaceKindFactory.create(code="water", rank=None),
        JUNE,
        works=square(106.6, 10.4, 0.2),
        others=square(106.7, 10.6, 0.2),
    )


def drawn(count=400):
    """Points anywhere, on every line and corner, and a little beside them."""
    chance = np.random.default_rng(1022)
    lines = np.array([106.5, 106.6, 106.625, 106.7, 106.75, 106.8])
    anywhere = chance.uniform((106.3, 10.3), (107, 11), (count, 2))
    on_lines = anywhere.copy()
    on_lines[:, 0] = chance.choice(lines, count)
    corners = np.column_stack(
        [chance.choice(lines, count), chance.choice(lines - 96, count)]
    )
    aside = chance.choice([1e-12, METRE, 5 * METRE, 30 * METRE, 100 * METRE], count)
    near = on_lines + chance.normal(0, 1, (count, 2)) * aside[:, None]
    points = np.vstack([anywhere, on_lines, corners, near])
    return points, chance.choice(ACCURACIES + WIDE, len(points))


def assert_the_same(points, accuracy, *, on):
    found = Atlas.read(on=on).locate(points, accuracy=accuracy)

    for (x, y), metres, said in zip(
        points.tolist(), accuracy.tolist(), found, strict=True
    ):
        assert said == locate((x, y), on=on, accuracy=metres), (x, y, metres)
    return found


def test_any_point_is_located_as_the_database_locates_it(city):
    found = assert_the_same(*drawn(), on=JULY)

    assert {each.reason.value for each in found} == {
        "inside",
        "border",
        "gap",
        "nearest",
        "off_the_map",
    }


def test_before_the_first_map_everything_is_off_it(city):
    points, accuracy = drawn(5)

    found = assert_the_same(points, accuracy, on=date(2025, 1, 1))

    assert {each.reason.value for each in found} == {"off_the_map"}


def test_a_level_that_is_not_in_force_yet_is_missed_by_both(city):
    PlaceKindFactory.create(code="quarter", rank=9)

    assert_the_same(*drawn(100), on=JULY)


def test_the_place_that_covers_a_point_is_the_one_it_is_given_to(city):
    points = drawn()[0][:1200]

    found = Atlas.read(on=JULY).places(points, kind="ward")

    for (x, y), place in zip(points.tolist(), found.tolist(), strict=True):
        areas = locate((x, y), on=JULY).areas
        wards = [each for each in areas if each.kind == "ward"]
        covering = [each.place_id for each in wards if each.distance_m == 0]
        assert place == (covering[0] if covering else 0), (x, y)


def test_of_a_kind_that_is_not_on_the_map_no_place_covers_anything(city):
    assert Atlas.read(on=JULY).places(np.array([INSIDE]), kind="power").tolist() == [0]


def test_a_draft_stands_in_for_what_is_in_force_of_its_kind(city):
    kind = Edition.objects.get(kind__code="ward").kind
    drawing = sheet(a=square(106.5, 10.5), e=square(106.6, 10.5))
    draft = keep_draft(drawing, kind=kind, on=JULY)
    points, accuracy = drawn(100)

    foreseen = Atlas.read(on=JULY, draft=draft).locate(points, accuracy=accuracy)
    before = locate(INSIDE, on=JULY)
    activate(draft, at=NOON)

    assert [each.code for each in before.areas[:1]] == ["a"]
    assert foreseen == Atlas.read(on=JULY).locate(points, accuracy=accuracy)
    assert {"e"} < {area.code for each in foreseen for area in each.areas}
    assert Place.objects.filter(code="e").exists()


@pytest.mark.parametrize("count", [1, 500])
def test_reading_the_map_is_three_statements_and_locating_none(
    city, count, django_assert_num_queries
):
    points, accuracy = drawn(count)

    with django_assert_num_queries(3):
        atlas = Atlas.read(on=JULY)
    with django_assert_num_queries(0):
        atlas.locate(points, accuracy=accuracy)
        atlas.places(points, kind="ward")


@pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not (FOLDER / "wards_2025.geojson").is_file(),
    reason="GIS_DATA_DIR does not name a folder with the real wards",
)
@pytest.mark.parametrize("day", [date(2025, 6, 15), date(2026, 11, 20)])
def test_on_the_real_map_of_each_day_both_say_the_same(day):
    with transaction.atomic():
        plan = read_plan(settings.CITY_DIR / "map.toml")
        set_up(plan, folder=FOLDER, fetch=False, at=NOON, say=lambda _: None)
        lines = Atlas.read(on=day).lines.geometries
        chance = np.random.default_rng(1022)
        along = shapely.line_interpolate_point(
            chance.choice(lines, 600), chance.uniform(0, 1, 600), normalized=True
        )
        on_lines = shapely.get_coordinates(along)
        corners = chance.choice(shapely.get_coordinates(lines), 300)
        aside = on_lines + chance.normal(0, 1e-4, on_lines.shape)
        anywhere = chance.uniform((106.3, 10.4), (107.2, 11.2), (500, 2))
        points = np.vstack([on_lines, corners, aside, anywhere])

        assert_the_same(points, chance.choice(ACCURACIES, len(points)), on=day)
