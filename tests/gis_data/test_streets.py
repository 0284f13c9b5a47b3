from __future__ import annotations

from datetime import date
from io import StringIO
from threading import enumerate as threads

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from gis_data.addresses import suggest
from gis_data.errors import UnreadableStreets
from gis_data.models import Place, Street
from gis_data.streets import StreetFields, keep_streets, read_streets, streets_of_roads
from tests.factories import (
    HERE,
    AssetFactory,
    PlaceKindFactory,
    published,
    road_north_of,
    square,
)

SINCE = date(2025, 7, 1)
NOW = date(2026, 1, 1)


@pytest.fixture
def wards(db):
    """Two wards side by side; their border runs through HERE."""
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, SINCE, a=square(106.6, 10.75), b=square(106.7, 10.75))
    ward.places.filter(code="a").update(name="Phường Hoà Hưng", search_key="")
    for place in Place.objects.all():
        place.save()
    return ward


@pytest.fixture
def names(tmp_path):
    def _names(text, encoding="utf8"):
        path = tmp_path / "names.csv"
        path.write_text(text, encoding=encoding)
        return path

    return _names


def test_a_road_over_a_border_is_a_street_of_both_wards(wards):
    AssetFactory.create(name="Bà Hạt", shape=road_north_of(HERE, 0))

    keep_streets(
        streets_of_roads(asset_kind="road", kind="ward", on=NOW), source="roads"
    )

    rows = {row.place.code: row for row in Street.objects.select_related("place")}
    assert {row.name for row in rows.values()} == {"Bà Hạt"}
    west, east = rows["a"].shape.extent, rows["b"].shape.extent
    assert west[2] == pytest.approx(106.7) == east[0]


def test_a_road_that_only_touches_a_ward_is_no_street_of_it(wards):
    AssetFactory.create(
        name="Bà Hạt", shape="SRID=4326;LINESTRING(106.65 10.8,106.7 10.8)"
    )

    streets = streets_of_roads(asset_kind="road", kind="ward", on=NOW)

    assert [Place.objects.get(pk=each.place_id).code for each in streets] == ["a"]


def test_a_list_finds_its_wards_wherever_the_tone_stands(wards, names):
    path = names("ten,phuong\nBà Hạt,Phường Hòa Hưng\nBà Hạt,Phường Ở Đâu\n,Ward b\n")

    listed = read_streets(
        path, kind="ward", on=NOW, fields=StreetFields(name="ten", place="phuong")
    )

    assert [each.name for each in listed.streets] == ["Bà Hạt"]
    assert len(listed.refused) == 2
    assert "Ở Đâu" in listed.refused[0]


def test_a_list_of_names_takes_no_line_away(wards, names):
    AssetFactory.create(name="Bà Hạt", shape=road_north_of(HERE, 0))
    roads = streets_of_roads(asset_kind="road", kind="ward", on=NOW)
    keep_streets(roads, source="roads")
    path = names("name,place\nBà Hạt,Ward b\nTô Hiến Thành,Ward b\n")

    done = keep_streets(
        read_streets(path, kind="ward", on=NOW).streets, source="names.csv"
    )

    assert (done.new, done.changed, done.kept) == (1, 0, 1)
    assert Street.objects.filter(name="Bà Hạt", shape=None).count() == 0


def test_of_a_complete_list_what_is_left_out_goes(wards, names):
    path = names("name,place\nBà Hạt,Ward b\nCửu Long,Ward b\n")
    keep_streets(read_streets(path, kind="ward", on=NOW).streets, source="list")
    path = names("name,place\nBà Hạt,Ward b\n")

    listed = read_streets(path, kind="ward", on=NOW)
    done = keep_streets(listed.streets, source="list", is_complete=True)

    assert (done.gone, Street.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "text", ["tên\nBà Hạt\n", "", "name\tplace\nBà Hạt\tWard b\n", "\x00\x00"]
)
def test_what_is_no_list_is_refused_with_its_cause(wards, names, text):
    with pytest.raises(UnreadableStreets, match=r"names\.csv"):
        read_streets(names(text), kind="ward", on=NOW)


def test_a_list_in_another_encoding_is_refused(wards, names):
    with pytest.raises(UnreadableStreets):
        read_streets(names("name,place\nBà,b\n", "utf-16"), kind="ward", on=NOW)


def test_the_command_keeps_nothing_unless_told_to(wards, names):
    path, said = names("name,place\nBà Hạt,Ward b\n"), StringIO()

    call_command("load_streets", path, on=NOW, stdout=said)
    assert not Street.objects.exists()
    call_command("load_streets", path, on=NOW, commit=True, stdout=said)

    assert Street.objects.get().source == "names.csv"
    assert "Nothing was kept" in said.getvalue()
    with pytest.raises(CommandError):
        call_command("load_streets", stdout=said)


@pytest.mark.django_db(transaction=True)
def test_the_names_of_before_serve_while_those_of_now_are_read(transactional_db):
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, SINCE, b=square(106.7, 10.75))
    assert suggest("Bà Hạt", on=NOW) == ()
    Street.objects.create(name="Bà Hạt", place=ward.places.get())
    cache.clear()

    meanwhile = suggest("Bà Hạt", on=NOW)
    for thread in threads():
        if thread.name == "addresses":
            thread.join(20)

    assert meanwhile == ()
    assert suggest("Bà Hạt", on=NOW)[0].street == "Bà Hạt"
