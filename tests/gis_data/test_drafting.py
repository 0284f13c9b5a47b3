from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from gis_data.drafting import (
    Change,
    activate,
    compare,
    discard,
    keep_draft,
    roll_back,
    sheet_of,
)
from gis_data.errors import (
    DrawnMeanwhile,
    EditionOutOfOrder,
    NoDraft,
    NotToBeRolledBack,
)
from gis_data.importing import Drawing
from gis_data.locating import locate
from gis_data.models import (
    Boundary,
    BoundaryDrawing,
    BoundaryEdge,
    BoundaryPiece,
    Edition,
    Place,
    PlaceSuccession,
)
from gis_data.naming import call_anew
from gis_data.publishing import Changes, outline_of, publish
from gis_data.succession import resolve
from tests.factories import PlaceFactory, PlaceKindFactory, published, sheet, square

pytestmark = pytest.mark.django_db

MAY, JUNE, JULY, AUGUST = (date(2025, month, 1) for month in (5, 6, 7, 8))
NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
A, B = square(106.65, 10.75), square(106.75, 10.75)
WIDER_A, NARROWER_B = square(106.65, 10.75, 0.12), square(106.77, 10.75, 0.08)
THERE = (106.7, 10.8)


@pytest.fixture
def ward():
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, MAY, a=A, b=B)
    return kind


def there(day, **more):
    return [area.code for area in locate(THERE, on=day, **more).areas]


def believed():
    """All that is held to be true: what and when, piece by piece."""
    rows = Boundary.objects.known().order_by("place__code", "validity")
    return [
        (
            row.place.code,
            row.edition_id,
            row.validity,
            row.shape.wkt,
            row.pieces.count(),
        )
        for row in rows.select_related("place").defer(None)
    ]


def assert_nothing_is_left_over():
    """No boundary without an edition that holds it, no piece of another belief."""
    drafts = Boundary.objects.filter(recorded__isempty=True)
    assert not drafts.exclude(edition__published_at=None).exists()
    for part in (BoundaryPiece, BoundaryEdge):
        for each in part.objects.select_related("boundary"):
            assert each.validity == each.boundary.validity
            assert each.recorded == each.boundary.recorded
    for row in Boundary.objects.all():
        assert row.drawings.count() == len(BoundaryDrawing.ZOOMS)


def test_a_draft_changes_nothing_but_can_be_drawn(ward):
    before = believed()

    draft = keep_draft(sheet(a=WIDER_A, c=B), kind=ward, on=JULY, note="NQ 1685")

    assert believed() == before
    assert there(JULY) == ["a"]
    assert (draft.note, draft.published_at) == ("NQ 1685", None)
    assert BoundaryDrawing.objects.filter(boundary__edition=draft).count() == 10


def test_a_draft_is_put_in_force_as_if_it_had_been_published(ward):
    draft = keep_draft(sheet(a=A, b=NARROWER_B, c=WIDER_A), kind=ward, on=JULY)

    changes = activate(draft, at=NOON)

    assert changes == Changes(opened=("c",), changed=("b",), kept=("a",))
    assert draft.published_at == NOON
    assert there(MAY) == ["a"]
    assert sorted(there(JULY)) == ["a", "c"]
    assert Edition.objects.count() == 2
    assert_nothing_is_left_over()


def test_the_day_may_be_one_to_come(ward):
    draft = keep_draft(sheet(c=A), kind=ward, on=AUGUST, until=AUGUST)

    activate(draft, at=NOON)

    assert (there(JULY), there(AUGUST)) == (["a"], ["c"])
    assert there(AUGUST + timedelta(days=1)) == []


def test_an_unchanged_boundary_keeps_its_row_and_its_pieces(ward):
    before = set(Boundary.objects.values_list("pk", "recorded"))
    draft = keep_draft(sheet(a=A, b=B), kind=ward, on=JULY)

    activate(draft, at=NOON)

    assert set(Boundary.objects.values_list("pk", "recorded")) == before


def test_of_several_drafts_of_one_day_one_is_put_in_force(ward):
    one = keep_draft(sheet(a=A, c=B), kind=ward, on=JULY)
    other = keep_draft(sheet(a=A, d=B), kind=ward, on=JULY)

    activate(one, at=NOON)

    with pytest.raises(EditionOutOfOrder, match="already starts on 2025-07-01"):
        activate(other, at=LATER)
    other.refresh_from_db()
    assert other.published_at is None
    assert Boundary.objects.filter(edition=other).count() == 2


def test_a_draft_before_the_newest_edition_is_refused(ward):
    draft = keep_draft(sheet(a=A), kind=ward, on=MAY - timedelta(days=1))

    with pytest.raises(EditionOutOfOrder, match="before the edition"):
        activate(draft, at=NOON)


def test_a_sketch_gives_way_to_a_draft_of_the_same_day():
    ward = PlaceKindFactory.create()
    publish(sheet(is_approximate=True, a=A), kind=ward, on=JUNE, at=NOON)

    activate(keep_draft(sheet(a=WIDER_A), kind=ward, on=JUNE), at=LATER)

    assert not locate(THERE, on=JUNE).approximate
    assert locate(THERE, on=JUNE, known_at=NOON).approximate


def test_a_place_is_renamed_when_the_draft_is_put_in_force_and_not_before(ward):
    drawn = Drawing(code="a", name="Phường Mới", name_en="New Ward", shape=A)
    draft = keep_draft(replace(sheet(a=A), drawings=(drawn,)), kind=ward, on=JUNE)
    before = Place.objects.get(code="a").name

    activate(draft, at=NOON)
    after = Place.objects.get(code="a")
    roll_back(draft, at=LATER)

    restored = Place.objects.get(code="a")
    assert (before, after.name, after.name_en) == ("Ward a", "Phường Mới", "New Ward")
    assert (restored.name, restored.name_en) == ("Ward a", "")
    assert Place.objects.named("ward a").exists()


def called(code="a"):
    return Place.objects.get(code=code).name


def renamed(name, *, kind, on):
    drawn = Drawing(code="a", name=name, shape=A)
    return keep_draft(replace(sheet(), drawings=(drawn,)), kind=kind, on=on)


def test_a_name_of_a_day_to_come_waits_for_it(ward):
    july = renamed("Phường Bảy", kind=ward, on=JULY)
    august = renamed("Phường Tám", kind=ward, on=AUGUST)
    for draft in (july, august):
        activate(draft, at=NOON)

    calls = [called()]
    for day in (JULY - timedelta(days=1), JULY, JULY, AUGUST):
        call_anew(on=day)
        calls.append(called())
    roll_back(august, at=LATER)
    calls.append(called())
    roll_back(july, at=LATER)
    calls.append(called())

    seven, eight = "Phường Bảy", "Phường Tám"
    assert calls == ["Ward a", "Ward a", seven, seven, eight, seven, "Ward a"]


def test_a_name_that_still_waits_is_never_given_once_its_map_is_rolled_back(ward):
    draft = renamed("Phường Bảy", kind=ward, on=JULY)
    activate(draft, at=NOON)
    Place.objects.filter(code="a").update(name="Phường Khác")

    roll_back(draft, at=LATER)
    call_anew(on=JULY)

    assert called() == "Phường Khác"


def test_what_was_drawn_since_it_was_looked_at_is_not_put_in_force(ward):
    draft = keep_draft(sheet(a=WIDER_A), kind=ward, on=JULY)
    Edition.objects.filter(pk=draft.pk).update(version=2)

    with pytest.raises(DrawnMeanwhile):
        activate(draft, at=NOON, version=1)
    with pytest.raises(DrawnMeanwhile):
        discard(draft, version=1)

    assert there(JULY) == ["a"]


def test_what_is_in_force_is_no_draft(ward):
    edition = Edition.objects.get()

    with pytest.raises(NoDraft):
        activate(edition, at=NOON)
    with pytest.raises(NoDraft):
        discard(edition)

    assert Boundary.objects.count() == 2


def test_an_empty_draft_is_not_put_in_force(ward):
    draft = keep_draft(sheet(), kind=ward, on=JULY)

    with pytest.raises(NoDraft, match="nothing on this draft"):
        activate(draft, at=NOON)

    assert there(JULY) == ["a"]


def test_a_last_day_before_the_first_is_refused(ward):
    with pytest.raises(EditionOutOfOrder, match="is before the first"):
        keep_draft(sheet(a=A), kind=ward, on=JULY, until=JUNE)

    assert not Edition.objects.drafts().exists()


def test_what_is_thrown_away_takes_with_it_only_what_nothing_else_knows(ward):
    heir = PlaceFactory.create(kind=ward, code="heir")
    PlaceSuccession.objects.create(
        predecessor=Place.objects.get(code="a"), successor=heir, on=JULY
    )
    draft = keep_draft(sheet(a=A, heir=B, new=WIDER_A), kind=ward, on=JULY)
    twin = keep_draft(sheet(also=B, new=WIDER_A), kind=ward, on=JULY)

    discard(draft)
    left = set(Place.objects.values_list("code", flat=True))
    discard(twin)

    assert left == {"a", "b", "heir", "also", "new"}
    assert set(Place.objects.values_list("code", flat=True)) == {"a", "b", "heir"}
    assert Edition.objects.count() == 1
    assert Boundary.objects.count() == 2
    with pytest.raises(NoDraft, match="thrown away"):
        discard(draft)


def test_rolled_back_the_map_is_as_it_was_and_what_was_believed_stays_on_record(ward):
    before = believed()
    draft = keep_draft(sheet(a=WIDER_A, c=NARROWER_B), kind=ward, on=JULY)
    activate(draft, at=NOON)
    meanwhile = there(JULY)

    changes = roll_back(draft, at=LATER)

    assert believed() == before
    assert changes == Changes(opened=("b",), closed=("c",), changed=("a",))
    assert (meanwhile, there(JULY)) == (["a"], ["a"])
    known = locate((106.76, 10.8), on=JULY, known_at=NOON)
    assert [area.code for area in known.areas] == ["a"]
    assert locate((106.76, 10.8), on=JULY).areas[0].code == "b"
    assert draft.withdrawn_at == LATER
    assert_nothing_is_left_over()


def test_one_edition_after_the_other_is_rolled_back_to_where_it_began(ward):
    states, editions = [believed()], []
    steps = [
        (JUNE, {"a": WIDER_A, "b": NARROWER_B}, None),
        (JULY, {"a": WIDER_A, "c": NARROWER_B}, AUGUST),
        (AUGUST, {"a": A, "c": NARROWER_B}, None),
    ]
    for on, shapes, until in steps:
        editions.append(keep_draft(sheet(**shapes), kind=ward, on=on, until=until))
        activate(editions[-1], at=NOON)
        states.append(believed())

    for number in (2, 1):
        roll_back(editions[number], at=NOON)
        assert believed()[0][2:] == states[number][0][2:]
    again = keep_draft(sheet_of(editions[1]), kind=ward, on=JULY, until=AUGUST)
    activate(again, at=NOON)
    redone = believed()
    roll_back(again, at=NOON)
    roll_back(editions[0], at=NOON)

    def of(state):
        return [(code, days, shape) for code, _edition, days, shape, _pieces in state]

    assert of(redone) == of(states[2])
    assert of(believed()) == of(states[0])
    assert_nothing_is_left_over()


def test_only_the_newest_edition_is_rolled_back(ward):
    first = Edition.objects.get()
    published(ward, JUNE, a=WIDER_A)

    with pytest.raises(NotToBeRolledBack, match="2025-06-01 came after"):
        roll_back(first, at=NOON)

    assert there(JULY) == ["a"]


def test_what_is_not_in_force_is_not_rolled_back(ward):
    draft = keep_draft(sheet(a=WIDER_A), kind=ward, on=JULY)

    with pytest.raises(NotToBeRolledBack):
        roll_back(draft, at=NOON)
    activate(draft, at=NOON)
    roll_back(draft, at=LATER)
    with pytest.raises(NotToBeRolledBack):
        roll_back(draft, at=LATER)

    assert there(JULY) == ["a"]


def test_a_sketch_that_gave_way_is_back_when_the_map_is_rolled_back():
    ward = PlaceKindFactory.create()
    publish(sheet(is_approximate=True, a=A), kind=ward, on=JUNE, at=NOON)
    draft = keep_draft(sheet(a=WIDER_A), kind=ward, on=JUNE)
    activate(draft, at=LATER)

    roll_back(draft, at=LATER)

    assert locate(THERE, on=JUNE).approximate
    assert Edition.objects.published().get().is_approximate


def test_the_city_drawn_round_its_wards_follows_them_and_goes_back_with_them(ward):
    city = PlaceKindFactory.create(code="city", rank=1)
    around = outline_of(ward, on=MAY, code="79", name="Thành phố")
    publish(around, kind=city, on=MAY, at=NOON)
    beyond = (106.7, 10.9)
    draft = keep_draft(sheet(a=A, b=B, c=square(106.65, 10.85)), kind=ward, on=JULY)

    activate(draft, at=NOON)
    grown = [area.code for area in locate(beyond, on=JULY).areas]
    roll_back(draft, at=LATER)

    assert grown == ["c", "79"]
    assert locate(beyond, on=JULY).areas == ()
    assert there(JULY) == ["a", "79"]
    assert there(JULY, known_at=NOON) == ["a", "79"]
    assert Place.objects.filter(kind=city).count() == 1
    assert_nothing_is_left_over()


def test_a_city_that_stays_as_it_was_keeps_its_row(ward):
    city = PlaceKindFactory.create(code="city", rank=1)
    around = outline_of(ward, on=MAY, code="79", name="Thành phố")
    publish(around, kind=city, on=MAY, at=NOON)
    draft = keep_draft(sheet(c=A, d=B), kind=ward, on=JULY)

    activate(draft, at=LATER)

    assert Edition.objects.filter(kind=city).count() == 1
    assert Boundary.objects.filter(place__kind=city).count() == 1


def test_what_ends_is_succeeded_by_what_lies_there_until_it_is_rolled_back(ward):
    over_b = square(106.8, 10.75, 0.05)
    draft = keep_draft(sheet(c=WIDER_A, d=over_b), kind=ward, on=JULY)

    activate(draft, at=NOON)
    heirs = {
        code: [(heir.place.code, heir.share) for heir in resolve(code, on=JULY).heirs]
        for code in ("a", "b")
    }
    roll_back(draft, at=LATER)

    assert heirs == {
        "a": [("c", pytest.approx(1, abs=1e-3))],
        "b": [
            ("d", pytest.approx(0.25, abs=1e-3)),
            ("c", pytest.approx(0.2, abs=1e-3)),
        ],
    }
    assert not PlaceSuccession.objects.exists()
    assert not resolve("a", on=JULY).is_former


def test_what_changes_is_told_place_by_place_with_its_ground(ward):
    drawings = (
        Drawing(code="a", name="Phường A", shape=WIDER_A),
        Drawing(code="c", name="Phường C", shape=NARROWER_B),
    )
    draft = keep_draft(replace(sheet(), drawings=drawings), kind=ward, on=JULY)

    told = {each.code: each for each in compare(draft)}

    assert {code: each.what for code, each in told.items()} == {
        "a": Change.REDRAWN,
        "b": Change.CLOSED,
        "c": Change.OPENED,
    }
    assert (told["a"].name, told["a"].was_named) == ("Phường A", "Ward a")
    assert told["a"].gained_km2 == pytest.approx(
        told["a"].after_km2 - told["a"].before_km2, rel=1e-3
    )
    assert (told["a"].lost_km2, told["a"].share_moved) == (0, 0)
    assert told["b"].share_moved == 1
    assert told["c"].gained_km2 == told["c"].after_km2 > 0


def test_an_edition_in_force_tells_the_same_as_its_draft_did(ward):
    draft = keep_draft(sheet(a=WIDER_A, b=B), kind=ward, on=JULY)
    before = compare(draft)

    activate(draft, at=NOON)

    assert compare(draft) == before
    assert [each.what for each in before] == [Change.REDRAWN, Change.KEPT]


def test_however_many_places_there_are_the_statements_are_as_many(ward):
    def statements(count):
        kind = PlaceKindFactory.create()
        one = {f"w{n}": square(100 + n, 10) for n in range(count)}
        other = {f"x{n}": square(100 + n, 10) for n in range(count)}
        published(kind, MAY, **one)
        with CaptureQueriesContext(
            connection,
        ) as made:
            draft = keep_draft(sheet(**other), kind=kind, on=JULY)
            compare(draft)
            activate(draft, at=NOON)
            roll_back(draft, at=LATER)
            discard(keep_draft(sheet(**other), kind=kind, on=JULY))
        return len(made)

    assert statements(2) == statements(20)


@pytest.mark.django_db(transaction=True)
def test_two_who_put_one_draft_in_force_at_once_do_it_once():
    ward = PlaceKindFactory.create()
    published(ward, MAY, a=A)
    draft = keep_draft(sheet(a=WIDER_A), kind=ward, on=JULY)
    together, outcomes = Barrier(2), []

    def press():
        together.wait()
        try:
            activate(Edition.objects.get(pk=draft.pk), at=NOON)
            outcomes.append("done")
        except NoDraft:
            outcomes.append("refused")
        finally:
            connections.close_all()

    pressing = [Thread(target=press) for _ in range(2)]
    for each in pressing:
        each.start()
    for each in pressing:
        each.join()

    assert sorted(outcomes) == ["done", "refused"]
    assert Boundary.objects.known().in_force(on=JULY).count() == 1
