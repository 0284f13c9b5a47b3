"""What no answer gives away: the second of filing, and what only some may keep."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from incidents.intake import receive
from tests.factories import JULY, ReportFactory, operator

pytestmark = pytest.mark.django_db

URL = "/api/v1/reports"


def cursor_of(answer):
    return parse_qs(urlsplit(answer.json()["next"]).query)["cursor"][0]


def test_the_next_page_does_not_tell_when_a_report_came(client):
    for turn in range(3):
        ReportFactory.create(received_at=JULY + timedelta(seconds=turn))

    cursor = cursor_of(client.get(URL, {"page_size": 1}))

    assert b"2025" not in base64.b64decode(cursor, altchars=b"-_")


def test_pages_hold_every_report_once_even_of_one_second(client):
    made = {ReportFactory.create(received_at=JULY).public_id for _ in range(5)}
    address, seen = f"{URL}?page_size=2", []

    while address:
        page = client.get(address).json()
        seen += [each["id"] for each in page["features"]]
        address = page["next"]

    assert sorted(seen) == sorted(made)


def test_a_cursor_that_was_changed_leads_nowhere(client):
    for _ in range(2):
        ReportFactory.create()
    cursor = cursor_of(client.get(URL, {"page_size": 1}))
    plain = base64.b64encode(b"p=abc").decode()

    for changed in (cursor[:-6] + "AAAA==", plain, "cD1hYmM=", "é", "\0", ""):
        assert client.get(URL, {"cursor": changed}).status_code == 404, changed


def test_a_change_is_told_to_strangers_by_the_hour(client):
    ReportFactory.create(updated_at=datetime(2025, 7, 9, 3, 41, 27, 5, tzinfo=UTC))

    (feature,) = client.get(URL).json()["features"]

    told = datetime.fromisoformat(feature["properties"]["updated_at"])
    assert told == datetime(2025, 7, 9, 3, tzinfo=UTC)


def test_nobody_on_the_way_keeps_a_case_that_was_looked_up(client, telling):
    report = receive(telling, channel="portal", at=JULY).report

    answer = client.get(f"{URL}/{report.code}")

    assert answer["Cache-Control"] == "no-store"


def test_nobody_on_the_way_keeps_what_staff_see_of_a_route(client, telling):
    asked = {"lat": 10.8, "lon": 106.7, "category": telling.category.code}
    stranger = client.get("/api/v1/route", asked)
    client.force_login(operator().user)

    staff = client.get("/api/v1/route", asked)

    assert "claims" not in stranger.json()
    assert "claims" in staff.json()
    assert staff["Cache-Control"] == "private, no-store"
