from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier, Thread

import pytest
from django.conf import settings
from django.contrib.gis.geos import LineString, MultiLineString
from django.core.cache import cache
from django.db import connections
from django.utils.translation import override

from gis_data.addresses import Kind, Sure, holding, locate_address, suggest
from gis_data.addresses.gazetteer import read_gazetteer
from gis_data.addresses.holding import forget
from gis_data.drafting import activate, keep_draft
from gis_data.importing import Drawing
from gis_data.models import Place, PlaceSuccession
from gis_data.publishing import publish
from gis_data.streets import Listed, keep_streets
from tests.factories import PlaceKindFactory, sheet, square
from tests.factories.real_city import checked_once, real_map

FOLDER = Path(settings.GIS_DATA_DIR)
AS_SAID = Path(__file__).with_name("addresses_as_said.csv")
BEFORE, LAST, REFORM = date(2020, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
TODAY = date(2026, 1, 1)


def named(kind, start, until=None, **names):
    """Places with names, side by side from west to east, in force between two days."""
    squares = {code: square(106.5 + turn / 10, 10.7) for turn, code in enumerate(names)}
    at = datetime(start.year, start.month, start.day, 12, tzinfo=UTC)
    publish(sheet(**squares), kind=kind, on=start, until=until, at=at)
    for code, name in names.items():
        kind.places.filter(code=code).update(name=name)


def line(*points):
    return MultiLineString(LineString(*points, srid=4326), srid=4326)


@pytest.fixture
def city(db):
    """Two districts that were, their wards of before, and the wards there now."""
    district = PlaceKindFactory.create(code="district", rank=2)
    former = PlaceKindFactory.create(code="former_ward", rank=3)
    ward = PlaceKindFactory.create(code="ward", rank=4)
    named(district, BEFORE, LAST, d5="Quận 5", dg="Quận Gò Vấp")
    named(former, BEFORE, LAST, f1="Phường 4", f2="Phường 17")
    named(ward, REFORM, w1="Phường Chợ Quán", w2="Phường Gò Vấp")
    place = {each.code: each for each in Place.objects.all()}
    for part, whole in (("f1", "d5"), ("f2", "dg")):
        Place.objects.filter(code=part).update(part_of=place[whole])
    for old, new in (("f1", "w1"), ("f2", "w2")):
        PlaceSuccession.objects.create(
            predecessor=place[old], successor=place[new], on=REFORM, is_official=True
        )
    return place


@pytest.fixture
def streets(city):
    """One of both wards, one of the first alone, which cross, and an alley."""
    first, second = city["w1"].pk, city["w2"].pk
    keep_streets(
        [
            Listed(
                name="Đường Lê Văn Sỹ",
                place_id=first,
                shape=line((106.51, 10.75), (106.6, 10.75)),
            ),
            Listed(
                name="Lê Văn Sỹ",
                place_id=second,
                shape=line((106.6, 10.75), (106.69, 10.75)),
            ),
            Listed(
                name="Nguyễn Trãi",
                place_id=first,
                shape=line((106.55, 10.71), (106.55, 10.79)),
            ),
            Listed(
                name="Hẻm 115/6 Lê Văn Sỹ",
                place_id=second,
                shape=line((106.65, 10.75), (106.65, 10.751)),
            ),
        ],
        source="test",
    )


def found(typed, on=TODAY):
    """The places that are offered, by name: wards of today, and districts of before."""
    return [
        (one.was if one.kind is Kind.FORMER else one.place).name
        for one in suggest(typed, on=on)
    ]


def first(typed, **asked):
    return suggest(typed, on=TODAY, **asked)[0]


@pytest.mark.parametrize(
    "typed",
    ["Chợ Quán", "cho quan", "CHO  QUÁN", "p. chợ quán", "p.cho quan", "phuong cho q"],
)
def test_a_ward_is_found_however_it_is_typed(city, typed):
    assert found(typed)[0] == "Phường Chợ Quán"


@pytest.mark.parametrize("typed", ["quan 5", "q5", "Q.5", "quận 5"])
def test_a_district_that_was_leads_to_the_wards_there_now(city, typed):
    assert found(typed) == ["Quận 5", "Phường Chợ Quán"]


def test_a_ward_tells_what_it_was_and_only_what_is_no_more(city):
    (ward,) = suggest("chợ quán", on=TODAY)

    assert (ward.place.code, ward.kind) == ("w1", Kind.PLACE)
    assert ward.formerly == ("P. 4", "Quận 5")
    assert ward.box[0] < ward.middle[0] < ward.box[2]


def test_a_sliver_of_a_district_next_door_is_not_what_a_ward_was(city):
    PlaceSuccession.objects.create(
        predecessor=city["dg"], successor=city["w1"], on=REFORM, share=0.03
    )

    (ward,) = suggest("chợ quán", on=TODAY)

    assert ward.formerly == ("P. 4", "Quận 5")


def test_a_ward_of_before_is_the_ward_that_lies_there_now(city):
    ward = first("P.17, Q. Gò Vấp")

    assert (ward.place.code, ward.was.code, ward.sure) == ("w2", "f2", Sure.SURE)
    assert ward.formerly == ("P. 17", "Quận Gò Vấp")
    with override("vi"):
        assert "P. 17, Quận Gò Vấp (cũ)" in ward.detail


def test_a_ward_that_no_map_holds_leads_to_what_it_was_in(city):
    offered = suggest("P.99 Gò Vấp", on=TODAY)

    assert {one.sure for one in offered} == {Sure.LOOSE}
    assert set(found("P.99 Gò Vấp")) == {"Phường Gò Vấp", "Quận Gò Vấp"}


def test_a_number_is_that_number_and_not_its_beginning(city):
    assert found("quận 50") == []


def test_on_an_earlier_day_its_own_places_are_those_of_today(city):
    (district,) = suggest("q5", on=date(2024, 1, 1))

    assert (district.place.name, district.kind) == ("Quận 5", Kind.PLACE)


@pytest.mark.parametrize("typed", ["", "  ", "???", "không đâu", "17", "p", "(", "\\"])
def test_what_means_nothing_finds_nothing(city, typed):
    assert found(typed) == []


def test_names_are_read_once_and_then_cost_nothing(city, django_assert_max_num_queries):
    first("q5")

    with django_assert_max_num_queries(0):
        first("q5 ")
        first("chợ quán")


def test_whether_names_are_as_they_were_is_one_statement(
    city, django_assert_num_queries
):
    first("q5")
    cache.clear()

    with django_assert_num_queries(1):
        first("q5")


def test_what_is_published_or_listed_meanwhile_is_found(city):
    assert found("Phan Xích Long") == []

    keep_streets([Listed(name="Phan Xích Long", place_id=city["w1"].pk)], source="new")
    cache.clear()

    assert first("phan xich long").place.code == "w1"


def test_a_place_that_is_called_otherwise_is_found_by_its_new_name(city):
    assert found("phường mới tinh") == []

    city["w1"].name = "Phường Mới Tinh"
    city["w1"].save()
    cache.clear()

    assert first("phường mới tinh").place.code == "w1"


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_as_a_day_begins_one_reads(city, monkeypatch):
    forget()
    cache.clear()
    together, read = Barrier(4), []

    def counted(**asked):
        read.append(asked["on"])
        return read_gazetteer(**asked)

    def ask():
        together.wait()
        suggest("q5", on=TODAY)
        connections.close_all()

    monkeypatch.setattr(holding, "read_gazetteer", counted)
    asking = [Thread(target=ask) for _ in range(4)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()

    assert read == [TODAY]


def test_a_map_of_a_day_to_come_is_read_on_that_day_and_not_before(city):
    last, reform = date(2029, 12, 31), date(2030, 1, 1)
    ward = city["w1"].kind
    drawn = Drawing(code="n1", name="Phường Ngày Mai", shape=square(106.5, 10.7))
    tomorrow = replace(sheet(), drawings=(drawn,))
    draft = keep_draft(tomorrow, kind=ward, on=reform)
    drafted = found("ngày mai", on=reform)

    activate(draft, at=datetime(2029, 1, 1, tzinfo=UTC))
    cache.clear()

    assert drafted == []
    assert (found("ngày mai", on=last), found("ngày mai", on=reform)) == (
        [],
        ["Phường Ngày Mai"],
    )


def test_a_street_of_two_wards_is_offered_in_both_and_the_said_one_first(streets):
    everywhere = suggest("Lê Văn Sỹ", on=TODAY)
    there = first("lê văn sỹ quận gò vấp")

    assert {one.place.code for one in everywhere} == {"w1", "w2"}
    assert {one.sure for one in everywhere} == {Sure.LIKELY}
    assert (there.place.code, there.sure) == ("w2", Sure.SURE)


def test_what_lies_near_where_one_looks_comes_first(streets):
    west, east = (106.52, 10.75), (106.68, 10.75)

    assert first("Lê Văn Sỹ", near=west).place.code == "w1"
    assert first("Lê Văn Sỹ", near=east).place.code == "w2"


@pytest.mark.parametrize(
    "typed",
    [
        "le van sy p4 q5",
        "Leej Vawn Syx quaanj 5",
        "Le6 Va8n Sy4, qua65n 5",
        "lêvănsỹ q5",
    ],
)
def test_a_street_is_found_however_its_letters_were_struck(streets, typed):
    street = first(typed)

    assert (street.street, street.place.code) == ("Lê Văn Sỹ", "w1")


def test_one_slip_is_mended_only_where_nothing_is_as_typed(streets):
    slip, right = first("nguyen tray"), first("nguyen trai")

    assert (slip.street, slip.sure) == ("Nguyễn Trãi", Sure.LOOSE)
    assert (right.street, right.sure) == ("Nguyễn Trãi", Sure.SURE)


@pytest.mark.parametrize(
    ("typed", "number", "alley"),
    [
        ("12 Lê Văn Sỹ", "12", ""),
        ("số nhà 12A đường Lê Văn Sỹ", "12A", ""),
        ("lê văn sỹ số 12", "12", ""),
        ("12-14 lê văn sỹ", "12-14", ""),
        ("115/6/3 Lê Văn Sỹ", "115/6/3", ""),
        ("115 xuyệt 6 lê văn sỹ", "115/6", ""),
        ("hẻm 115/6 Lê Văn Sỹ", "", "115/6"),
        ("số 3 hẻm 115/6 lê văn sỹ", "3", "115/6"),
    ],
)
def test_house_and_alley_are_kept_as_they_were_said(streets, typed, number, alley):
    street = first(typed)

    assert (street.number, street.alley) == (number, alley)
    assert street.in_alley == bool(alley or "/" in number)
    assert street.street == "Lê Văn Sỹ"


def test_an_alley_that_is_on_the_map_tells_in_which_ward(streets):
    alley, elsewhere = first("115/6/3 Lê Văn Sỹ"), first("99/6/3 Lê Văn Sỹ")

    assert (alley.place.code, alley.sure) == ("w2", Sure.SURE)
    assert alley.middle == pytest.approx((106.65, 10.7505), abs=1e-4)
    assert elsewhere.sure is Sure.LIKELY


def test_a_stretch_keeps_both_its_numbers(streets):
    street = first("đoạn từ số 120 tới số 200 Nguyễn Trãi")

    assert (street.stretch, street.number) == (("120", "200"), "")
    assert street.street == "Nguyễn Trãi"


@pytest.mark.parametrize(
    "typed",
    ["ngã tư Lê Văn Sỹ \N{EN DASH} Nguyễn Trãi", "góc nguyễn trãi và lê văn sỹ"],
)
def test_a_corner_is_where_its_two_streets_meet(streets, typed):
    corner = first(typed)

    assert (corner.kind, corner.place.code) == (Kind.JUNCTION, "w1")
    assert corner.middle == pytest.approx((106.55, 10.75))


def test_a_street_that_is_not_known_says_so_and_offers_the_ward(streets):
    ward = first("45 đường Hoàng Diệu 2, phường chợ quán")

    assert (ward.kind, ward.place.code) == (Kind.PLACE, "w1")
    assert (ward.unknown_street, ward.number) == ("Hoàng Diệu 2", "45")
    assert ward.sure is Sure.LIKELY
    assert not ward.is_placed


def test_a_street_that_is_not_in_the_said_ward_leaves_the_ward_first(streets):
    here, there = suggest("Nguyễn Trãi, P.17 Gò Vấp", on=TODAY)

    assert (here.place.code, here.unknown_street) == ("w2", "Nguyễn Trãi")
    assert (there.place.code, there.sure) == ("w1", Sure.LOOSE)


def test_only_what_can_mean_one_place_is_located(streets):
    assert locate_address("Nguyễn Trãi, Quận 5", on=TODAY).place.code == "w1"
    assert locate_address("Lê Văn Sỹ", on=TODAY) is None
    assert locate_address("không đâu", on=TODAY) is None


def test_the_reader_is_told_in_their_language_old_and_new_together(streets):
    one = first("115/6 lê văn sỹ")

    with override("vi"):
        assert one.label == "115/6 Lê Văn Sỹ, Phường Gò Vấp"
        assert "P. 17, Quận Gò Vấp (cũ)" in one.detail
    with override("en"):
        assert "formerly P. 17, Quận Gò Vấp" in one.detail


def test_what_is_long_or_strange_is_answered_all_the_same(streets):
    for typed in ("a" * 5000, "1/" * 500, "lê " * 300, "😀 ” ' ; --", "\u0301\u0301"):
        assert suggest(typed, on=TODAY) is not None


def test_a_city_without_words_of_its_own_still_finds_by_name(streets, settings):
    settings.CITY = replace(settings.CITY, addresses={}, place_words={})

    assert first("nguyễn trãi").street == "Nguyễn Trãi"
    assert found("phường chợ quán")[0] == "Phường Chợ Quán"


with AS_SAID.open(encoding="utf8", newline="") as file:
    SAID = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def real_city(django_db_setup, django_db_blocker):
    """Put the city's map and streets in force once, and take them back at the end."""
    with django_db_blocker.unblock(), real_map():
        checked_once()
        yield


def test_there_are_sixty_addresses_as_callers_say_them():
    assert len({row["said"] for row in SAID}) == len(SAID) >= 60


@pytest.mark.skipif(
    not settings.GIS_DATA_DIR or not (FOLDER / "street_gazetteer_osm.csv").is_file(),
    reason="GIS_DATA_DIR does not name a folder with the real streets",
)
def test_addresses_as_callers_say_them_give_the_expected_first(real_city):
    wrong = []
    for row in SAID:
        offered = suggest(row["said"], on=TODAY)
        if not offered or _read(offered[0]) not in _expected(row):
            wrong.append((row["said"], [_read(one) for one in offered[:2]]))

    assert wrong == []


def _read(one):
    name = {
        Kind.STREET: one.street,
        Kind.JUNCTION: f"{one.street}|{one.crossing}",
        Kind.FORMER: one.was.name if one.was else "",
        Kind.PLACE: "",
    }[one.kind]
    ward = "" if one.kind is Kind.FORMER else one.place.name
    return one.kind.value, name, ward, one.number, one.alley


def _expected(row):
    return {
        (row["kind"], row["name"], ward, row["number"], row["alley"])
        for ward in row["ward"].split("|")
    }
