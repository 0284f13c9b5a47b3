"""A file from outside is read by a process that can do nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.translation import override

from gis_data import sandbox
from gis_data.errors import UnreadableBoundaries
from gis_data.importing import Fields, layers_of, read_sheet
from gis_data.sandbox import Limits, confinement, read_in_own_process
from gis_data.surveying import AssetFields, read_assets
from gis_data.tables import Row, each_row
from tests.factories import square
from tests.gis_data.broken_files import GO_VAP, collection, written
from tests.gis_data.conftest import feature

PLACE = {"type": "Point", "coordinates": [106.7, 10.7]}
TRIES = """
import ctypes, importlib.util, os, socket, sys
from pathlib import Path
named = importlib.util.spec_from_file_location("confinement", sys.argv[1])
confinement = importlib.util.module_from_spec(named)
named.loader.exec_module(confinement)
held = confinement.confine([Path(sys.argv[2])])
def succeeds(what):
    try:
        return what() is not None
    except (OSError, ValueError):
        return False
def thread():
    import threading
    one = threading.Thread(target=int)
    one.start()
    one.join()
    return True
print(*held)
print(*(succeeds(each) for each in (
    lambda: Path(sys.argv[2]).read_text(),
    lambda: thread(),
    lambda: Path(sys.argv[3]).read_text(),
    lambda: Path("/etc/passwd").read_text(),
    lambda: Path("/proc/self/environ").read_bytes(),
    lambda: Path(sys.argv[2]).write_text("x"),
    lambda: socket.socket(),
    lambda: socket.create_connection(("127.0.0.1", int(sys.argv[4])), timeout=1),
    lambda: os.fork(),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: os.execv("/bin/true", ["true"]),
    lambda: os.kill(os.getppid(), 0) or True,
    lambda: os.pidfd_open(os.getppid()),
)))
"""
#: What must fail by each measure that this machine lets a process take.
REFUSED = {
    "network": {7},
    "files": {2, 3, 4, 5},
    "calls": {6, 7, 8, 9, 10, 11, 12},
}
#: A machine that refuses each measure: an old kernel, or a container that forbids them.
BARE = """
import ctypes, runpy
real = ctypes.CDLL
class Refusing:
    def __getattr__(self, name):
        return lambda *_: -1
ctypes.CDLL = lambda name, *a, **k: real(name, *a, **k) if name else Refusing()
runpy.run_path({program!r}, run_name="__main__")
"""


def rows_of(count, folder):
    path = folder / "many.csv"
    with path.open("w", encoding="utf8") as file:
        file.write("code,name,note\n")
        file.writelines(f"{n},Trần Hưng Đạo,{'x' * 200}\n" for n in range(count))
    return path


def child_of(process=None):
    """The process that reads, while somebody waits for its rows."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return next(
        int(each)
        for each in listed
        if b"sandbox" in Path(f"/proc/{each}/cmdline").read_bytes()
    )


def test_a_confined_process_reads_its_file_and_can_do_nothing_else(tmp_path, live_port):
    its_own, another = tmp_path / "its own", tmp_path / "another"
    for path in (its_own, another):
        path.write_text("words")

    told = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-I", "-c", TRIES),
            *(confinement.__file__, its_own, another, str(live_port)),
        ],
        check=True,
        capture_output=True,
        text=True,
    )

    held, succeeded = (line.split() for line in told.stdout.splitlines())
    refused = set().union(*(REFUSED[each] for each in held))
    assert "calls" in held
    assert succeeded[:2] == ["True", "True"]
    assert {succeeded[each] for each in refused} == {"False"}


def test_where_a_machine_takes_nothing_away_a_file_is_read_all_the_same(
    two_wards, tmp_path, monkeypatch, caplog
):
    program = tmp_path / "bare.py"
    program.write_text(BARE.format(program=str(sandbox.PROGRAM)))
    monkeypatch.setattr(sandbox, "PROGRAM", program)

    sheet = read_in_own_process(two_wards, what="boundaries")

    assert sheet == read_sheet(two_wards, fields=Fields())
    assert "cannot take away its network, files, calls" in caplog.text


@pytest.fixture
def live_port():
    """A port of this machine where somebody listens."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_what_is_read_apart_is_what_would_be_read_here(geojson):
    path = geojson(
        feature("a", square(106.5, 10.5, 0.25), en="Ward A", km2=3.5),
        feature("b", square(106.75, 10.5, 0.25), en="Ward B", km2=None),
    )
    fields = Fields(name_en="en", area="km2")

    sheet = read_in_own_process(
        path, what="boundaries", fields=fields, is_approximate=True
    )

    assert sheet == read_sheet(path, fields=fields, is_approximate=True)
    assert {each.shape.srid for each in sheet.drawings} == {4326}


def test_assets_and_layers_are_those_that_would_be_read_here(geojson):
    path = geojson(feature("a", PLACE, type="big"), feature("b", PLACE, type="small"))
    fields = AssetFields(asset_class="type", classes={"big": "city"})

    assets = read_in_own_process(path, what="assets", fields=fields)
    layers = read_in_own_process(path, what="layers")

    assert assets == read_assets(path, fields=fields)
    assert [each.asset_class for each in assets] == ["city", ""]
    assert layers == layers_of(path)


def test_repairs_come_back_in_the_reader_s_language(geojson):
    ring = [[106, 10], [106.1, 10.1], [106.1, 10], [106, 10.1], [106, 10]]
    path = geojson(feature("tie", {"type": "Polygon", "coordinates": [ring]}))

    with override("vi"):
        (repair,) = read_in_own_process(path, what="boundaries").repairs

    assert repair.code == "tie"
    assert "mended" not in repair.what


def test_the_rows_of_a_list_come_with_the_lines_they_stand_in(tmp_path):
    path = written(
        tmp_path,
        "list.csv",
        'code;note\r\n1;"two\r\nlines"\r\n\r\n2;"Gò Vấp"\r\n3\r\n',
        "utf-8-sig",
    )

    rows = list(read_in_own_process(path, what="table"))

    assert rows == list(each_row(path))
    assert [row.number for row in rows] == [2, 5, 6]
    assert rows[1].said == {"code": "2", "note": "Gò Vấp"}
    assert "1 values for 2 columns" in rows[2].why


def test_the_rows_of_a_map_come_with_their_points_and_what_is_wrong(geojson):
    path = geojson(
        feature("a", PLACE),
        feature("b", square(106.5, 10.5, 0.5)),
        feature("c", None),
        name="cases.geojson",
    )

    rows = list(read_in_own_process(path, what="table"))

    assert rows[0] == Row(
        number=1, said={"code": "a", "name": "Phường A"}, point=(106.7, 10.7)
    )
    assert rows[1].point == pytest.approx((106.75, 10.75))
    assert (rows[2].point, rows[2].why) == (None, "it has no shape.")


@pytest.mark.parametrize(
    ("text", "encoding", "why"),
    [
        ("code,name\n1,A\n2,B\n", "utf-16", r"list\.csv: row 1: .*UTF-16"),
        (f"code,name\n1,A\n2,{GO_VAP}\n", "cp1258", r"list\.csv: row 3 is not UTF-8"),
        ("code,name\n1,A\n2,\0\0\n", "utf-8", r"list\.csv: row 3 is no text"),
        ("code,code\n1,A\n", "utf-8", r"list\.csv: row 1: it has to name each column"),
        ("rubbish\n" * 9, "utf-8", r"list\.csv: row 1: it has to name each column"),
        ("a,b\n1,2\n3," + "x" * 200_000, "utf-8", r"list\.csv: row 3: field larger"),
    ],
)
def test_a_broken_list_is_refused_by_its_row(tmp_path, text, encoding, why):
    path = written(tmp_path, "list.csv", text, encoding)

    with pytest.raises(UnreadableBoundaries, match=why):
        list(read_in_own_process(path, what="table"))


def test_the_process_that_reads_knows_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the site")
    rows = read_in_own_process(rows_of(20_000, tmp_path), what="table")
    next(rows)

    knows = Path(f"/proc/{child_of()}/environ").read_bytes()
    rows.close()

    assert b"DATABASE_URL" not in knows
    assert b"SECRET_KEY" not in knows


def test_a_process_that_is_killed_refuses_its_file_with_what_to_do(tmp_path):
    rows = read_in_own_process(rows_of(100_000, tmp_path), what="table")
    next(rows)

    os.kill(child_of(), signal.SIGKILL)

    with pytest.raises(UnreadableBoundaries, match=r"half way.*save it as GeoPackage"):
        list(rows)


def test_a_process_ends_with_whoever_asked_it(tmp_path):
    rows = read_in_own_process(rows_of(100_000, tmp_path), what="table")
    next(rows)
    child = child_of()

    rows.close()

    assert not Path(f"/proc/{child}").exists()


def test_a_file_that_takes_too_long_is_refused_with_what_to_do(two_wards):
    limits = Limits(seconds=0.01)

    with pytest.raises(UnreadableBoundaries, match=r"more than 0 seconds.*GeoPackage"):
        read_in_own_process(two_wards, what="boundaries", limits=limits)


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    wide = collection(feature("a", PLACE, note="x" * 60_000_000))
    path = written(tmp_path, "wide.geojson", wide)

    with pytest.raises(UnreadableBoundaries, match=r"wide\.geojson"):
        read_in_own_process(path, what="assets", limits=Limits(memory_mb=100))


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff" * 100,
        b"\0\0\0\x02\0\0\0\0[]",
        b'\0\0\0\x14\0\0\0\0{"is": "held", "h": 1}',
        b'\0\0\0\x1a\0\0\0\0{"is": "held", "held": []}'
        b'\0\0\0\x11\0\0\0\x03{"is": "drawing"}wkb',
    ],
)
def test_a_process_that_was_taken_over_can_only_be_refused(
    two_wards, tmp_path, monkeypatch, answer
):
    program = tmp_path / "taken over.py"
    program.write_text(f"import sys\nsys.stdout.buffer.write({answer!r})\n")
    monkeypatch.setattr(sandbox, "PROGRAM", program)

    for what in ("boundaries", "table"):
        with pytest.raises(UnreadableBoundaries, match=r"wards\.geojson"):
            tuple(read_in_own_process(two_wards, what=what))
