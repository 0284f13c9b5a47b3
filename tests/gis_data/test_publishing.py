from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_data.errors import EditionOutOfOrder, NothingInForce
from gis_data.geometry import area_m2, as_multipolygon
from gis_data.locating import locate
from gis_data.models import Boundary, BoundaryEdge, BoundaryPiece, Edition, Place
from gis_data.publishing import Changes, outline_of, publish
from tests.factories import PlaceKindFactory, published, sheet, square

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY = (date(2025, month, 1) for month in (5, 6, 7))
NOW = datetime(2025, 7, 1, 12, tzinfo=UTC)
A, B, C = square(106.65, 10.75), square(106.75, 10.75), square(106.65, 10.75, 0.12)
THERE = (106.7, 10.8)


def at(day, **more):
    return [area.code for area in locate(THERE, on=day, **more).areas]


def test_publishing_an_unchanged_boundary_keeps_its_row_and_its_pieces():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A, b=B)
    before = list(Boundary.objects.values_list("pk", "validity", "recorded"))
    pieces = set(BoundaryPiece.objects.values_list("pk", flat=True))

    changes = publish(sheet(a=A, b=B), kind=ward, on=JULY, at=NOW)

    assert changes == Changes(kept=("a", "b"))
    assert list(Boundary.objects.values_list("pk", "validity", "recorded")) == before
    assert set(BoundaryPiece.objects.values_list("pk", flat=True)) == pieces


def test_a_redrawn_boundary_leaves_what_was_known_on_record():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A)
    (first,) = locate(THERE, on=JULY).areas

    changes = publish(sheet(a=C), kind=ward, on=JULY, at=NOW)

    (redrawn,) = locate(THERE, on=JULY).areas
    (ended,) = locate(THERE, on=JUNE).areas
    known = datetime(2025, 6, 15, tzinfo=UTC)
    (as_known,) = locate(THERE, on=JULY, known_at=known).areas
    assert changes == Changes(changed=("a",))
    assert redrawn.place_id == first.place_id
    assert len({first.boundary_id, redrawn.boundary_id, ended.boundary_id}) == 3
    assert as_known.boundary_id == first.boundary_id


def test_a_place_left_out_of_a_complete_set_ends():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A, b=B)

    changes = publish(sheet(b=B, c=C), kind=ward, on=JULY, at=NOW)

    assert changes == Changes(opened=("c",), closed=("a",), kept=("b",))
    assert (at(JUNE), at(JULY)) == (["a"], ["c"])


def test_the_last_day_in_force_is_the_day_that_was_said():
    ward = PlaceKindFactory.create()

    publish(sheet(a=A), kind=ward, on=MAY, until=date(2025, 6, 30), at=NOW)

    assert Boundary.objects.get().validity == DateRange(MAY, JULY)
    assert (at(date(2025, 6, 30)), at(JULY)) == (["a"], [])


def test_an_unchanged_boundary_may_be_given_a_last_day():
    ward = PlaceKindFactory.create()
    published(ward, MAY, a=A)

    changes = publish(sheet(a=A), kind=ward, on=JUNE, until=JUNE, at=NOW)

    assert changes == Changes(changed=("a",))
    assert (at(MAY), at(JUNE), at(date(2025, 6, 2))) == (["a"], ["a"], [])


@pytest.mark.parametrize(
    ("on", "until", "why"),
    [
        (JUNE, None, "already starts on 2025-06-01"),
        (MAY, None, r"2025-05-01 is before .* starts on 2025-06-01"),
        (JULY, MAY, "2025-05-01, the last day in force, is before the first"),
    ],
)
def test_an_edition_out_of_order_is_refused(on, until, why):
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A)

    with pytest.raises(EditionOutOfOrder, match=why):
        publish(sheet(a=C), kind=ward, on=on, until=until, at=NOW)

    assert Edition.objects.count() == 1


def test_a_sketch_gives_way_to_a_map_of_the_same_day():
    ward = PlaceKindFactory.create()
    publish(sheet(is_approximate=True, a=C, x=B), kind=ward, on=JUNE, at=NOW)

    later = datetime(2025, 7, 2, tzinfo=UTC)
    publish(sheet(a=A), kind=ward, on=JUNE, at=later)

    assert at(JULY) == ["a"]
    assert not locate(THERE, on=JULY).approximate
    assert locate(THERE, on=JULY, known_at=NOW).approximate
    assert Edition.objects.published().count() == 1


def test_a_map_does_not_give_way_to_a_sketch():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A)

    with pytest.raises(EditionOutOfOrder):
        publish(sheet(is_approximate=True, a=C), kind=ward, on=JUNE, at=NOW)


def test_a_renamed_place_keeps_what_the_new_sheet_is_silent_about():
    ward = PlaceKindFactory.create()
    Place.objects.create(
        kind=ward, code="a", name="Old", name_en="Old", official_area_km2=2
    )

    published(ward, JUNE, a=A)

    place = Place.objects.get()
    assert (place.name, place.name_en, place.official_area_km2) == ("Ward a", "Old", 2)
    assert Place.objects.named("wArd  A").get() == place


def test_the_pieces_and_stretches_know_the_days_of_their_boundary():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A)
    publish(sheet(a=C), kind=ward, on=JULY, at=NOW)

    for part in (BoundaryPiece, BoundaryEdge):
        for each in part.objects.select_related("boundary"):
            assert each.validity == each.boundary.validity
            assert each.recorded == each.boundary.recorded


def test_no_place_has_two_boundaries_on_one_day():
    ward = PlaceKindFactory.create()
    published(ward, JUNE, a=A)
    held = Boundary.objects.defer(None).get()

    with (
        pytest.raises(IntegrityError, match="place_has_one_boundary_a_day"),
        transaction.atomic(),
    ):
        Boundary.objects.create(
            place=held.place,
            edition=held.edition,
            shape=C,
            validity=DateRange(JULY, None),
            recorded=held.recorded,
        )


def test_an_outline_goes_round_all_and_fills_the_slips_between_them():
    ward, city = PlaceKindFactory.create(), PlaceKindFactory.create()
    a_slip = 5e-5
    around = square(106.5, 10.5, 0.2).difference(square(106.55, 10.55, a_slip))
    published(ward, JUNE, a=as_multipolygon(around), b=square(106.7, 10.5, 0.2))

    outline = outline_of(ward, on=JULY, code="79", name="Thành phố")
    publish(outline, kind=city, on=JUNE, at=NOW)

    (drawing,) = outline.drawings
    assert drawing.shape.num_coords == 7
    assert area_m2(drawing.shape) == pytest.approx(
        area_m2(square(106.5, 10.5, 0.2)) * 2, rel=1e-6
    )


def test_a_lake_that_no_one_has_stays_out_of_the_outline():
    ward = PlaceKindFactory.create()
    with_a_lake = square(106.5, 10.5).difference(square(106.52, 10.52, 0.01))
    published(ward, JUNE, a=as_multipolygon(with_a_lake))

    outline = outline_of(ward, on=JULY, code="79", name="Thành phố")

    assert len(outline.drawings[0].shape[0]) == 2


def test_an_outline_of_nothing_is_refused():
    with pytest.raises(NothingInForce):
        outline_of(PlaceKindFactory.create(), on=JULY, code="79", name="Thành phố")
