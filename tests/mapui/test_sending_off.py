"""Files are taken by few at once, none for ever, and none holds the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.carried.table import Table
from incidents.models import Status
from mapui.views import sending_off
from tests.factories import CaseFactory, OrganisationFactory, focal_point

pytestmark = pytest.mark.django_db

FILES = [
    "/ban-do/tep/phan-anh.csv",
    "/ban-do/tep/phan-anh.gpkg",
    "/ban-do/tep/heat.html",
    "/ban-do/tep/wards.pdf",
]


def stranger(number):
    return Client(REMOTE_ADDR=f"192.0.2.{number}")


def taken_whole(client):
    answer = client.get(FILES[0])
    answer.getvalue()
    return answer.status_code


@pytest.mark.parametrize("address", FILES)
def test_who_reads_slowly_takes_no_second_file_until_the_first_is_read(address):
    CaseFactory.create()
    first = stranger(1).get(address)

    again = stranger(1).get(FILES[0])
    first.getvalue()
    afterwards = stranger(1).get(FILES[0])

    assert (again.status_code, again["Retry-After"]) == (429, "60")
    assert "Quá nhiều tệp" in again.content.decode()
    assert afterwards.status_code == 200
    assert afterwards.getvalue()


def test_who_has_to_wait_for_a_file_is_led_on_by_a_page():
    first = stranger(1).get(FILES[0])

    page = stranger(1).get(FILES[2], headers={"Accept": "text/html"})

    said = page.content.decode()
    assert (page.status_code, page["Retry-After"]) == (429, "60")
    assert "<h1>" in said and "Quá nhiều tệp" in said
    assert f'href="{FILES[2]}"' in said
    first.getvalue()


def test_strangers_leave_room_for_who_works_here():
    officer = focal_point(OrganisationFactory.create())
    client = Client(REMOTE_ADDR="192.0.2.1")
    client.force_login(officer.user)
    taken = [stranger(number).get(FILES[0]) for number in (1, 2)]

    third = stranger(3).get(FILES[0])
    staff = client.get("/lam-viec/phan-anh.csv")
    map_ = client.get("/staff/maps/heat.html")

    assert [each.status_code for each in taken] == [200, 200]
    assert third.status_code == 429
    assert staff.status_code == 200
    assert (map_.status_code, map_["Cache-Control"]) == (429, staff["Cache-Control"])
    for each in (*taken, staff):
        each.getvalue()
    assert taken_whole(stranger(3)) == 200


def test_a_file_that_goes_wrong_leaves_its_place(client, monkeypatch):
    monkeypatch.setattr("mapui.views.carrying.public_table", _broken)
    client.raise_request_exception = False

    assert client.get(FILES[0]).status_code == 500
    monkeypatch.undo()
    assert taken_whole(client) == 200


def _broken(_asked):
    def rows():
        raise ValueError("gone wrong on the way")
        yield

    return Table(columns=(), rows=rows())


@pytest.mark.parametrize("address", FILES)
def test_a_file_is_whole_before_it_is_sent_and_asks_for_nothing_then(client, address):
    CaseFactory.create_batch(2)
    answer = client.get(address)

    with CaptureQueriesContext(connection) as asked:
        content = answer.getvalue()

    assert not asked.captured_queries
    assert answer["Content-Length"] == str(len(content))


def test_a_file_that_is_read_too_slowly_comes_to_an_end(client, monkeypatch):
    CaseFactory.create()
    monkeypatch.setattr(sending_off, "PIECE", 10)
    answer = client.get(FILES[0])
    pieces = iter(answer)
    next(pieces)
    late = sending_off.monotonic() + sending_off.AT_MOST_S
    monkeypatch.setattr(sending_off, "monotonic", lambda: late)

    with pytest.raises(TimeoutError):
        next(pieces)

    assert taken_whole(client) == 200


def test_the_server_gives_up_on_who_takes_no_piece(client):
    class Line:
        def settimeout(self, seconds):
            self.seconds = seconds

    line = Line()

    client.get(FILES[0], **{"gunicorn.socket": line}).getvalue()

    assert line.seconds == sending_off.PIECE_S


def test_no_file_stays_behind_and_nobody_s_address(client, settings):
    client.get(FILES[1]).getvalue()

    kept = list(settings.SENDING_DIR.iterdir())

    assert {each.name for each in kept} <= {"door", "0", "1", "2"}
    assert not [each for each in kept if b"127.0.0.1" in each.read_bytes()]


def test_to_ask_what_a_file_would_be_writes_none(client, settings):
    answer = client.head(FILES[0])

    assert answer["X-Rows"] == "0"
    assert not settings.SENDING_DIR.exists()


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "gpkg"])
def test_a_file_for_staff_has_so_many_cases_at_most_and_says_how_to_ask_for_fewer(
    client, settings, ending
):
    settings.STAFF_FILE_ROWS_AT_MOST = 2
    unit = OrganisationFactory.create()
    CaseFactory.create_batch(3, status=Status.TRANSFERRED, organisation=unit)
    client.force_login(focal_point(unit).user)
    address = f"/lam-viec/phan-anh.{ending}?since=2025-07-01&until=2025-07-31"

    refused = client.get(address)
    was_written = settings.SENDING_DIR.exists()
    settings.STAFF_FILE_ROWS_AT_MOST = 3
    taken = client.get(address)

    said = refused.content.decode()
    assert refused.status_code == 422
    assert "Có 3 vụ việc, mà một tệp chứa nhiều nhất 2. Hãy chọn ít ngày hơn" in said
    assert not was_written
    assert (taken.status_code, taken["X-Rows"]) == (200, "3")
    assert taken.getvalue()


def test_a_file_for_strangers_has_so_many_rows_at_most_and_says_so(client, settings):
    settings.FILE_ROWS_AT_MOST = 2
    CaseFactory.create_batch(3)

    refused = client.get(FILES[0])
    offered = client.get("/ban-do/mang-di").content.decode()

    said = "Có 3 phản ánh, mà một tệp chứa nhiều nhất 2"
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert said in offered
