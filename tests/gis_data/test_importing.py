from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from gis_data.errors import UnreadableBoundaries
from gis_data.geometry import area_m2
from gis_data.importing import Fields, read_sheet
from tests.factories import square
from tests.gis_data.conftest import feature

A, B = square(106.5, 10.5, 0.25), square(106.75, 10.5, 0.25)
BOWTIE = {
    "type": "Polygon",
    "coordinates": [[[106, 10], [106.1, 10.1], [106.1, 10], [106, 10.1], [106, 10]]],
}
needs_ogr2ogr = pytest.mark.skipif(
    shutil.which("ogr2ogr") is None, reason="gdal-bin is not installed"
)


def converted(path, name, *options):
    made = path.parent / name
    ogr2ogr(*options, made, path)
    return made


def ogr2ogr(*arguments):
    command = [shutil.which("ogr2ogr"), *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def test_a_file_is_read_with_its_names_composed_and_its_spaces_single(geojson):
    path = geojson(feature("a", A, name=" Phu\u031bo\u031b\u0300ng   Gia  Đi\u0323nh "))

    (drawing,) = read_sheet(path).drawings

    assert drawing.name == "Phường Gia Định"
    assert drawing.code == "a"


def test_fields_are_named_and_optional_ones_are_read(geojson):
    path = geojson(
        feature("a", A, id=27316.0, title="An Đông", en="An Dong", km2="1.3")
    )

    fields = Fields(code="id", name="title", name_en="en", area="km2")
    (drawing,) = read_sheet(path, fields=fields).drawings

    assert (drawing.code, drawing.name) == ("27316", "An Đông")
    assert (drawing.name_en, drawing.official_area_km2) == ("An Dong", 1.3)


def test_a_code_may_be_told_by_the_name_wherever_its_tone_stands(geojson):
    path = geojson(feature("x", A, name="Cấp nước Phú Hoà Tân"))

    fields = Fields(code="name", codes={"Cấp nước Phú Hòa Tân": "phu-hoa-tan"})
    (drawing,) = read_sheet(path, fields=fields).drawings

    assert drawing.code == "phu-hoa-tan"


@needs_ogr2ogr
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("wards.gpkg", ()),
        ("wards.shp", ("-lco", "ENCODING=UTF-8")),
        ("utm.shp", ("-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:32648")),
        ("vn2000.gpkg", ("-t_srs", "EPSG:3405")),
        ("wards.kml", ("-dsco", "NameField=name")),
        ("wards.fgb", ()),
        ("wards.shz", ()),
    ],
)
def test_any_format_and_any_reference_system_is_read(two_wards, name, options):
    path = converted(two_wards, name, *options)
    if path.suffix == ".shz":
        path = path.rename(path.with_suffix(".zip"))

    fields = Fields(name="Name") if path.suffix == ".kml" else None
    sheet = read_sheet(path, fields=fields)

    drawn = {each.code: each.shape for each in sheet.drawings}
    assert drawn.keys() == {"a", "b"}
    assert drawn["a"].sym_difference(A).area / A.area < 0.001
    assert drawn["b"].sym_difference(B).area / B.area < 0.001


@needs_ogr2ogr
def test_without_a_reference_system_degrees_are_taken_and_metres_refused(two_wards):
    degrees = converted(two_wards, "degrees.shp")
    metres = converted(two_wards, "metres.shp", "-t_srs", "EPSG:32648")
    for path in (degrees, metres):
        path.with_suffix(".prj").unlink()

    assert len(read_sheet(degrees).drawings) == 2
    with pytest.raises(UnreadableBoundaries, match="names no reference system"):
        read_sheet(metres)


def test_a_shape_that_crosses_itself_is_mended_and_said(geojson):
    sheet = read_sheet(geojson(feature("a", A), feature("tie", BOWTIE)))

    (repair,) = sheet.repairs
    assert (repair.feature, repair.code) == (2, "tie")
    assert "Self-intersection" in repair.what
    assert sheet.drawings[1].shape.valid


def test_slivers_that_a_repair_leaves_are_dropped_and_counted(geojson):
    tiny = 1e-6
    spike = [[106.2, 10.1], [106.2 + tiny, 10.1 + tiny], [106.2 + tiny, 10.1 - tiny]]
    ring = [[106, 10], [106.2, 10], *spike, [106.2, 10.1], [106, 10.1], [106, 10]]
    shape = {"type": "Polygon", "coordinates": [ring]}

    sheet = read_sheet(geojson(feature("a", shape)))

    assert "1 slivers under 1.0 m² dropped" in str(sheet.repairs[1])
    assert len(sheet.drawings[0].shape) == 1
    assert all(area_m2(part) > 1 for part in sheet.drawings[0].shape)


def test_heights_are_left_out(geojson):
    ring = [[106, 10, 5], [106.1, 10, 5], [106.1, 10.1, 5], [106, 10, 5]]
    shape = {"type": "Polygon", "coordinates": [ring]}

    (drawing,) = read_sheet(geojson(feature("a", shape))).drawings

    assert not drawing.shape.hasz


LINE = {"type": "LineString", "coordinates": [[106, 10], [107, 11]]}
FLAT = {
    "type": "Polygon",
    "coordinates": [[[106, 10], [107, 11], [106, 10], [106, 10]]],
}
EMPTY = {"type": "Polygon", "coordinates": []}
METRES = {
    "type": "Polygon",
    "coordinates": [[[6e5, 1e6], [7e5, 1e6], [7e5, 2e6], [6e5, 1e6]]],
}


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (feature("x", LINE), r"feature 2 \(x\): it is not an area"),
        (feature("x", FLAT), r"feature 2 \(x\): it is not an area"),
        (feature("x", None), r"feature 2 \(x\): it has no shape"),
        (feature("x", EMPTY), r"feature 2 \(x\): it has no shape"),
        (feature("x", METRES), r"feature 2 \(x\): its coordinates are not in degrees"),
        (feature("a", B), r"feature 2 \(a\): feature 1 has the same code"),
        (feature("", B), r"feature 2 .*: it has no code"),
        (feature(None, B), r"feature 2 .*: it has no code"),
        (feature("x", B, name=" "), r"feature 2 \(x\): it has no name"),
    ],
)
def test_a_broken_feature_is_named_with_its_number_its_code_and_why(
    geojson, broken, why
):
    path = geojson(feature("a", A), broken)

    with pytest.raises(UnreadableBoundaries, match=why):
        read_sheet(path)


def test_a_missing_field_is_said_with_those_there_are(two_wards):
    with pytest.raises(UnreadableBoundaries, match=r"no field ma; it has code, name"):
        read_sheet(two_wards, fields=Fields(code="ma"))


def test_a_file_without_features_is_refused(geojson):
    with pytest.raises(UnreadableBoundaries, match=r"no area in it|has no field"):
        read_sheet(geojson())


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UnreadableBoundaries, match="no such file"):
        read_sheet(tmp_path / "nothing.geojson")


@pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
def test_a_truncated_file_is_refused(two_wards, part):
    whole = two_wards.read_bytes()
    two_wards.write_bytes(whole[: int(len(whole) * part)])

    with pytest.raises(UnreadableBoundaries, match=r"wards\.geojson"):
        read_sheet(two_wards)


@needs_ogr2ogr
@pytest.mark.parametrize(
    ("name", "broken"),
    [("wards.gpkg", None), ("wards.shp", None), ("wards.shp", ".dbf"), ("w.fgb", None)],
)
def test_a_truncated_binary_file_is_refused(two_wards, name, broken):
    path = converted(two_wards, name)
    part = path.with_suffix(broken) if broken else path
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(UnreadableBoundaries):
        read_sheet(path)


@pytest.mark.parametrize("rubbish", [b"", b"\x00\xff" * 500, b"code,name\na,b\n"])
def test_what_is_no_map_is_refused(tmp_path, rubbish):
    path = tmp_path / "wards.geojson"
    path.write_bytes(rubbish)

    with pytest.raises(UnreadableBoundaries, match="is not a format"):
        read_sheet(path)


def test_a_format_that_points_at_other_files_is_not_opened(tmp_path, two_wards):
    path = tmp_path / "wards.vrt"
    path.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="wards">'
        f"<SrcDataSource>{two_wards}</SrcDataSource>"
        "</OGRVRTLayer></OGRVRTDataSource>"
    )

    with pytest.raises(UnreadableBoundaries, match=r"\(OGR_VRT\)|\(VRT\)"):
        read_sheet(path)


@needs_ogr2ogr
def test_of_several_layers_one_must_be_named(two_wards):
    path = converted(two_wards, "map.gpkg", "-nln", "wards")
    ogr2ogr("-update", path, two_wards, "-nln", "zones")

    assert len(read_sheet(path, layer="zones").drawings) == 2
    with pytest.raises(UnreadableBoundaries, match=r"several layers.*wards, zones"):
        read_sheet(path)


def test_text_that_is_not_utf_8_is_refused(tmp_path):
    path = tmp_path / "wards.geojson"
    whole = {"type": "FeatureCollection", "features": [feature("a", A, name="Gò Vấp")]}
    said = json.dumps(whole, ensure_ascii=False)
    path.write_bytes(said.replace("ấ", "?").encode("latin-1"))

    with pytest.raises(UnreadableBoundaries, match=r"feature 1 \(a\).* not UTF-8"):
        read_sheet(path)
