"""How often a stranger may ask, and who counts as one stranger."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from gis_data.api.fields import Reads
from incidents.api.throttles import Reports
from incidents.models.lookup_code import new_code
from tests.factories import JULY

pytestmark = pytest.mark.django_db


@pytest.fixture
def once(monkeypatch):
    """Let each address read once a minute, and file once."""
    for throttle in (Reads, Reports):
        monkeypatch.setattr(throttle, "get_rate", lambda self: "1/min")
    assert issubclass(Reads, SimpleRateThrottle)


def addresses_of(code):
    return [
        reverse("mapui:case", args=[code]),
        reverse("mapui:receipt", args=[code]),
        f"/api/v1/reports/{code}",
    ]


def test_what_can_be_taken_along_is_not_counted_without_end(client, once):
    address = reverse("mapui:take-along")

    answers = [client.get(address), client.get(address)]

    assert [each.status_code for each in answers] == [200, 429]
    assert answers[1]["Retry-After"] == "60"


def test_people_are_told_to_wait_by_a_page_and_programs_in_one_line(client, once):
    address = reverse("mapui:take-along") + "?status=done"
    client.get(address)

    page = client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
    line = client.get(address, headers={"Accept": "*/*"})

    assert page.status_code == line.status_code == 429
    assert page["Retry-After"] == line["Retry-After"] == "60"
    assert "Accept" in page["Vary"] and "Accept" in line["Vary"]
    assert f'href="{address}"' in page.content.decode()
    assert page["Content-Type"] == "text/html; charset=utf-8"
    assert line.content.decode() == "Quá nhiều yêu cầu. Xin thử lại sau một phút.\n"


@pytest.mark.parametrize("turn", range(3))
def test_no_address_lets_anyone_try_codes_without_end(client, once, turn):
    first, second = (addresses_of(new_code(JULY.date()))[turn] for _ in range(2))

    answers = [client.get(first), client.get(second)]

    assert [each.status_code for each in answers] == [404, 429]
    assert int(answers[1]["Retry-After"]) > 0


def test_filing_too_often_says_when_to_try_again(client, once):
    answers = [client.post(reverse("mapui:filing"), {}) for _ in range(2)]

    assert answers[1].status_code == 429
    assert answers[1]["Retry-After"] == "60"


def test_a_header_of_ones_own_making_opens_no_new_account(client, once):
    names = [f"203.0.113.{last}" for last in (1, 2)]

    answers = [
        client.get("/api/v1/categories", headers={"X-Forwarded-For": name})
        for name in names
    ]

    assert [each.status_code for each in answers] == [200, 429]


def test_those_behind_a_proxy_of_ours_are_told_apart(client, once, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    made_up = "198.51.100.9"
    said = [f"{made_up}, 203.0.113.{last}" for last in (1, 2, 2)]

    answers = [
        client.get("/api/v1/categories", headers={"X-Forwarded-For": each})
        for each in said
    ]

    assert [each.status_code for each in answers] == [200, 200, 429]


def test_many_strangers_do_not_push_each_other_out():
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
