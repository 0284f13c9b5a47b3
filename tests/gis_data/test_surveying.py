"""A keeper's file of roads or covers, read whole or refused, and kept day by day."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from gis_data.errors import SurveyOutOfOrder, UnreadableBoundaries
from gis_data.models import Asset
from gis_data.surveying import AssetFields, keep_assets, read_assets
from tests.factories import PlaceKindFactory, published, square

pytestmark = pytest.mark.django_db
MAY, JULY = date(2025, 5, 1), date(2025, 7, 1)
LINE = {"type": "LineString", "coordinates": [[106.6, 10.7], [106.9, 10.7]]}
FIELDS = AssetFields(
    code="way", asset_class="highway", classes={"primary": "city", "lane": "ward"}
)


def road(code, *, name="Lê Lợi", highway="primary", shape=LINE):
    about = {"way": code, "name": name, "highway": highway}
    return {"type": "Feature", "properties": about, "geometry": shape}


@pytest.fixture
def roads(geojson):
    return lambda *features: geojson(*features, name="roads.geojson")


def kept(path, *, on=MAY, **how):
    return keep_assets(read_assets(path, fields=FIELDS), kind="road", on=on, **how)


def test_a_file_s_own_words_for_a_class_become_ours(roads):
    surveyed = read_assets(
        roads(road("1"), road("2", highway="lane"), road("3", highway="track")),
        fields=FIELDS,
    )

    assert [each.asset_class for each in surveyed] == ["city", "ward", ""]


def test_what_is_as_it_was_keeps_its_row_and_what_changed_begins_anew(roads):
    kept(roads(road("1"), road("2")))
    first = Asset.objects.get(code="1")

    done = kept(roads(road("1"), road("2", name="Hàm Nghi"), road("3")), on=JULY)

    assert (done.new, done.changed, done.kept, done.gone) == (1, 1, 1, 0)
    assert Asset.objects.get(code="1") == first
    before, after = Asset.objects.filter(code="2").order_by("validity")
    assert (before.name, before.validity.upper) == ("Lê Lợi", JULY)
    assert (after.name, after.validity.lower) == ("Hàm Nghi", JULY)


@pytest.mark.parametrize(("is_complete", "standing"), [(True, 0), (False, 1)])
def test_only_a_complete_survey_ends_what_it_does_not_name(
    roads, is_complete, standing
):
    kept(roads(road("1")))

    done = kept(roads(road("2")), on=JULY, is_complete=is_complete)

    assert done.gone == 1 - standing
    ones = Asset.objects.filter(code="1", validity__contains=JULY)
    assert ones.count() == standing


def test_a_file_of_the_same_day_takes_the_place_of_the_one_before(roads):
    kept(roads(road("1")))

    kept(roads(road("1", name="Hàm Nghi")))

    assert Asset.objects.get().name == "Hàm Nghi"


def test_a_survey_of_a_day_before_a_later_one_is_refused_by_name(roads):
    kept(roads(road("1")), on=JULY)

    with pytest.raises(SurveyOutOfOrder) as refusal:
        kept(roads(road("1", name="Hàm Nghi")), on=MAY)

    assert "road 1" in str(refusal.value)
    assert Asset.objects.get().name == "Lê Lợi"


def test_an_asset_knows_in_how_many_wards_it_lies(roads):
    ward = PlaceKindFactory.create(code="ward", rank=3)
    published(ward, MAY, a=square(106.55, 10.65), b=square(106.65, 10.65))
    within = {"type": "Point", "coordinates": [106.6, 10.7]}

    kept(roads(road("1"), road("2", shape=within)), on=JULY)

    assert dict(Asset.objects.values_list("code", "spans")) == {"1": 2, "2": 1}


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ([road("1"), road("1")], "feature 2 (1)"),
        ([road("1"), road("")], "feature 2 (?): it has no code"),
        ([road("1", shape=None)], "feature 1 (1): it has no shape"),
        (
            [road("1", shape={"type": "Point", "coordinates": [688000, 1190000]})],
            "not in degrees",
        ),
    ],
)
def test_a_broken_file_is_refused_whole_with_row_and_cause(roads, features, said):
    with pytest.raises(UnreadableBoundaries) as refusal:
        kept(roads(*features))

    assert said in str(refusal.value)
    assert not Asset.objects.exists()


def test_the_command_shows_what_it_would_do_and_keeps_it_only_when_told(roads, capsys):
    path = roads(road("1"))
    told = ("--kind", "road", "--code-field", "way", "--class-field", "highway")
    told += ("--class", "primary=city", "--from", "2025-05-01")

    call_command("load_assets", str(path), *told)
    before = Asset.objects.count()
    call_command("load_assets", str(path), *told, "--commit")

    assert "1 new, 0 changed, 0 gone, 0 kept" in capsys.readouterr().out
    assert (before, Asset.objects.get().asset_class) == (0, "city")


def test_the_command_refuses_what_is_no_map(tmp_path):
    path = tmp_path / "roads.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection"}), "utf8")

    with pytest.raises(CommandError):
        call_command("load_assets", str(path), "--kind", "road", "--from", "2025-05-01")
