from datetime import UTC, date, datetime
from threading import Thread

import pytest
from django.contrib.gis.geos import GEOSGeometry, LineString, Point, Polygon
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from gis_data.drafting import activate, discard
from gis_data.drawing import (
    begin_drawing,
    draw_asset,
    erase,
    neighbours,
    redraw,
    shape_said,
)
from gis_data.errors import DrawnMeanwhile, NoDraft, NotDrawable
from gis_data.geometry import area_m2
from gis_data.locating import locate
from gis_data.models import Asset, Boundary, Edition, Place, PlaceKind
from tests.factories.places import PlaceKindFactory, published, square

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)


@pytest.fixture
def draft():
    return Edition.objects.create(
        kind=PlaceKindFactory(code="water", rank=None), starts_on=TODAY, source="hand"
    )


def draw(draft, code="east", west=106.7, **changes):
    drawn = redraw(
        draft,
        code=code,
        name=f"Water of {code}",
        shape=square(west, 10.7),
        version=draft.version,
        **changes,
    )
    draft.version = drawn.version
    return drawn


def test_a_drawing_begins_with_what_is_in_force():
    kind = PlaceKindFactory(code="water", rank=1)
    published(
        kind, date(2025, 1, 1), east=square(106.7, 10.7), west=square(106.6, 10.7)
    )

    draft = begin_drawing(kind, on=TODAY, note="By hand")

    assert draft.published_at is None
    codes = Boundary.objects.filter(edition=draft).values_list("place__code", flat=True)
    assert sorted(codes) == ["east", "west"]


def test_what_was_drawn_by_hand_is_put_in_force_like_any_draft():
    kind = PlaceKindFactory(code="water", rank=1)
    published(kind, date(2025, 1, 1), east=square(106.7, 10.7))
    draft = begin_drawing(kind, on=TODAY)
    draw(draft, "west", west=106.6)

    activate(draft, at=datetime(2026, 5, 1, tzinfo=UTC))

    (area,) = locate((106.65, 10.75), on=TODAY).areas
    assert area.code == "west"
    assert not locate((106.65, 10.75), on=date(2026, 5, 31)).areas


def test_a_place_is_drawn_into_a_draft_and_the_law_is_untouched(draft):
    drawn = draw(draft)

    assert drawn.is_new
    boundary = Boundary.objects.get(edition=draft)
    assert boundary.recorded == DateTimeTZRange(empty=True)
    assert boundary.validity == DateRange(TODAY, None)
    assert locate((106.75, 10.75), on=TODAY).areas == ()


def test_a_place_drawn_again_is_one_place_still(draft):
    draw(draft)

    again = draw(draft, west=106.72)

    assert not again.is_new
    (boundary,) = Boundary.objects.filter(edition=draft).defer(None)
    assert boundary.shape.extent[0] == pytest.approx(106.72)


def test_a_drawing_begun_on_an_older_draft_is_refused(draft):
    draw(draft)
    draft.version -= 1

    with pytest.raises(DrawnMeanwhile):
        draw(draft, west=106.5)

    (boundary,) = Boundary.objects.filter(edition=draft).defer(None)
    assert boundary.shape.extent[0] == pytest.approx(106.7)


def test_what_is_in_force_is_not_drawn_on():
    kind = PlaceKindFactory(code="water", rank=1)
    published(kind, TODAY, east=square(106.7, 10.7))
    edition = Edition.objects.get()

    with pytest.raises(NoDraft):
        draw(edition)
    with pytest.raises(NoDraft):
        erase(edition, code="east", version=edition.version)


def test_a_line_that_crosses_itself_is_refused_with_the_spot(draft):
    bow = Polygon(
        ((106.7, 10.7), (106.8, 10.8), (106.8, 10.7), (106.7, 10.8), (106.7, 10.7))
    )

    with pytest.raises(NotDrawable, match=r"10\.75000, 106\.75000"):
        redraw(draft, code="east", name="East", shape=bow, version=draft.version)

    assert not Boundary.objects.exists()


@pytest.mark.parametrize(
    "shape",
    [
        Point(106.7, 10.7),
        LineString((106.7, 10.7), (106.8, 10.8)),
        Polygon(),
        square(190, 10.7),
    ],
    ids=["a point", "a line", "nothing", "off the world"],
)
def test_what_is_no_area_of_the_world_is_refused(draft, shape):
    with pytest.raises(NotDrawable):
        redraw(draft, code="east", name="East", shape=shape, version=draft.version)


@pytest.mark.parametrize(
    "said", ["", "{}", "rubbish", '{"type": "Polygon"}', "[1, 2]", "POINT(x y)"]
)
def test_words_that_are_no_shape_are_refused(said):
    with pytest.raises(NotDrawable):
        shape_said(said)


def test_ground_that_two_places_claim_is_told(draft):
    draw(draft, "east")

    drawn = draw(draft, "west", west=106.65)

    (shared,) = drawn.overlaps
    assert shared.code == "east"
    assert shared.area_m2 == pytest.approx(0.5 * area_m2(square(106.7, 10.7)), rel=0.01)


def test_places_that_only_touch_do_not_overlap(draft):
    draw(draft, "east")

    drawn = draw(draft, "west", west=106.6)

    assert drawn.overlaps == ()


def test_a_place_left_out_of_a_draft_is_gone_from_it(draft):
    draw(draft)

    erase(draft, code="east", version=draft.version)

    assert not Boundary.objects.exists()


def test_the_neighbours_of_a_place_are_those_round_it(draft):
    draw(draft, "east")
    draw(draft, "west", west=106.6)
    draw(draft, "far", west=107.5)

    beside = neighbours(draft, code="east")

    assert [each.place.code for each in beside] == ["west"]


ROAD = LineString((106.7, 10.7), (106.71, 10.7), srid=4326)


def lay(shape=ROAD, *, was=None, on=TODAY, code="D1"):
    return draw_asset(
        kind="road",
        code=code,
        name="Đường 1",
        asset_class="city",
        shape=shape,
        on=on,
        was=was,
    )


def test_an_asset_that_was_drawn_stands_from_its_first_day():
    asset = lay()

    assert asset.validity == DateRange(TODAY, None)
    assert asset.source == "drawn on the map"


def test_an_asset_drawn_anew_leaves_what_stood_before_on_record():
    before = lay(on=date(2026, 1, 1))

    after = lay(shape_said(GEOSGeometry(ROAD.buffer(0.001).json).json), was=before.pk)

    before.refresh_from_db()
    assert before.validity == DateRange(date(2026, 1, 1), TODAY)
    assert after.validity == DateRange(TODAY, None)
    assert after.shape.geom_type == "Polygon"


def test_an_asset_somebody_else_described_meanwhile_is_not_drawn_over():
    lay()

    with pytest.raises(DrawnMeanwhile):
        lay(Point(106.7, 10.7, srid=4326), was=None)

    assert Asset.objects.get().shape.geom_type == "LineString"


def test_an_asset_without_a_number_is_refused():
    with pytest.raises(NotDrawable):
        lay(code="  ")


@pytest.mark.django_db(transaction=True)
def test_who_draws_does_not_wait_for_a_map_that_is_put_in_force_beside(draft):
    draw(draft)
    outcomes = []

    def draw_beside():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '3s'")
            outcomes.append(draw(draft, "west", west=106.5).is_new)
        except OperationalError as error:
            outcomes.append(str(error))
        finally:
            connections.close_all()

    with transaction.atomic():
        PlaceKind.objects.select_for_update(no_key=True).get(pk=draft.kind_id)
        beside = Thread(target=draw_beside)
        beside.start()
        beside.join()

    assert outcomes == [True]


def test_a_draft_that_was_thrown_away_meanwhile_says_so(draft):
    gone = Edition.objects.get(pk=draft.pk)
    discard(draft)

    with pytest.raises(NoDraft, match="thrown away"):
        draw(gone)


def test_what_is_left_out_of_a_draft_is_forgotten_unless_something_knows_it(draft):
    published(draft.kind, date(2025, 1, 1), east=square(106.7, 10.7))
    draw(draft)
    draw(draft, "secret", west=106.5)

    for code in ("east", "secret"):
        draft.version = erase(draft, code=code, version=draft.version)

    assert set(Place.objects.values_list("code", flat=True)) == {"east"}
