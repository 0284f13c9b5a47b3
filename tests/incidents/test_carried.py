"""Each form of file says the same rows, and programs that are not ours can read it."""

from __future__ import annotations

import csv
import json
import sqlite3
import subprocess
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from incidents.carried import as_xlsx
from incidents.carried.forms import FORMS
from incidents.carried.table import Column, Says, Table, public_table
from incidents.filters import ReportFilter
from tests.factories import (
    JULY,
    CategoryFactory,
    OrganisationFactory,
    PlaceFactory,
    ReportFactory,
)

pytestmark = pytest.mark.django_db

FORMULA = '=HYPERLINK("https://example.org")'


@pytest.fixture
def reports():
    """One with everything, one with a formula for a title, one without a place."""
    unit = OrganisationFactory.create(code="ubnd-a", name="UBND phường A")
    whole = ReportFactory.create(
        category=CategoryFactory.create(
            code="HT-DEN", name="Đèn đường", name_en="Lamp"
        ),
        place=PlaceFactory.create(code="27142", name="Phường Nhiêu Lộc"),
        organisation=unit,
        status="in_progress",
        public_title="Đèn, “tắt”\tcả hẻm & ngõ <5>",
        updated_at=datetime(2025, 7, 9, 3, 44, 55, tzinfo=UTC),
    )
    formula = ReportFactory.create(
        public_title=FORMULA, received_at=JULY.replace(month=6)
    )
    placeless = ReportFactory.create(point=None, received_at=JULY.replace(month=5))
    ReportFactory.create(is_public=False)
    return whole, formula, placeless


def written(ending, asked=None):
    return b"".join(FORMS[ending].write(public_table(asked or ReportFilter())))


def ogr(content, ending, tmp_path, *more):
    """What GDAL, which is nobody of ours, reads in a file."""
    path = tmp_path / f"file.{ending}"
    path.write_bytes(content)
    command = ["/usr/bin/ogrinfo", "-ro", *more, str(path)]
    # Every layer, or the one that is ours.
    command += ["reports"] if ending == "gpkg" else ["-al"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603
    return done.stdout + done.stderr


def test_a_csv_says_what_the_public_list_says_the_last_first(reports):
    whole, formula, placeless = reports

    rows = list(csv.DictReader(StringIO(written("csv").decode("utf-8-sig"))))

    assert [row["Mã công khai"] for row in rows] == [
        whole.public_id,
        formula.public_id,
        placeless.public_id,
    ]
    assert list(rows[0].values())[1:] == [
        "HT-DEN",
        "Đèn đường",
        "in_progress",
        "Đang xử lý",
        "Đèn, “tắt”\tcả hẻm & ngõ <5>",
        "27142",
        "Phường Nhiêu Lộc",
        "ubnd-a",
        "UBND phường A",
        "2025-07-09",
        "2025-07-09T10:00:00+07:00",
        f"{whole.public_point.x:.6f}",
        f"{whole.public_point.y:.6f}",
    ]
    assert (rows[2]["lon"], rows[2]["Mã phường, xã"]) == ("", "")


def test_words_that_read_like_a_formula_are_text_in_a_csv(reports):
    rows = list(csv.reader(StringIO(written("csv").decode("utf-8-sig"))))

    assert rows[2][5] == f"'{FORMULA}"


def test_a_csv_speaks_the_reader_s_language(reports):
    with override("en"):
        first = written("csv").decode("utf-8-sig").splitlines()

    assert first[0].startswith("Id,Category code,Category,")
    assert "Lamp" in first[1]


def test_gdal_reads_the_workbook_and_days_are_days_in_it(reports, tmp_path):
    content = written("xlsx")

    told = ogr(content, "xlsx", tmp_path, "-oo", "HEADERS=FORCE")

    assert "Feature Count: 3" in told
    assert "Ngày nhận: Date" in told
    assert "Ngày nhận (Date) = 2025/07/09" in told
    assert f"Tiêu đề (String) = {FORMULA}" in told
    assert "& ngõ <5>" in told
    with ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        sheet = ElementTree.fromstring(  # noqa: S314
            archive.read("xl/worksheets/sheet1.xml")
        )
    assert not sheet.findall(".//{*}f")


def test_what_does_not_fit_a_sheet_goes_into_the_next(monkeypatch, tmp_path):
    monkeypatch.setattr(as_xlsx, "ROWS_A_SHEET", 2)
    columns = (Column(name="n", label="n"), Column(name="d", label="d", says=Says.DAY))
    rows = [(f"\x00r{n}", "2025-01-01" if n else "", None, None) for n in range(5)]

    content = b"".join(as_xlsx.xlsx_of(Table(columns=columns, rows=rows)))

    told = ogr(content, "xlsx", tmp_path)
    assert [f"Layer name: {n}" in told for n in (1, 2, 3, 4)] == [True] * 3 + [False]
    assert all(f"r{n}" in told for n in range(5))


def test_a_workbook_without_a_row_is_a_workbook(tmp_path):
    assert "Layer name: 1" in ogr(written("xlsx"), "xlsx", tmp_path)


def test_geojson_says_the_same_a_line_a_feature(reports):
    whole, _formula, placeless = reports

    text = written("geojson").decode()
    read = json.loads(text)

    assert read["features"][0]["id"] == whole.public_id
    assert read["features"][0]["geometry"]["coordinates"] == [
        round(whole.public_point.x, 6),
        round(whole.public_point.y, 6),
    ]
    assert read["features"][2]["geometry"] is None
    assert read["features"][2]["properties"]["title"] is None
    assert json.loads(text.splitlines()[1].rstrip(","))["id"] == whole.public_id
    assert placeless.public_id in text


@pytest.mark.parametrize("ending", list(FORMS))
def test_a_file_of_nothing_is_whole(ending, tmp_path):
    content = written(ending)

    if ending == "geojson":
        assert json.loads(content)["features"] == []
    elif ending == "csv":
        assert len(content.decode().splitlines()) == 1
    elif ending == "gpkg":
        assert "Feature Count: 0" in ogr(content, ending, tmp_path)


def test_gdal_reads_the_geopackage_with_its_points(reports, tmp_path):
    whole, _formula, _placeless = reports

    told = ogr(written("gpkg"), "gpkg", tmp_path)

    assert "Warning" not in told
    assert "Geometry: Point" in told
    assert "Feature Count: 3" in told
    assert 'ID["EPSG",4326]]' in told
    assert f"POINT ({whole.public_point.x:.6f}"[:17] in told
    assert "category_name (String) = Đèn đường" in told


def test_qgis_finds_the_style_of_the_geopackage_s_layer(reports, tmp_path):
    path = tmp_path / "a.gpkg"
    path.write_bytes(written("gpkg"))

    with sqlite3.connect(path) as base:
        ((table, column, style, is_default),) = base.execute(
            "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault "
            "FROM layer_styles"
        )
        (kept,) = base.execute("SELECT count(*) FROM reports WHERE geom IS NOT NULL")
        (checked,) = base.execute("PRAGMA integrity_check")
    read = ElementTree.fromstring(style.partition("\n")[2])  # noqa: S314
    renderer = read.find("renderer-v2")

    assert (table, column, is_default) == ("reports", "geom", 1)
    assert renderer.get("attr") == "status_group"
    shapes = {
        each.get("value"): each.get("symbol") for each in renderer.iter("category")
    }
    assert shapes.keys() == {"waiting", "in_progress", "done", "refused"}
    drawn = {each.get("name") for each in renderer.find("symbols")}
    assert set(shapes.values()) == drawn
    assert (kept, checked) == ((2,), ("ok",))


def test_no_form_holds_a_finer_point_or_a_word_of_the_reporter_s(reports):
    for ending in ("csv", "geojson", "gpkg"):
        content = written(ending)
        for report in reports:
            for kept in (report.description, report.code):
                assert kept.encode() not in content
            if report.point:
                assert f"{report.point.x:.5f}".encode() not in content


def test_a_file_takes_four_statements_whatever_it_holds(reports):
    with CaptureQueriesContext(connection) as asked:
        written("csv", ReportFilter(since=date(2025, 6, 1)))

    told = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
    assert len(told) in {3, 4}  # The last is a cursor, which is not always told.
