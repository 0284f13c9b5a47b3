"""Files that no publisher should send: each is made here, none is kept as a binary."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from struct import pack

from tests.factories import square
from tests.gis_data.conftest import feature

A, B = square(106.5, 10.5, 0.25), square(106.75, 10.5, 0.25)
SWAPPED = square(10.5, 106.5, 0.25)
BOWTIE = {
    "type": "Polygon",
    "coordinates": [[[106, 10], [106.1, 10.1], [106.1, 10], [106, 10.1], [106, 10]]],
}
METRES = square(600_000, 1_160_000, 20_000)
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="wards"><SrcDataSource>{}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    "<name>{}</name><Point><coordinates>106.5,10.5</coordinates></Point>"
    "</Placemark></Document></kml>"
)


def collection(*features, **more):
    """Return a GeoJSON file's text."""
    whole = {"type": "FeatureCollection", "features": list(features), **more}
    return json.dumps(whole, ensure_ascii=False)


def wards(name="Phường B"):
    return collection(feature("a", A), feature("b", B, name=name))


def written(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def ogr2ogr(*arguments):
    command = [shutil.which("ogr2ogr"), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def shapefile(folder, *options, text=None):
    source = written(folder, "source.geojson", text or wards())
    made = folder / "wards.shp"
    ogr2ogr("-f", "ESRI Shapefile", *options, made, source)
    source.unlink()
    return made


def dbf(rows, encoding, *, language=0):
    """Return a table of dBASE III with the fields code and name, in any encoding."""
    fields = (("code", 8), ("name", 40))
    described = b"".join(
        pack("<11sc4xBB14x", name.encode(), b"C", width, 0) for name, width in fields
    )
    width = 1 + sum(width for _name, width in fields)
    head = pack(
        "<BBBBIHH17xB2x",
        3,
        125,
        1,
        1,
        len(rows),
        32 + len(described) + 1,
        width,
        language,
    )
    body = b"".join(
        b" "
        + b"".join(
            each.encode(encoding).ljust(size)
            for each, (_name, size) in zip(row, fields, strict=True)
        )
        for row in rows
    )
    return head + described + b"\r" + body + b"\x1a"


#: Gò Vấp as Windows-1258 writes it: its tones stand behind their letters.
GO_VAP = "Qua\u0323\u0302n Go\u0300 V\u00e2\u0301p".replace("a\u0323\u0302", "â\u0323")


def table_in_1258(folder, *, cpg=None, language=0):
    """A shapefile whose table is Windows-1258; `cpg` is what it says of itself."""
    path = shapefile(folder)
    rows = [("a", "Phu"), ("b", GO_VAP)]
    path.with_suffix(".dbf").write_bytes(dbf(rows, "cp1258", language=language))
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


def cut(path, part=0.5):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    return path


def zipped(folder, **members):
    path = folder / "wards.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return path


def zip_with(folder, name, content="{}", *, link=False):
    path = folder / "wards.zip"
    member = zipfile.ZipInfo(name)
    if link:
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


def zip_that_swells(folder, megabytes=300):
    path = folder / "wards.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("wards.geojson", "w", force_zip64=True) as file,
    ):
        for _each in range(megabytes):
            file.write(b" " * 2**20)
    return path


def named_elsewhere(folder):
    """Wards in UTM 48N that the file says are of UTM 33N."""
    source = written(folder, "source.geojson", wards())
    made = folder / "wards.gpkg"
    ogr2ogr("-t_srs", "EPSG:32648", made, source)
    wrong = folder / "wrong.gpkg"
    ogr2ogr("-a_srs", "EPSG:32633", wrong, made)
    return wrong


def nameless_metres(folder):
    path = shapefile(folder, "-t_srs", "EPSG:32648")
    path.with_suffix(".prj").unlink()
    return path


def million_laughs():
    words = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9)
    )
    return f"<?xml version='1.0'?>\n<!DOCTYPE kml [{words}]>\n" + KML.format("&l8;")


def of_passwords():
    return (
        "<?xml version='1.0'?>\n"
        "<!DOCTYPE kml [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n" + KML.format("&x;")
    )


def rubbish(folder, name, line, rows=2_000_000):
    path = Path(folder) / name
    with path.open("w", encoding="utf8") as file:
        for _each in range(rows // 10_000):
            file.write(line * 10_000)
    return path
