from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command

from gis_data.errors import BrokenPlan
from gis_data.first_map import read_plan, set_up
from gis_data.locating import locate
from gis_data.models import Boundary, Edition, PlaceKind
from tests.factories import square
from tests.gis_data.conftest import feature

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 7, 2, tzinfo=UTC)
LATER = datetime(2025, 7, 3, tzinfo=UTC)
JUNE, JULY = date(2025, 6, 30), date(2025, 7, 1)
THERE = (106.672, 10.7548)
KINDS = """
[[kinds]]
code = "city"
rank = 1
[[kinds]]
code = "district"
rank = 2
[[kinds]]
code = "ward"
rank = 3
"""
SETS = """
[[sets]]
kind = "district"
from = 2021-01-01
until = 2025-06-30
[sets.file]
name = "districts.geojson"
[sets.sketch]
province = "79"
level = "district"
[[sets]]
kind = "ward"
from = 2025-07-01
[sets.file]
name = "wards.geojson"
{download}
[sets.sketch]
province = "79"
level = "{sketch}"
[[outlines]]
kind = "city"
code = "79"
name = "Thành phố"
of = "district"
from = 2021-01-01
until = 2025-06-30
[[outlines]]
kind = "city"
code = "79"
name = "Thành phố"
of = "ward"
from = 2025-07-01
"""
WARD = square(106.6, 10.7, 0.1)
DOWNLOAD = """
[sets.download]
address = "{address}/{{part}}.geojson"
parts = "one two"
codes_sha256 = "{codes}"
area_km2 = {area}
[sets.download.fields]
name = "fullName"
"""


@pytest.fixture
def plan(tmp_path):
    def write(download="", sketch="district"):  # fewer than the wards, drawn sooner
        path = tmp_path / "map.toml"
        sets = SETS.format(download=download, sketch=sketch)
        path.write_text(KINDS + sets, "utf8")
        return read_plan(path)

    return write


@pytest.fixture
def files(geojson, tmp_path):
    geojson(feature("d", WARD, name="Quận D"), name="districts.geojson")
    geojson(feature("a", WARD, name="Phường A"), name="wards.geojson")
    return tmp_path


def setting_up(plan, *, folder=None, fetch=False, at=NOW):
    said = []
    set_up(plan, folder=folder, fetch=fetch, at=at, say=said.append)
    return said


def kinds_and_codes(on):
    return [(area.kind, area.code) for area in locate(THERE, on=on).areas]


def test_from_files_each_day_has_its_places_and_one_city_round_them(plan, files):
    setting_up(plan(), folder=files)

    assert kinds_and_codes(JUNE) == [("district", "d"), ("city", "79")]
    assert kinds_and_codes(JULY) == [("ward", "a"), ("city", "79")]
    assert not locate(THERE, on=JULY).approximate
    assert PlaceKind.objects.get(code="ward").rank == 3


def test_a_second_time_there_is_nothing_to_do(
    plan, files, django_assert_max_num_queries
):
    setting_up(plan(), folder=files)
    before = list(Boundary.objects.values())

    with django_assert_max_num_queries(30):
        said = setting_up(plan(), folder=files, at=LATER)

    assert all("in force" in line for line in said)
    assert list(Boundary.objects.values()) == before


def test_without_files_the_old_districts_and_the_wards_are_sketched(plan):
    setting_up(plan(sketch="ward"))

    found = locate(THERE, on=JULY)
    assert kinds_and_codes(JUNE) == [("district", "774"), ("city", "79")]
    assert kinds_and_codes(JULY) == [("ward", "27316"), ("city", "79")]
    assert found.approximate
    assert found.areas[0].name == "Phường An Đông"


def test_a_sketch_stays_until_something_better_comes(plan, files):
    setting_up(plan())

    again = setting_up(plan(), at=LATER)
    better = setting_up(plan(), folder=files, at=LATER)

    assert "ward 2025-07-01: the sketch stays in force" in "\n".join(again)
    assert "ward 2025-07-01: 1 in force, from wards.geojson." in better
    assert kinds_and_codes(JUNE) == [("district", "d"), ("city", "79")]
    assert kinds_and_codes(JULY) == [("ward", "a"), ("city", "79")]
    assert not locate(THERE, on=JULY).approximate
    assert not Edition.objects.published().filter(is_approximate=True).exists()


def test_a_map_in_force_is_not_replaced_by_another_file(plan, files, geojson):
    setting_up(plan(), folder=files)
    geojson(feature("z", WARD, name="Phường Z"), name="wards.geojson")

    said = setting_up(plan(), folder=files, at=LATER)

    assert "ward 2025-07-01: in force, from another file; left." in said
    assert kinds_and_codes(JULY)[0] == ("ward", "a")


def test_a_broken_file_puts_nothing_in_force(plan, files):
    (files / "wards.geojson").write_text("{")

    with pytest.raises(Exception, match=r"wards\.geojson"):
        setting_up(plan(), folder=files)

    assert not Edition.objects.exists()
    assert not PlaceKind.objects.exists()


@pytest.mark.parametrize(
    "broken", ["kinds = 1", "[[sets]]\nkind = 'ward'", "[[kinds]]\ncolour = 'red'", "="]
)
def test_a_plan_that_cannot_be_read_is_refused(tmp_path, broken):
    path = tmp_path / "map.toml"
    path.write_text(broken)

    with pytest.raises(BrokenPlan, match=r"map\.toml"):
        read_plan(path)


def test_the_city_of_this_site_has_a_plan(settings):
    plan = read_plan(settings.CITY_DIR / "map.toml")

    assert {kind.code for kind in plan.kinds} >= {each.kind for each in plan.sets}
    assert {each.kind for each in plan.outlines} == {settings.CITY.root_place["kind"]}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def publisher(tmp_path):
    """A site that serves one GeoJSON a part, as the real one does."""
    for part, code in (("one", "a"), ("two", "b")):
        shape = json.loads(square(106.6 if code == "a" else 106.7, 10.7).geojson)
        about = {"code": code, "fullName": f"Phường {code}"}
        drawn = {"type": "Feature", "properties": about, "geometry": shape}
        whole = {"type": "FeatureCollection", "features": [drawn]}
        (tmp_path / f"{part}.geojson").write_text(json.dumps(whole), "utf8")
    site = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))
    )
    thread = Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    thread.join()
    site.server_close()


def download(address, *, codes="a\nb", area=242.0):
    mark = sha256(codes.encode()).hexdigest()
    return DOWNLOAD.format(address=address, codes=mark, area=area)


def test_what_was_fetched_and_is_what_it_should_be_is_put_in_force(plan, publisher):
    said = setting_up(plan(download(publisher)))

    assert any(f"2 in force, from {publisher}" in line for line in said), said
    assert kinds_and_codes(JULY) == [("ward", "a"), ("city", "79")]
    assert not locate(THERE, on=JULY).approximate


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"codes": "a\nc"}, "not the places it should be"), ({"area": 250.0}, "covers")],
)
def test_what_was_fetched_and_is_something_else_gives_way_to_the_sketch(
    plan, publisher, wrong, why
):
    said = setting_up(plan(download(publisher, **wrong)))

    assert why in "\n".join(said)
    assert locate(THERE, on=JULY).approximate


def test_without_a_network_the_sketch_is_made_and_why_is_said(plan, publisher):
    nobody = publisher.rpartition(":")[0] + ":9"

    said = setting_up(plan(download(nobody)))

    assert "could not be fetched" in "\n".join(said)
    assert locate(THERE, on=JULY).approximate


def test_over_a_sketch_the_download_is_tried_again_only_when_told_to(plan, publisher):
    setting_up(plan())
    planned = plan(download(publisher))

    untold = setting_up(planned, at=LATER)
    told = setting_up(planned, fetch=True, at=LATER)

    assert "--fetch tries the download again" in "\n".join(untold)
    assert "2 in force" in "\n".join(told)


@pytest.mark.parametrize(("options", "kept"), [([], False), (["--commit"], True)])
def test_the_command_keeps_its_effect_only_when_told_to(
    plan, files, settings, options, kept
):
    plan()
    settings.CITY_DIR, settings.GIS_DATA_DIR = files, str(files)
    out = StringIO()

    call_command("setup_map", *options, stdout=out)

    assert "ward 2025-07-01: 1 in force" in out.getvalue()
    assert Boundary.objects.exists() == kept


def test_a_folder_that_is_none_is_said(settings):
    settings.GIS_DATA_DIR = "/nowhere"

    with pytest.raises(CommandError, match="/nowhere is not a folder"):
        call_command("setup_map")
