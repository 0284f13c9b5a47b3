from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from gis_data.crosswalk import agreement, measure, overlay
from gis_data.drafting import activate, keep_draft
from gis_data.errors import UnreadableTable
from gis_data.models import Place, PlaceSuccession
from gis_data.succession import (
    codes_on,
    heirs_of,
    keep_measured,
    keep_official,
    law_of,
    resolve,
    resolve_all,
)
from gis_data.succession_table import Columns, Row, read_table
from tests.factories import (
    PlaceFactory,
    PlaceKindFactory,
    published,
    sheet,
    square,
)
from tests.gis_data.conftest import feature

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MERGER, REFORM = date(2021, 1, 1), date(2025, 7, 1)
WEST, EAST, BOTH = square(106.6, 10.7), square(106.7, 10.7), square(106.6, 10.7, 0.2)


@pytest.fixture
def ward():
    kind = PlaceKindFactory.create(code="ward", rank=4)
    published(kind, REFORM, **{"27139": WEST, "27142": EAST})
    Place.objects.filter(code="27139").update(
        name="Phường Xuân Hoà", search_key="phường xuan hoà"
    )
    for place in kind.places.all():
        place.name = {"27139": "Phường Xuân Hoà", "27142": "Phường Nhiêu Lộc"}[
            place.code
        ]
        place.save()
    return kind


@pytest.fixture
def former():
    return PlaceKindFactory.create(code="former_ward", rank=3)


@pytest.fixture
def district():
    return PlaceKindFactory.create(code="district", rank=2)


def row(code, name, into_code, into, **more):
    three = {"part_code": "770", "part": "Quận 3"}
    return Row(code=code, name=name, into_code=into_code, into=into, **three | more)


@pytest.fixture
def table(ward, former, district):
    """The table of a reform, and of a merger before it."""
    reform = [
        row("27139", "Phường Võ Thị Sáu", "27139", "Phường Xuân Hòa"),
        row("27148", "Phường 4", "27139", "Phường Xuân Hòa"),
        row("27148", "Phường 4", "27142", "Phường Nhiêu Lộc"),
    ]
    merger = [
        row("27121", "Phường 8", "27139", "Phường Võ Thị Sáu", on=MERGER),
        row("27139-2020", "Phường 6", "27139", "Phường Võ Thị Sáu", on=MERGER),
    ]

    def keep():
        about = {"around": district, "on": REFORM, "source": "NQ 1685"}
        return [
            keep_official(reform, before=former, after=ward, **about),
            keep_official(merger, before=former, after=former, **about),
        ]

    return keep


def told(code, on=REFORM):
    found = resolve(code, on=on)
    return [heir.place.code for heir in found.heirs]


def test_the_official_table_is_kept_once_however_often_it_is_read(table):
    first = table()
    rows = set(PlaceSuccession.objects.values_list("predecessor", "successor", "on"))

    assert table() == first
    assert (first[0].places, first[0].pairs, first[0].unmatched) == (2, 5, ())
    assert rows == set(
        PlaceSuccession.objects.values_list("predecessor", "successor", "on")
    )
    assert len(rows) == 7


def test_a_former_ward_is_another_place_than_the_ward_that_has_its_code(table):
    table()

    before = Place.objects.get(kind__code="former_ward", code="27139")
    with override("vi"):
        assert before.former_label == "Phường Võ Thị Sáu (Quận 3 cũ)"
        assert before.part_of.former_label == "Quận 3 cũ"
    assert Place.objects.get(kind__code="ward", code="27139").name == "Phường Xuân Hoà"


def test_a_name_whose_tone_mark_stands_elsewhere_is_the_same_name(table):
    kept, _merged = table()

    assert kept.unmatched == ()


def test_a_row_whose_heir_is_not_on_the_map_is_told(ward, former):
    rows = [
        row("1", "Phường 1", "99999", "Phường Không Có"),
        row("2", "Phường 2", "27139", "Phường Khác"),
        row("3", "Phường 3", "", "phường nhiêu lộc"),
    ]

    kept = keep_official(
        rows, before=former, after=ward, around=None, on=REFORM, source="x"
    )

    assert kept.unmatched == (
        "99999 Phường Không Có: not on the map",
        "27139 Phường Khác: called Phường Xuân Hoà on the map",
    )
    assert (told("1"), told("2"), told("3")) == ([], ["27139"], ["27142"])


def test_a_code_of_before_leads_to_what_is_in_force_through_every_reform(table):
    table()

    assert told("27121") == told("27139-2020") == ["27139"]
    assert told("27148") == ["27142", "27139"]
    assert told("770") == ["27142", "27139"]
    assert told("former_ward:27139") == ["27139"]


def test_a_code_in_force_means_the_place_of_today_and_then_every_place_that_had_it(
    table,
):
    table()

    found = resolve("27139", on=REFORM)

    assert not found.is_former
    assert [place.kind.code for place in found.asked] == ["ward"]
    assert found.today == {found.asked[0].pk}
    assert found.then == set(
        Place.objects.filter(code="27139").values_list("pk", flat=True)
    )


def test_before_the_reform_the_ward_of_that_day_is_meant(table, former):
    table()
    published(former, MERGER, **{"27139": WEST, "27148": EAST})

    found = resolve("27139", on=date(2023, 1, 1))

    assert [place.kind.code for place in found.asked] == ["former_ward"]
    assert told("27121", date(2023, 1, 1)) == ["27139"]


def test_a_code_nobody_ever_had_means_nothing(table):
    table()

    assert resolve("00000", on=REFORM) is None
    assert resolve("ward:27148", on=REFORM) is None


def test_a_place_that_nothing_succeeded_stays_what_was_asked_for(former):
    place = PlaceFactory.create(kind=former, code="lost")

    found = resolve("lost", on=REFORM)

    assert (found.is_former, found.heirs, found.today) == (True, (), {place.pk})


def test_where_the_law_names_the_heirs_the_map_adds_none(table, former, ward):
    table()
    old = Place.objects.get(kind=former, code="27139")
    PlaceSuccession.objects.create(
        predecessor=old,
        successor=Place.objects.get(code="27142"),
        on=REFORM,
        share=0.2,
    )

    assert told("former_ward:27139") == ["27139"]


def test_shares_are_measured_over_the_ground_and_kept_beside_the_law(
    table, former, ward, district
):
    table()
    sliver = square(106.6999, 10.7, 0.0101)
    published(former, MERGER, **{"27139": WEST, "27148": EAST, "thin": sliver})
    published(district, MERGER, **{"770": BOTH})

    measured = measure(kind_before=former, kind_after=ward, on=REFORM)
    kept = keep_measured(measured, on=REFORM, source="measured")
    districts = measure(kind_before=district, kind_after=ward, on=REFORM)
    keep_measured(districts, on=REFORM, source="measured")

    shares = {
        (each.predecessor.code, each.successor.code): each.share
        for each in PlaceSuccession.objects.filter(share__isnull=False)
    }
    assert kept == 3
    assert shares["27139", "27139"] == pytest.approx(1, abs=1e-6)
    assert shares["thin", "27142"] == pytest.approx(0.9901, abs=1e-3)
    assert ("thin", "27139") not in shares
    assert PlaceSuccession.objects.get(predecessor__code="thin").is_official is False
    assert PlaceSuccession.objects.get(
        predecessor__kind=former, predecessor__code="27139", on=REFORM
    ).is_official


def test_an_heir_too_small_to_be_meant_is_left_out_but_is_law(table, former, ward):
    table()
    four = PlaceSuccession.objects.filter(predecessor__code="27148")
    four.filter(successor__code="27142").update(share=0.999)
    four.filter(successor__code="27139").update(share=0.001)

    assert told("27148") == ["27142"]
    assert law_of(before=former, after=ward, on=REFORM)["27148"] == {"27139", "27142"}


def test_places_that_became_each_other_lead_nowhere_for_ever(ward, former):
    one, other = PlaceFactory.create_batch(2, kind=former)
    for old, new in ((one, other), (other, one)):
        PlaceSuccession.objects.create(predecessor=old, successor=new, on=REFORM)

    assert heirs_of([one.pk], on=REFORM) == {one.pk: ()}


@pytest.mark.parametrize("codes", [["27148"], ["27148", "27121", "770", "27142"]])
def test_however_many_codes_are_asked_two_statements_answer(table, codes):
    table()

    with CaptureQueriesContext(connection) as made:
        found = resolve_all(codes, on=REFORM)
        assert all(
            place.former_label for each in found.values() for place in each.asked
        )

    assert len(made) == 2
    assert found.keys() == set(codes)


def test_a_code_means_what_had_it_on_the_day_of_the_file(former):
    for code in ("27139", "27139-2020", "27139-1997", "A-1"):
        PlaceFactory.create(kind=former, code=code)

    assert codes_on(former, on=date(2019, 4, 1)) == {"27139": "27139-2020"}
    assert codes_on(former, on=date(1990, 1, 1)) == {"27139": "27139-1997"}
    assert codes_on(former, on=date(2021, 1, 1)) == {}


def test_a_table_is_read_by_its_own_columns(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("\ufeffma,ten,moi,ngay\n1, Phường  1 ,2,2021-01-01\n", "utf-8")
    columns = Columns(code="ma", name="ten", into_code="moi", into="", on="ngay")

    (read,) = read_table(path, columns=columns)

    assert read == Row(code="1", name="Phường 1", into_code="2", into="", on=MERGER)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("old_code,old_name,new_code\n1,a,2\n", "no column new_name"),
        ("old_code,old_name,new_code,new_name\n,a,2,b\n", "row 2: it names no place"),
        ("old_code,old_name,new_code,new_name\n1,a,,\n", "row 2: it names no place"),
    ],
)
def test_a_table_that_says_too_little_is_refused(tmp_path, text, why):
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")

    with pytest.raises(UnreadableTable, match=why):
        read_table(path, columns=Columns())


def test_what_a_map_shows_is_held_against_what_the_law_says():
    ground = {"a": BOTH, "b": WEST, "c": EAST}
    measured = overlay(ground, {"x": WEST, "y": EAST})

    found = agreement(measured, {("a", "x"), ("b", "x"), ("b", "y")})

    assert found.telling == 4
    assert found.telling_official == 2
    assert [(each.before, each.after) for each in found.unnamed] == [
        ("c", "y"),
        ("a", "y"),
    ]
    assert found.unseen == (("b", "y"),)
    assert found.strange == ("c",)
    assert found.of_area == pytest.approx(0.5, abs=1e-3)


def test_the_command_tells_both_figures_and_what_does_not_fit(table, geojson, tmp_path):
    table()
    file = geojson(
        feature("27139", WEST, name="Phường 6"),
        feature("27148", square(106.64, 10.7), name="Phường 4"),
        feature("77777", square(106.72, 10.72, 0.05), name="Phường Lạ"),
        feature("88888", square(107.5, 10.7), name="Xã Ngoài"),
    )
    written, said = tmp_path / "pairs.csv", StringIO()

    call_command(
        "crosswalk",
        on=REFORM,
        file=file,
        drawn=date(2019, 4, 1),
        csv=written,
        stdout=said,
    )

    told = said.getvalue()
    assert "4 places of before; the law names no heir of 1." in told
    assert "77777 is not known here" in told
    assert "1 of them had become others before that day." in told
    assert "; 120.99 km² of before lie in none and are left out." in told
    assert "75.00% of the 4 pairs of 5% or more" in told
    with written.open(encoding="utf-8") as file:
        pairs = [
            (each["before"], each["after"], each["law"])
            for each in csv.DictReader(file)
        ]
    assert pairs == [
        ("27139-2020", "27139", "yes"),
        ("27148", "27139", "yes"),
        ("27148", "27142", "yes"),
        ("77777", "27142", "no"),
    ]


def test_what_is_only_drafted_is_not_known_by_its_code(ward):
    keep_draft(sheet(secret=WEST), kind=ward, on=date(2030, 1, 1))

    assert resolve("secret", on=REFORM) is None
    assert resolve("secret", on=date(2030, 1, 1)) is None


def test_a_place_is_known_from_its_first_day_on_and_also_after_its_last(ward):
    begins, ends = date(2030, 1, 1), date(2031, 1, 1)
    activate(keep_draft(sheet(new=WEST), kind=ward, on=begins), at=NOON)
    activate(keep_draft(sheet(newer=WEST), kind=ward, on=ends), at=NOON)

    assert resolve("new", on=REFORM) is None
    assert not resolve("new", on=begins).is_former
    assert [heir.place.code for heir in resolve("new", on=ends).heirs] == ["newer"]
    assert [heir.place.code for heir in resolve("27142", on=ends).heirs] == []
