from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from gis_data.errors import NotAskedOutside
from gis_data.geocoding import Doubt, address_alone, answer, ask_outside
from gis_data.models import OutsideLookup

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
ADDRESS = "12 Nguyễn Huệ, Phường Sài Gòn"


class Nominatim(BaseHTTPRequestHandler):
    """A service on this machine that answers as Nominatim does."""

    asked: list[dict[str, str]] = []
    answers: list[dict[str, str]] = []
    status = 200

    def do_GET(self):
        said = {
            name: value[0]
            for name, value in parse_qs(urlsplit(self.path).query).items()
        }
        type(self).asked.append(said | {"agent": self.headers["User-Agent"]})
        body = json.dumps(self.answers).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said):
        """Keep quiet."""


@pytest.fixture
def outside(settings):
    """Switch an outside service on that runs on this machine."""
    Nominatim.asked, Nominatim.status = [], 200
    Nominatim.answers = [
        {"lat": "10.7741", "lon": "106.7031", "display_name": "Nguyễn Huệ, Sài Gòn"}
    ]
    server = HTTPServer(("127.0.0.1", 0), Nominatim)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.CITY = replace(
        settings.CITY,
        geocoder={
            "service": "nominatim",
            "domain": f"127.0.0.1:{server.server_port}",
            "scheme": "http",
            "user_agent": "ban-do-test",
            "timeout_s": 2,
            "suffix": "Hồ Chí Minh",
            "default_points": [[106.7, 10.776]],
        },
    )
    yield Nominatim
    server.shutdown()
    server.server_close()


def told(address=ADDRESS, *, at=NOW, wait=lambda seconds: None):
    """Ask, let the worker carry it, and read what is kept."""
    lookup = ask_outside(address, at=at)
    answer(lookup.pk, at=at, wait=wait)
    lookup.refresh_from_db()
    return lookup


def test_nobody_is_asked_unless_the_city_names_a_service(settings):
    assert settings.CITY.geocoder == {}
    with pytest.raises(NotAskedOutside):
        ask_outside(ADDRESS, at=NOW)
    assert not OutsideLookup.objects.exists()


def test_the_worker_asks_and_who_asked_only_leaves_a_job(outside):
    lookup = ask_outside(ADDRESS, at=NOW)

    assert outside.asked == []
    (job,) = ProcrastinateJob.objects.filter(task_name="gis_data.look_up_outside")
    assert job.args == {"lookup_id": lookup.pk}


def test_a_question_that_is_rolled_back_is_never_carried_out(outside):
    with pytest.raises(RuntimeError), transaction.atomic():
        ask_outside(ADDRESS, at=NOW)
        raise RuntimeError

    assert not OutsideLookup.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_only_the_address_leaves_the_site_and_is_forgotten_once_answered(outside):
    lookup = told(f"{ADDRESS} lan@example.org 0901 234 567")

    (asked,) = outside.asked
    assert asked["q"] == f"{ADDRESS}, Hồ Chí Minh"
    assert asked["agent"] == "ban-do-test"
    assert (lookup.address, lookup.answered_at) == ("", NOW)
    assert (lookup.point.x, lookup.point.y) == (106.7031, 10.7741)
    assert (lookup.doubt, lookup.failure) == ("", "")


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("12 Lê Lợi, 0901234567", "12 Lê Lợi"),
        ("12 Lê Lợi +84 90 123 4567", "12 Lê Lợi"),
        ("a.b@example.org", ""),
        ("123/4/5 Lê Văn Sỹ, P.12, Q.3", "123/4/5 Lê Văn Sỹ, P.12, Q.3"),
    ],
)
def test_what_is_no_address_is_left_out(typed, left):
    assert address_alone(typed) == left


def test_what_was_answered_lately_is_not_asked_again(outside):
    first = told()
    again, much_later = told(ADDRESS.upper()), told(at=NOW + timedelta(days=31))

    assert again.pk == first.pk
    assert len(outside.asked) == 2
    assert much_later.pk != first.pk


def test_a_question_whose_worker_was_killed_is_asked_again(outside):
    lost = ask_outside(ADDRESS, at=NOW)

    waiting, again = (
        ask_outside(ADDRESS, at=NOW + timedelta(minutes=minutes)) for minutes in (1, 3)
    )

    assert waiting.pk == lost.pk
    assert again.pk != lost.pk
    assert ProcrastinateJob.objects.count() == 2


def test_questions_keep_their_distance(outside):
    waited = []
    told(at=NOW, wait=waited.append)

    told("1 Lê Lợi", at=NOW + timedelta(milliseconds=300), wait=waited.append)
    told("2 Lê Lợi", at=LATER, wait=waited.append)

    assert waited == [pytest.approx(0.7)]


def test_the_pause_counts_from_the_moment_a_question_was_sent(outside):
    told(at=NOW)
    told("1 Lê Lợi", at=NOW + timedelta(milliseconds=100))  # Sent a second after NOW.
    waited = []

    told("2 Lê Lợi", at=NOW + timedelta(milliseconds=1100), wait=waited.append)

    assert waited == [pytest.approx(0.9)]


def test_a_point_it_gives_for_want_of_a_better_one_is_doubted(outside):
    outside.answers = [{"lat": "10.776", "lon": "106.7", "display_name": "TP.HCM"}]

    assert told().doubt == Doubt.DEFAULT_POINT


def test_a_point_outside_the_city_is_doubted(outside):
    outside.answers = [{"lat": "21.03", "lon": "105.85", "display_name": "Hà Nội"}]

    assert told().doubt == Doubt.ELSEWHERE


def test_nothing_found_is_an_answer_and_a_failure_is_asked_again(outside):
    outside.answers = []
    assert told().point is None

    outside.status = 503
    failed = told("1 Lê Lợi")
    assert (failed.point, bool(failed.failure), failed.address) == (None, True, "")
    assert ask_outside("1 Lê Lợi", at=LATER).answered_at is None
