"""Files as other systems write them, broken ones too: read, or refused with a cause."""

from __future__ import annotations

import json
import os
import tracemalloc
from datetime import UTC, date, datetime
from random import Random
from resource import RUSAGE_SELF, getrusage
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError

from incidents.importing.encodings import find_encoding
from incidents.importing.moments import Order, read_moment
from incidents.models import Report
from tests.incidents.importing import (
    COLUMNS,
    HEADER,
    bring,
    found_city,
    rejects,
    rows,
    write,
)

pytestmark = pytest.mark.django_db
CITY = ZoneInfo("Asia/Ho_Chi_Minh")
#: `script/verify importing` asks for two million.
RUBBISH = int(os.environ.get("RUBBISH", "20000"))
TEN = datetime(2025, 7, 9, 3, tzinfo=UTC)
WORDS = {"words": "Hố sâu giữa đường Nguyễn Trãi", "street": "12 Lê Lợi"}


@pytest.fixture
def pothole(db):
    return found_city(date(2025, 1, 1))


@pytest.fixture
def at(tmp_path):
    return tmp_path / "reports.csv"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(pothole, at, encoding, found, delimiter):
    write(at, rows(WORDS, WORDS), encoding=encoding, delimiter=delimiter)

    said = bring(at)

    report = Report.objects.first()
    assert found in said
    assert (report.description, report.address) == tuple(WORDS.values())


def test_windows_1258_is_found_out_and_brought_to_composed_letters(pothole, at):
    apart = {"words": "Hô\u0301 ga mâ\u0301t nă\u0301p", "street": "Lê Lơ\u0323i"}
    write(at, rows(apart, apart), encoding="windows-1258")

    bring(at)

    report = Report.objects.first()
    assert find_encoding(at) == "windows-1258"
    assert (report.description, report.address) == ("Hố ga mất nắp", "Lê Lợi")


def test_rows_with_broken_bytes_are_named_and_the_rest_comes_in(pothole, at):
    write(at, rows(WORDS, {"words": "BREAK"}, WORDS, WORDS))
    at.write_bytes(at.read_bytes().replace(b"BREAK", b"\xff\xfe\xc3"))

    bring(at)

    assert Report.objects.count() == 3
    assert rejects(at) == [
        (3, "cannot be read", "is not utf-8; say another --encoding")
    ]


def test_a_file_read_in_the_wrong_encoding_is_refused_by_row(pothole, at):
    write(at, rows(WORDS, WORDS), encoding="utf-8")

    with pytest.raises(CommandError, match="row 2: is not ascii"):
        bring(at, "--encoding", "ascii")

    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("2025-07-09 10:00", Order.DAY),
        ("2025-07-09T03:00:00Z", Order.DAY),
        ("2025-07-09T10:00:00+07:00", Order.DAY),
        ("2025/07/09 10:00:00", Order.MONTH),
        ("2025/07/09 03:00:00+00", Order.DAY),
        ("09/07/2025 10:00", Order.DAY),
        ("9.7.2025 10:00:00.000", Order.DAY),
        ("09-07-2025, 10:00", Order.DAY),
        ("10:00 09/07/2025", Order.DAY),
        ("10h00 09/07/2025", Order.DAY),
        ("09/07/2025 10:00 SA", Order.DAY),
        ("07/09/2025 10:00:00 AM", Order.MONTH),
        ("1752030000", Order.DAY),
        ("1752030000000", Order.DAY),
    ],
)
def test_moments_are_read_as_files_write_them(said, order):
    assert read_moment(said, zone=CITY, order=order) == TEN


@pytest.mark.parametrize(
    ("said", "hour"), [("12:30 AM", 0), ("12:30 PM", 12), ("1:30 CH", 13)]
)
def test_the_halves_of_the_day_are_told_apart(said, hour):
    read = read_moment(f"09/07/2025 {said}", zone=CITY, order=Order.DAY)

    assert (read.hour, read.minute) == (hour, 30)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"made": ""}, "says no date of receipt"),
        ({"made": "yesterday"}, "created “yesterday” is no date"),
        ({"made": "2025-02-30"}, "created “2025-02-30” is no date"),
        ({"made": "2999-01-01"}, "lies in the future"),
        ({"made": "1066-10-14"}, "is too long ago"),
        ({"made": "07/29/2025"}, "has no such month; dates may be mdy"),
        ({"shut": "2025-07-01"}, "was closed (2025-07-01) before it came"),
        ({"shut": "soon"}, "closed “soon” is no date"),
        ({"y": "", "x": ""}, "has no position"),
        ({"y": "north"}, "“north”, “106.71” are no coordinates"),
        ({"y": "nan"}, "is not in degrees"),
        ({"y": "0", "x": "0"}, "lies at 0, 0: no position"),
        ({"y": "106.71", "x": "10.79"}, "has latitude and longitude swapped"),
        ({"y": "1193000", "x": "603000"}, "is not in degrees"),
        ({"y": "48.85", "x": "2.35"}, "lies outside the city"),
        ({"y": "11.5"}, "lies in no area in force on 2025-07-09"),
        ({"kind": "Noise"}, "category “Noise” is none of ours"),
    ],
)
def test_a_row_that_cannot_be_is_put_aside_with_its_cause(pothole, at, change, why):
    write(at, rows({}, change))

    bring(at)

    ((row, _, said),) = rejects(at)
    assert Report.objects.count() == 1
    assert row == 3
    assert why in said


def test_what_was_put_aside_is_kept_whole_and_for_its_owner_only(pothole, at):
    write(at, rows({}, {"kind": "Noise", "words": "a, “b”\nand c"}))

    bring(at)

    aside = at.with_name("reports.csv.rejects.csv")
    assert aside.read_text().splitlines()[0] == ",".join(
        ["row", "cause", "why", *HEADER]
    )
    assert '"a, “b”\nand c"' in aside.read_text()
    assert aside.stat().st_mode & 0o777 == 0o600


def test_commas_may_part_decimals(pothole, at):
    write(at, rows({"y": "10,79", "x": "106,71"}), delimiter=";")

    bring(at)

    assert Report.objects.get().point.tuple == (106.71, 10.79)


def test_signs_that_end_columns_come_in_as_they_are(pothole, at):
    words = 'a\tb\\N \\. "c"\nd\re, \\x41 ; đ'
    write(at, rows({"words": words, "street": "5\\7, “K”"}))

    bring(at)

    report = Report.objects.get()
    assert (report.description, report.address) == (words, "5\\7, “K”")


def test_a_truncated_file_is_told_by_its_last_row(pothole, at):
    write(at, rows(*[WORDS] * 5))
    at.write_bytes(at.read_bytes()[:-40])

    bring(at)

    assert Report.objects.count() == 4
    assert [(row, cause) for row, cause, _ in rejects(at)] == [(6, "cannot be read")]


def test_a_quotation_that_never_ends_is_bounded(pothole, at):
    write(at, rows({}, {"words": "OPEN"}, *[WORDS] * 3000))
    at.write_bytes(at.read_bytes().replace(b"OPEN", b'"'))

    bring(at)

    assert Report.objects.count() > 1000
    assert (rejects(at)[0][0], rejects(at)[0][1]) == (3, "cannot be read")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"\n\n", "its first row names no columns"),
        (b"\x00\x01\x02" * 999, "There is no column|names no columns"),
        (b"a,b\n1,2\n", "There is no column “y”"),
        (",".join(HEADER).encode() + b"\n", "there is no row in it"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(pothole, at, body, why):
    at.write_bytes(body)

    with pytest.raises(CommandError, match=why):
        bring(at)

    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("options", "given", "why"),
    [
        ([], {"columns": "lat=y,lon=x,category=kind"}, "created=…"),
        ([], {"columns": "created=made,category=kind"}, "lat=…,lon=…"),
        ([], {"columns": "created=made,lat=y,lon=x"}, "--default-category"),
        ([], {"columns": "colour=made"}, "maps nothing"),
        (["--category-map", "Noise=NO-SUCH"], {}, "is no category of this city"),
        (["--category-map", "nowhere.csv"], {}, "cannot be read"),
        (["--default-category", "NO-SUCH"], {}, "is no category of this city"),
        (["--label", "galaxy=ward"], {}, "--label galaxy: there are"),
        (["--label", "ward=where"], {}, "There is no column “where”"),
        (["--label", "ward"], {}, "is no pair"),
        (["--rejects", "/nowhere/at/all.csv"], {}, "cannot be written"),
        (["--delimiter", ";;"], {}, "is not one sign"),
        (["--encoding", "klingon"], {}, "is no encoding"),
        (["--encoding", "base64"], {}, "cannot be read"),
    ],
)
def test_what_is_asked_wrongly_is_refused_before_anything_is_read(
    pothole, at, options, given, why
):
    write(at, rows({}))

    with pytest.raises(CommandError, match=why):
        bring(at, *options, **given)

    assert not Report.objects.exists()


def test_what_is_put_aside_is_not_written_over_the_file_itself(pothole, at):
    write(at, rows({}))
    before = at.read_bytes()

    with pytest.raises(CommandError, match="needs files of its own"):
        bring(at, "--rejects", str(at))

    assert at.read_bytes() == before


def test_a_column_that_is_there_twice_is_refused(pothole, at):
    write(at, rows({}), header=(*HEADER, "kind"))

    with pytest.raises(CommandError, match="There are several columns “kind”"):
        bring(at)


def test_a_file_of_rubbish_ends_early_with_its_cause(pothole, at):
    chance = Random(1022)  # noqa: S311
    with at.open("w") as file:
        file.write(",".join(HEADER) + "\n")
        for _ in range(60_000):
            file.write(f"{chance.random()},{chance.random()}\n")
    tracemalloc.start()

    with pytest.raises(CommandError) as refused:
        bring(at)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    said = str(refused.value)
    assert "None of the first 4000 rows can be imported" in said
    assert "row 2: has 2 columns where the header has 10" in said
    assert len(rejects(at)) == 4000
    assert most < 40 * 2**20
    assert not Report.objects.exists()


def test_rubbish_after_a_good_row_is_put_aside_in_memory_that_does_not_grow(
    pothole, at
):
    chance = Random(1022)  # noqa: S311
    write(at, rows({}))
    with at.open("a") as file:
        for number in range(RUBBISH):
            broken = [str(chance.random()) for _ in HEADER]
            file.write(",".join([f"r{number}", *broken[1:]]) + "\n")
    before = getrusage(RUSAGE_SELF).ru_maxrss

    said = bring(at)

    assert "1 new" in said
    assert f"{RUBBISH:,} rejected" in said
    assert (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024 < 64
    assert Report.objects.count() == 1


def test_bytes_without_a_line_end_are_no_table_and_take_no_memory(pothole, at):
    with at.open("wb") as file:
        file.write(",".join(HEADER).encode() + b"\n")
        for _ in range(30):
            file.write(b"x" * 2**20)
    tracemalloc.start()

    with pytest.raises(CommandError, match="row 2"):
        bring(at)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 * 2**20


def shapes(path, features):
    told = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(told))
    return path


def shape(row, *, geometry=True):
    point = {"type": "Point", "coordinates": [float(row["x"]), float(row["y"])]}
    properties = {name: row[name] for name in HEADER if name not in "xy"}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": point if geometry else None,
    }


def test_a_file_of_shapes_is_read_in_a_process_of_its_own(pothole, tmp_path):
    first, second = rows(WORDS, {})
    at = shapes(tmp_path / "of.geojson", [shape(first), shape(second, geometry=False)])

    bring(at, columns=COLUMNS.removesuffix(",lat=y,lon=x"))

    report = Report.objects.get()
    assert report.point.tuple == (106.71, 10.79)
    assert report.description == WORDS["words"]
    assert len(rejects(at)) == 1


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("cut.geojson", '{"type": "FeatureCollection", "features": [{"type": "Fea'),
        ("of.vrt", "<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource>"),
        ("of.gpkg", "SQLite format 3\0 and then nothing"),
    ],
)
def test_a_broken_file_of_shapes_is_refused_as_a_whole(pothole, tmp_path, name, body):
    at = tmp_path / name
    at.write_text(body)

    with pytest.raises(CommandError):
        bring(at, columns=COLUMNS.removesuffix(",lat=y,lon=x"))

    assert not Report.objects.exists()
