from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from django.contrib.gis.geos import Point
from django.urls import reverse

from gis_data.api.fields import Reads
from incidents.models import Report, Status
from tests.factories import ReportFactory
from tests.incidents.api.mvt import read_tile

pytestmark = pytest.mark.django_db
HOME = reverse("mapui:home")
WORDS = "Chị Hoa nhà số 7"
HTMX = {"HX-Request": "true"}


def listed(page):
    return set(re.findall(r'href="/su-viec/([\w-]+)"', page.content.decode()))


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", ["home", "filing", "lookup"])
def test_every_public_page_is_whole_in_both_languages(client, leaf, name, language):
    ReportFactory.create(category=leaf)

    page = client.get(reverse(f"mapui:{name}"), headers={"Accept-Language": language})

    said = page.content.decode()
    assert page.status_code == 200
    assert f'<html lang="{language}">' in said
    assert said.count("<h1") == 1
    assert 'href="#main"' in said


def test_no_page_writes_a_style_or_a_script_into_itself(client, leaf):
    ReportFactory.create(category=leaf)

    pages = [client.get(reverse(f"mapui:{n}")) for n in ("home", "filing", "lookup")]

    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        said = page.content.decode()
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style", said)
        scripts = re.findall(r"<script[^>]*>", said)
        assert all("src=" in tag or "application/json" in tag for tag in scripts)


def test_no_page_asks_another_site_for_anything(client, leaf):
    ReportFactory.create(category=leaf)

    pages = [client.get(reverse(f"mapui:{n}")) for n in ("home", "filing", "lookup")]

    for page in pages:
        asked = re.findall(r'(?:src|href|action)="([^"]+)"', page.content.decode())
        assert asked
        assert not [each for each in asked if re.match(r"(https?:)?//", each)]


def test_the_list_shows_what_is_public_and_nothing_a_reporter_wrote(client, leaf):
    shown = ReportFactory.create(category=leaf, description=WORDS)
    ReportFactory.create(category=leaf, is_public=False)
    ReportFactory.create(category=leaf, status=Status.RECEIVED)

    page = client.get(HOME)

    assert listed(page) == {shown.public_id}
    assert WORDS not in page.content.decode()
    assert shown.code not in page.content.decode()


def test_the_list_keeps_to_the_filters_in_the_address(client, leaf):
    done = ReportFactory.create(
        category=leaf, status=Status.RESOLVED, public_title="Cống đã có nắp"
    )
    ReportFactory.create(category=leaf)

    ever = {"window": "all"}
    by_status = client.get(HOME, ever | {"status": "done"})
    by_words = client.get(HOME, ever | {"q": "đã có nắp", "category": leaf.branch.code})
    by_day = client.get(HOME, {"to": "2025-07-01"})

    assert listed(by_status) == listed(by_words) == {done.public_id}
    assert listed(by_day) == set()
    assert 'value="done"' in by_status.content.decode()


@pytest.mark.parametrize(
    ("wrong", "called"),
    [
        ({"from": "yesterday"}, "Từ ngày"),
        ({"ward": "no-such"}, "Phường, xã"),
        ({"bbox": "1,2,3"}, "Khung bản đồ"),
        ({"placed": "perhaps"}, "Vị trí trên bản đồ"),
        ({"boundaries": "mine"}, "Địa giới"),
        ({"window": "yesterday"}, "Thời gian"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_filter_that_makes_no_sense_is_said_once_and_draws_nothing(
    client, leaf, wrong, called, headers
):
    ReportFactory.create(category=leaf)

    page = client.get(HOME, wrong, headers=headers)

    said = page.content.decode()
    assert page.status_code == 200
    assert listed(page) == set()
    assert len(re.findall(rf'role="alert">\s*<p>{called}: ', said)) == 1
    assert "data-drawn" not in said


def test_what_the_map_draws_is_what_the_list_shows_wherever_it_lies(client, leaf):
    asked = {"status": "done", "q": "nắp", "bbox": "106,10,107,11", "page": "1"}

    page = client.get(HOME, asked | {"utm": "x", "from": ""})

    (drawn,) = re.findall(r'data-drawn="([^"]*)"', page.content.decode())
    assert parse_qs(unescape(drawn)) == {
        "status": ["done"],
        "q": ["nắp"],
        "window": ["current"],
    }


def test_what_ended_long_ago_is_left_out_where_only_today_is_asked_for(client, leaf):
    under_way = ReportFactory.create(category=leaf, status=Status.TRANSFERRED)
    ReportFactory.create(category=leaf, status=Status.RESOLVED)

    page = client.get(HOME, {"window": "current"})
    answer = client.get("/api/v1/reports", {"window": "current"}).json()

    assert listed(page) == {under_way.public_id}
    assert [each["id"] for each in answer["features"]] == [under_way.public_id]
    assert 'data-drawn="window=current"' in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "chosen", "shows_all"),
    [
        ("", "current", False),
        ("window=", "current", False),
        ("window=all", "all", True),
        # Who asks for days asks about the past.
        ("from=2025-07-01", "all", True),
        ("to=2025-08-01&window=", "all", True),
        ("from=2025-07-01&window=current", "current", False),
    ],
)
@pytest.mark.parametrize("page", ["/", "/nhung/ban-do"])
def test_pages_open_on_what_is_of_today_and_say_so_wherever_they_lead(
    client, leaf, page, asked, chosen, shows_all
):
    ReportFactory.create(category=leaf, status=Status.TRANSFERRED)
    ReportFactory.create(category=leaf, status=Status.RESOLVED)

    shown = client.get(f"{page}?{asked}")
    drawn = shown.context["drawn"]
    tile = client.get(f"/tiles/reports/0/0/0.mvt?{drawn}")
    file = client.get(f"/ban-do/tep/phan-anh.csv?{shown.context['listed']}")

    assert parse_qs(drawn)["window"] == [chosen]
    assert shown.context["total"] == (2 if shows_all else 1)
    assert read_tile(tile.content).total == shown.context["total"]
    assert file["X-Rows"] == str(shown.context["total"])
    assert len(file.getvalue().decode().splitlines()) == shown.context["total"] + 1
    assert f"window={chosen}" in shown.context["listed"]


def test_the_choice_of_when_can_be_seen_and_made_without_a_script(client, leaf):
    ReportFactory.create(category=leaf, status=Status.RESOLVED)

    page = client.get(HOME).content.decode()
    ever = client.get(HOME, {"window": "all"}).content.decode()

    chosen = r'name="window"\s+value="{}"\s+checked'
    assert re.search(chosen.format("current"), page)
    assert re.search(chosen.format("all"), ever)
    assert "Đang mở hoặc xong trong 90 ngày" in page
    assert 'href="?window=all"' not in ever


@pytest.mark.parametrize("page", ["/", "/nhung/ban-do"])
def test_where_nothing_is_of_today_a_way_leads_on_to_all_time(client, leaf, page):
    ReportFactory.create(category=leaf, status=Status.RESOLVED)
    told = "hơn 90 ngày trước"

    empty = client.get(page)
    # What is open is of today, so all time has no more of it.
    opened = client.get(page, {"status": "in_progress"})
    ever = client.get(f"{page}?{empty.context['ever']}")

    assert 'href="?window=all"' in empty.content.decode()
    assert told in empty.content.decode()
    assert ever.context["total"] == 1
    for other in (opened, ever):
        assert told not in other.content.decode()
        assert not other.context["ever"]


def test_an_empty_frame_leads_to_the_whole_city_and_to_all_time_in_that_frame(
    client, leaf
):
    ReportFactory.create(category=leaf)
    there = Point(106.0, 10.0, srid=4326)
    ReportFactory.create(category=leaf, status=Status.RESOLVED, point=there)

    empty = client.get(HOME, {"bbox": "105.9,9.9,106.1,10.1"})
    ever = client.get(f"{HOME}?{empty.context['ever']}")

    said = empty.content.decode()
    assert "data-whole-city" in said
    assert "data-ever" in said
    assert ever.context["total"] == 1


@pytest.mark.parametrize("page", ["/", "/nhung/ban-do"])
@pytest.mark.parametrize(
    ("asked", "told"),
    [("", "Đang mở hoặc xong trong 90 ngày"), ("?window=all", "Mọi thời gian")],
)
def test_a_count_stands_beside_the_time_it_is_of(client, leaf, page, asked, told):
    ReportFactory.create(category=leaf)

    said = client.get(page + asked).content.decode()

    if page == "/":
        assert re.search(rf"checked>\s*<span>{told}</span>", said)
    else:
        assert f"<small>{told}</small>" in said


def test_what_has_no_place_is_counted_and_listed_all_the_same(client, leaf):
    ReportFactory.create(category=leaf)
    ReportFactory.create(category=leaf, point=None)

    page = client.get(HOME)

    assert (page.context["total"], page.context["unplaced"]) == (2, 1)
    assert len(listed(page)) == 2
    assert 'href="?placed=no&amp;window=current"' in page.content.decode()


def test_what_has_no_place_can_be_listed_alone_by_page_and_by_program(client, leaf):
    placed = ReportFactory.create(category=leaf)
    unplaced = ReportFactory.create(category=leaf, point=None)

    alone, rest = (client.get(HOME, {"placed": said}) for said in ("no", "yes"))
    features = client.get("/api/v1/reports", {"placed": "no"}).json()["features"]
    tile = client.get("/tiles/reports/0/0/0.mvt", {"placed": "no"})

    assert listed(alone) == {unplaced.public_id}
    assert listed(rest) == {placed.public_id}
    assert [each["id"] for each in features] == [unplaced.public_id]
    assert tile.status_code == 204


def test_the_list_keeps_to_the_frame_of_the_map_and_says_what_lies_outside(
    client, leaf
):
    inside = ReportFactory.create(category=leaf)
    ReportFactory.create(category=leaf, point=Point(106.0, 10.0, srid=4326))
    ReportFactory.create(category=leaf, point=None)
    frame = {"bbox": "106.6,10.7,106.8,10.9", "status": "in_progress"}

    page = client.get(HOME, frame)

    counted = [page.context[name] for name in ("total", "everywhere", "unplaced")]
    assert listed(page) == {inside.public_id}
    assert counted == [1, 3, 1]
    assert 'href="?status=in_progress&amp;window=current"' in page.content.decode()


def test_an_empty_frame_leads_to_the_whole_city(client, leaf):
    ReportFactory.create(category=leaf)

    page = client.get(HOME, {"bbox": "105,8,105.1,8.1"})

    said = page.content.decode()
    assert "data-whole-city" in said
    assert "Nơi khác trong Thành phố có 1 phản ánh" in said


def test_a_fragment_brings_along_what_stands_elsewhere_on_the_page(client, leaf):
    ReportFactory.create(category=leaf, point=None)

    said = client.get(HOME, {"bbox": "106,10,107,11"}, headers=HTMX).content.decode()

    for part in ("unplaced", "filter-bbox", "mistake"):
        assert re.search(rf'id="{part}"[^>]*hx-swap-oob="true"', said), part
    assert 'value="106,10,107,11"' in said


def test_only_words_that_a_public_report_can_have_are_offered(client, leaf):
    for status in Status:
        ReportFactory.create(category=leaf, status=status)

    page = client.get(HOME)

    offered = set(re.findall(r'name="status"\s+value="(\w+)"', page.content.decode()))
    public = Report.objects.public()
    assert offered == {"in_progress", "done"}
    assert {each.status_group for each in public} == offered


def test_a_listed_report_can_be_found_on_the_map_by_its_rounded_point(client, leaf):
    report = ReportFactory.create(category=leaf)
    ReportFactory.create(category=leaf, point=None)

    said = client.get(HOME).content.decode()

    assert said.count("data-lon=") == 1
    assert f'data-lon="{report.public_point.x:.6f}"' in said
    assert f"{report.point.x:.6f}" not in said


def test_places_are_found_by_name_in_the_reader_s_language(client, ward):
    found = client.post(reverse("mapui:places"), {"q": "WARD a"}).json()
    none = client.post(reverse("mapui:places"), {"q": "không đâu"}).json()

    (place,) = found["places"]
    assert (place["code"], place["is_now"]) == ("a", True)
    assert found["said"] == "1 địa điểm"
    assert none["places"] == []
    assert none["is_loose"]
    assert "gõ ít chữ hơn" in none["said"]


@pytest.mark.parametrize("typed", ["", "\x01", "%", "a" * 5000, "'; --", "😀"])
def test_whatever_is_typed_for_a_place_is_answered(client, ward, typed):
    answer = client.post(reverse("mapui:places"), {"q": typed, "lat": typed})

    assert answer.status_code == 200
    assert answer.json()["places"] == []


def test_nobody_keeps_that_somebody_asked_for_places_too_often(
    client, ward, monkeypatch
):
    monkeypatch.setattr(Reads, "get_rate", lambda self: "1/min")

    found, refused = [
        client.post(reverse("mapui:places"), {"q": "a"}) for _ in range(2)
    ]

    assert (found.status_code, refused.status_code) == (200, 429)
    assert "no-store" in found.headers["Cache-Control"]
    assert "no-store" in refused.headers["Cache-Control"]
    assert refused.headers["Retry-After"] == "60"


def test_a_report_says_how_far_it_has_come_and_how_to_hand_it_on(client, leaf):
    done = ReportFactory.create(category=leaf, status=Status.RESOLVED)

    said = client.get(reverse("mapui:report", args=[done.public_id])).content.decode()

    assert re.search(r'class="is-now is-done" aria-current="step"', said)
    assert f'data-address="{done.get_public_url()}"' in said
    assert "#o=15/" in said


def test_the_pages_of_the_list_keep_the_filters_and_miss_nobody(client, leaf):
    every = {r.public_id for r in ReportFactory.create_batch(30, category=leaf)}

    first = client.get(HOME, {"status": "in_progress"})
    second = client.get(f"{HOME}?{first.context['earlier']}")

    assert "status=in_progress" in first.context["earlier"]
    assert listed(first) | listed(second) == every
    assert not listed(first) & listed(second)


def test_a_fragment_is_the_list_alone(client, leaf):
    ReportFactory.create(category=leaf)

    page = client.get(HOME, headers=HTMX)

    assert "<html" not in page.content.decode()
    assert len(listed(page)) == 1
    assert "HX-Request" in page.headers["Vary"]


def test_a_report_opens_as_a_page_and_as_a_panel(client, leaf):
    report = ReportFactory.create(category=leaf, description=WORDS)
    address = reverse("mapui:report", args=[report.public_id])

    page, panel = client.get(address), client.get(address, headers=HTMX)

    assert "<h1" in page.content.decode()
    assert "data-panel" in panel.content.decode()
    assert "<html" not in panel.content.decode()
    for answer in (page, panel):
        said = answer.content.decode()
        assert leaf.name in said
        assert WORDS not in said
        assert f"{report.point.x:.6f}" not in said
        assert f"{report.public_point.x:.6f}" in said


@pytest.mark.parametrize("held", [{"is_public": False}, {"status": Status.RECEIVED}])
def test_a_report_that_is_not_public_is_not_there(client, leaf, held):
    report = ReportFactory.create(category=leaf, **held)

    page = client.get(reverse("mapui:report", args=[report.public_id]))

    assert page.status_code == 404


def test_the_style_draws_from_this_site_alone_in_the_colours_of_the_page(client, leaf):
    answer = client.get(reverse("mapui:style"))

    drawn = answer.json()
    tiles = [each["tiles"][0] for each in drawn["sources"].values() if "tiles" in each]
    assert tiles
    assert all(each.startswith("http://testserver/tiles/") for each in tiles)
    assert "glyphs" not in drawn
    assert not re.search(r"#[0-9a-f]{3,6}", json.dumps(drawn))


def test_each_ward_is_named_once_inside_itself(client, ward):
    answer = client.get(reverse("mapui:ward-names"))

    (named,) = answer.json()["features"]
    lon, lat = named["geometry"]["coordinates"]
    assert named["properties"]["name"] == ward.name
    assert 106.65 < lon < 106.75
    assert 10.75 < lat < 10.85


def test_the_page_and_its_fragment_keep_to_their_statements(
    client, leaf, django_assert_max_num_queries
):
    ReportFactory.create_batch(30, category=leaf)
    assert Report.objects.count() == 30

    with django_assert_max_num_queries(7):
        client.get(HOME)
    with django_assert_max_num_queries(2):
        client.get(HOME, headers=HTMX)


@pytest.mark.parametrize(("language", "marked"), [("vi", 0), ("en", 1)])
def test_a_title_says_its_language_to_who_reads_another(client, leaf, language, marked):
    report = ReportFactory.create(public_title="Nắp cống mất")
    headers = {"Accept-Language": language}

    page = client.get(f"/su-viec/{report.public_id}", headers=headers).content.decode()

    assert page.count('<span lang="vi">Nắp cống mất</span>') == marked
    assert "Nắp cống mất" in page
