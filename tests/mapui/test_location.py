from __future__ import annotations

import pytest
from django.utils import timezone

from incidents.intake import receive
from incidents.located import ask_location
from incidents.models import LocationLink, Report, Status
from tests.factories import TellingFactory, operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(leaf):
    """The address a caller was sent."""
    now = timezone.now()
    telling = TellingFactory.create(
        category=leaf, point=None, place_source="later", description="lời-kể-kín"
    )
    report = receive(telling, channel="hotline", at=now).report
    ask_location(report, by=operator(), at=now)
    return f"/vi-tri/{LocationLink.objects.get().token}"


def read(answer):
    return " ".join(answer.content.decode().split())


def test_a_caller_shows_the_place_and_the_case_goes_on(client, page):
    shown = {"lat": "10.8", "lon": "106.7", "place_source": "gps", "accuracy": "9"}

    answer = client.post(page, shown)

    assert answer.status_code == 200
    report = Report.objects.get()
    assert (report.status, report.place_source) == (Status.TRANSFERRED, "gps")
    assert client.get(page).status_code == 410
    assert client.post(page, shown).status_code == 410


def test_the_page_tells_nothing_of_the_case(client, page):
    report = Report.objects.get()

    answer = client.get(page)

    said = read(answer)
    for secret in (report.code, report.public_id, "lời-kể-kín", "Lan", "901"):
        assert secret not in said
    assert "no-store" in answer["Cache-Control"]
    assert 'name="robots" content="noindex"' in said


def test_a_ward_is_enough_without_javascript(client, page):
    answer = client.post(page, {"ward": "a", "address": "12 Lê Lợi", "lat": ""})

    assert answer.status_code == 200
    assert Report.objects.get().declared_ward.code == "a"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"address": "12 Lê Lợi"},
        {"lat": "abc", "lon": "106.7"},
        {"lat": "0", "lon": "0"},
        {"ward": "nowhere"},
    ],
)
def test_what_is_no_place_is_refused_in_words(client, page, sent):
    answer = client.post(page, sent)

    assert answer.status_code == 422
    assert "summary-bad" in read(answer)
    assert LocationLink.objects.get().used_at is None


def test_a_link_that_never_was_is_told_like_one_that_was_used(client, db):
    answer = client.get("/vi-tri/never-was")

    assert answer.status_code == 410
    assert "tra-cuu" in read(answer)


def test_who_guesses_links_is_slowed_down(client, db, settings):
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    most = int(rates["proofs"].partition("/")[0])

    answers = {client.get(f"/vi-tri/{turn}").status_code for turn in range(most + 1)}

    assert answers == {410, 429}
