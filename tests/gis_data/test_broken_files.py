"""Whatever is sent, the database is as it was, and the message names row and cause."""

from __future__ import annotations

import re
import shutil

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import override

from gis_data.errors import UnreadableBoundaries
from gis_data.importing import read_sheet
from gis_data.sandbox import read_in_own_process
from tests.factories import PlaceKindFactory, published
from tests.gis_data import broken_files as broken
from tests.gis_data.broken_files import A, B, collection, feature, written
from tests.gis_data.test_publishing import JUNE

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="no gdal-bin"),
]

FILES = {
    "cut off": (
        lambda at: broken.cut(written(at, "wards.geojson", broken.wards()), 0.7),
        r"breaks in feature 2 \(line 1, character \d+\)",
        r"bị đứt ở đối tượng 2 \(dòng 1, ký tự \d+\)",
    ),
    "shapes cut off": (
        lambda at: broken.cut(broken.shapefile(at), 0.9),
        r"feature 2 \(b\): it has no shape",
        r"đối tượng 2 \(b\): .*không có hình",
    ),
    "metres of no system": (
        broken.nameless_metres,
        r"feature 1 \(a\): the file names no reference system",
        r"đối tượng 1 \(a\): .*hệ (quy chiếu|tọa độ)",
    ),
    "metres as degrees": (
        lambda at: written(at, "w.geojson", collection(feature("m", broken.METRES))),
        r"feature 1 \(m\): its coordinates are not in degrees: \(600000",
        r"đối tượng 1 \(m\): ",
    ),
    "another system's name": (
        broken.named_elsewhere,
        r"feature 1 \(a\): it lies far from the city.*reference system",
        r"đối tượng 1 \(a\): .*xa thành phố.*Hệ tọa độ",
    ),
    "axes swapped": (
        lambda at: written(
            at,
            "w.geojson",
            collection(feature("a", A), feature("s", broken.SWAPPED)),
        ),
        r"feature 2 \(s\): it looks as if latitude and longitude were swapped",
        r"đối tượng 2 \(s\): có vẻ vĩ độ và kinh độ bị đảo chỗ",
    ),
    "a code twice": (
        lambda at: written(
            at, "w.geojson", collection(feature("a", A), feature("a", B))
        ),
        r"feature 2 \(a\): feature 1 has the same code",
        r"đối tượng 2 \(a\): .*đối tượng 1",
    ),
    "no shape": (
        lambda at: written(
            at, "w.geojson", collection(feature("a", A), feature("n", None))
        ),
        r"feature 2 \(n\): it has no shape",
        r"đối tượng 2 \(n\): .*không có hình",
    ),
    "a name without end": (
        lambda at: written(at, "w.geojson", broken.wards("Phường " + "B" * 300)),
        r"feature 2 \(b\): “Phường B+…” is longer than 200",
        r"đối tượng 2 \(b\): .*dài quá 200",
    ),
    "Windows-1258 as it is": (
        lambda at: written(
            at,
            "w.geojson",
            broken.wards(broken.GO_VAP).replace("Phường", "Phuong"),
            "cp1258",
        ),
        r"feature 2 \(b\): its field “name” is not UTF-8",
        r"đối tượng 2 \(b\): trường “name” không phải UTF-8",
    ),
    "Windows-1258 of which nothing is said": (
        broken.table_in_1258,
        r"feature 2 \(b\): its field “name” ",
        r"đối tượng 2 \(b\): trường “name” ",
    ),
    "Windows-1258 said to be Latin-1": (
        lambda at: broken.table_in_1258(at, language=0x57),
        r"feature 2 \(b\): its field “name” says “Qu.*another encoding.*Windows-1258",
        r"đối tượng 2 \(b\): trường “name” ghi “Qu.*bảng mã khác",
    ),
    "Windows-1258 said to be UTF-8": (
        lambda at: broken.table_in_1258(at, cpg="UTF-8"),
        r"feature 2 \(b\): its field “name” ",
        r"đối tượng 2 \(b\): trường “name” ",
    ),
    "UTF-16": (
        lambda at: written(at, "w.geojson", broken.wards(), "utf-16"),
        r"row 1: it is written in UTF-16",
        r"dòng 1: tệp ghi bằng UTF-16",
    ),
    "UTF-16 without its mark": (
        lambda at: written(at, "w.kml", broken.KML, "utf-16-be"),
        r"row 1: it is written in UTF-16",
        r"dòng 1: tệp ghi bằng UTF-16",
    ),
    "a VRT": (
        lambda at: written(at, "w.vrt", broken.VRT.format(at / "other.geojson")),
        r"row 1: it holds no shapes, it only names where they are \(OGR_VRT\)",
        r"dòng 1: tệp không chứa hình vẽ.*\(OGR_VRT\)",
    ),
    "a VRT by another name": (
        lambda at: written(at, "w.geojson", broken.VRT.format("/etc/passwd")),
        r"row 1: it holds no shapes, it only names where they are \(OGR_VRT\)",
        r"dòng 1: tệp không chứa hình vẽ.*\(OGR_VRT\)",
    ),
    "a VRT in a zip": (
        lambda at: broken.zipped(at, w__geojson=broken.VRT.format("/etc/passwd")),
        r"w\.geojson: row 1: it holds no shapes",
        r"w\.geojson: dòng 1: tệp không chứa hình vẽ",
    ),
    "a VRT after a long remark": (
        lambda at: written(
            at, "w.gml", f"<!--{'-' * 9000}-->" + broken.VRT.format("/etc/passwd")
        ),
        r"is not a format of areas that we read \(",
        r"w\.gml: ",
    ),
    "passwords by an entity": (
        lambda at: written(at, "w.kml", broken.of_passwords()),
        r"line 2: <!DOCTYPE defines words of its own",
        r"dòng 2: <!DOCTYPE tự định nghĩa",
    ),
    "passwords by an entity in a zip": (
        lambda at: broken.zipped(at, w__gml="\n" * 5000 + broken.of_passwords()),
        r"w\.gml: line 5002: <!DOCTYPE defines",
        r"w\.gml: dòng 5002: <!DOCTYPE tự định nghĩa",
    ),
    "a million laughs": (
        lambda at: written(at, "w.kml", broken.million_laughs()),
        r"line 2: <!DOCTYPE defines words of its own",
        r"dòng 2: <!DOCTYPE tự định nghĩa",
    ),
    "a zip that swells": (
        broken.zip_that_swells,
        r"unpacks to 300 MB in 1 files, which is too much",
        r"giải nén sẽ thành 300 MB trong 1 tệp",
    ),
    "a zip that leads out": (
        lambda at: broken.zip_with(at, "../../etc/cron.d/wards.geojson"),
        r"“../../etc/cron.d/wards.geojson” in it leads out of the zip",
        r"“../../etc/cron.d/wards.geojson” bên trong dẫn ra ngoài",
    ),
    "a zip with a link": (
        lambda at: broken.zip_with(at, "w.geojson", "/etc/passwd", link=True),
        r"“w.geojson” in it leads out of the zip",
        r"“w.geojson” bên trong dẫn ra ngoài",
    ),
    "a zip in a zip": (
        lambda at: broken.zip_with(at, "w.zip", b"PK\x03\x04" + b"\0" * 30),
        r"w\.zip: it is a zip in a zip",
        r"w\.zip: là tệp zip nằm trong tệp zip",
    ),
    "a zip cut off": (
        lambda at: broken.cut(broken.zipped(at, w__geojson=broken.wards())),
        r"is no whole zip: File is not a zip file\. Pack it again",
        r"không phải tệp zip nguyên vẹn",
    ),
    "two million lines of rubbish": (
        lambda at: broken.rubbish(at, "w.geojson", "x;y;\x07;z\n"),
        r"w\.geojson: is not a format of areas that we read \(\?\)",
        r"w\.geojson: ",
    ),
    "two million features of nothing": (
        lambda at: broken.rubbish(
            at, "w.geojsonl", '{"type":"Feature","properties":{},"geometry":null}\n'
        ),
        r"w\.geojsonl: 2000000 features are too many; at most 20000",
        None,  # Once is long enough.
    ),
}


@pytest.fixture
def ward():
    kind = PlaceKindFactory.create(code="ward")
    published(kind, JUNE, a=A, b=B)
    return kind


def the_map():
    """All rows of the map, as they are."""
    return {
        model.__name__: list(model.objects.order_by("pk").values_list())
        for model in apps.get_app_config("gis_data").get_models()
    }


@pytest.mark.parametrize("what", FILES)
def test_a_broken_file_changes_nothing_and_row_and_cause_are_said(ward, tmp_path, what):
    make, in_english, in_vietnamese = FILES[what]
    path = make(tmp_path)
    before = the_map()

    with pytest.raises(CommandError) as said:
        call_command(
            "publish_boundaries", path, "--kind=ward", "--from=2026-01-01", "--commit"
        )
    after = the_map()

    assert re.search(in_english, str(said.value)), said.value
    assert after == before
    if in_vietnamese:
        with override("vi"), pytest.raises(UnreadableBoundaries) as also:
            read_sheet(path, around=settings.CITY.bounds)
        assert re.search(in_vietnamese, str(also.value)), also.value


@pytest.mark.parametrize(
    "what", ["axes swapped", "no shape", "a code twice", "a VRT", "UTF-16"]
)
def test_assets_of_a_broken_file_are_refused_alike(ward, tmp_path, what):
    make, in_english, _in_vietnamese = FILES[what]
    before = the_map()

    with pytest.raises(CommandError, match=in_english):
        call_command(
            "load_assets",
            make(tmp_path),
            "--kind=road",
            "--from=2026-01-01",
            "--commit",
        )

    assert the_map() == before


def test_an_asset_that_crosses_itself_is_refused(ward, tmp_path):
    path = written(tmp_path, "w.geojson", collection(feature("tie", broken.BOWTIE)))

    with pytest.raises(CommandError, match=r"feature 1 \(tie\): .*Self-intersection"):
        call_command(
            "load_assets", path, "--kind=park", "--from=2026-01-01", "--commit"
        )


def test_a_ward_that_crosses_itself_is_kept_only_when_told_to_mend_it(ward, tmp_path):
    shapes = feature("a", A), feature("tie", broken.BOWTIE)
    path = written(tmp_path, "w.geojson", collection(*shapes))
    asked = ["publish_boundaries", path, "--kind=ward", "--from=2026-01-01", "--commit"]
    before = the_map()

    with pytest.raises(CommandError, match=r"feature 2 \(tie\): Self-intersection"):
        call_command(*asked)
    unchanged = the_map() == before
    call_command(*asked, "--mend")

    assert unchanged
    assert the_map() != before


def test_windows_1258_that_says_so_is_read_right(tmp_path):
    path = broken.table_in_1258(tmp_path, cpg="1258")

    sheet = read_in_own_process(path, what="boundaries")

    assert [each.name for each in sheet.drawings] == ["Phu", "Quận Gò Vấp"]
