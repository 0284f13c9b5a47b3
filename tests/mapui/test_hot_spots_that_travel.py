"""Hot spots as a file show what their page shows, and no place or word of a report."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.gis.geos import LineString, MultiLineString
from django.core.management import CommandError, call_command
from django.http import QueryDict
from django.utils import timezone

from gis_data.geometry import metres_a_degree
from gis_data.models import Street
from incidents.permissions import actor_of
from mapui.views.travelling_hot import hot_sheet, read_search
from tests.factories import HERE, focal_point, operator

pytestmark = pytest.mark.django_db

FILE, PAPER = "/staff/maps/hot-spots.html", "/staff/maps/hot-spots.pdf"
DEGREES = re.compile(r"(?<![\w.#-])(?:10|106)\.\d+(?![\w.%])")
EAST, _NORTH = metres_a_degree(HERE.y)


@pytest.fixture
def street(ward):
    """A street of the map that runs through the corner."""
    return Street.objects.create(
        name="Đường Đồng Khởi",
        place=ward,
        shape=MultiLineString(
            LineString(
                (HERE.x - 200 / EAST, HERE.y), (HERE.x + 200 / EAST, HERE.y), srid=4326
            ),
            srid=4326,
        ),
    )


def read(client, address=FILE, **asked):
    return client.get(address, asked).getvalue().decode()


def test_a_file_lists_each_spot_that_it_numbers_with_its_significance(
    client, thick, street
):
    text = read(client)

    script = text.rpartition("<script>")[2]
    drawn = re.search(r"const .lat, lon, number. of (\[.*?\]\])", script).group(1)
    numbers = [row[2] for row in json.loads(drawn)]
    assert len(numbers) == text.count('<b class="number">') == 1
    assert "Đường Đồng Khởi, Ward a" in text
    assert "Gi*, tỷ lệ phát hiện sai 5 %" in text
    assert "10.000" in text
    assert "hot-shade-5" in script


def test_a_file_holds_no_point_and_no_word_of_a_report(client, thick):
    text = read(client)

    degrees = {float(each) for each in DEGREES.findall(text.rpartition("<script>")[2])}
    assert len(degrees) > 100
    assert all(round(each, 5) == each for each in degrees)
    for case in thick:
        assert not {round(case.point.x, 5), round(case.point.y, 5)} <= degrees
        for said in (case.code, case.public_id, case.description, "Lê Lợi"):
            assert said not in text


def test_a_file_is_of_the_time_and_the_ward_that_its_page_is_of(client, thick, ward):
    page = client.get("/lam-viec/don-vi/diem-nong?days=90").content.decode()
    text, long_ago = read(client, days="90", ward="a"), read(client, days="30")

    assert f'href="{FILE}?days=90"' in page
    assert f'href="{PAPER}?days=90"' in page
    assert "(90 ngày)" in text
    assert '<p class="asked">Ward a' in text
    assert "(30 ngày)" in long_ago


def test_on_paper_the_same_spots_are_drawn_and_listed(client, thick, unit, street):
    answer = client.get(PAPER)

    officer = actor_of(focal_point(unit).user, on=timezone.localdate())
    now = timezone.now()
    sheet = hot_sheet(read_search(QueryDict(), reader=officer, at=now), at=now)
    assert answer.getvalue().startswith(b"%PDF-")
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert sheet.count("<circle ") == sheet.count('class="number"') == 1
    assert "#7a0f22" in sheet
    assert "Lê Lợi" not in sheet


def test_where_nothing_is_hot_the_file_says_so(client, unit, ward):
    unit.place = ward
    unit.save()

    assert "Không có điểm nóng" in read(client)
    assert client.get(PAPER).getvalue().startswith(b"%PDF-")


def test_hot_spots_are_for_those_who_answer_for_the_ground(client, thick):
    client.logout()
    assert client.get("/ban-do/tep/hot-spots.html").status_code == 404
    assert client.get("/ban-do/tep/hot-spots.pdf").status_code == 404
    assert client.get(FILE).status_code == 302

    client.force_login(operator().user)
    assert client.get(FILE).status_code in (200, 404)


def test_a_ward_that_is_not_there_is_refused_in_words(client, thick):
    answer = client.get(FILE, {"ward": "nowhere"})

    assert answer.status_code == 422
    assert "địa bàn" in answer.content.decode()


def test_the_command_writes_an_account_s_hot_spots_and_no_stranger_s(
    thick, unit, tmp_path
):
    officer, file = focal_point(unit).user, tmp_path / "hot.html"

    call_command(
        "export_map", str(file), "--kind", "hot-spots", "--as", officer.username
    )

    assert "spot-hot" in file.read_text()
    with pytest.raises(CommandError, match="--as"):
        call_command("export_map", str(file), "--kind", "hot-spots")
