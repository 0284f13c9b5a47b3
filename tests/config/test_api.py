"""How a refusal of the API leaves the house, wherever it was decided."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.api import TITLES

pytestmark = pytest.mark.django_db

REPORTS = "/api/v1/reports"
JSON = "application/json"


def problem(answer):
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    return said


@pytest.mark.parametrize(
    "address", ["nothing", "reports/", "reports/a/b", "places/%00"]
)
def test_an_address_of_the_api_that_leads_nowhere_is_a_problem(client, address):
    answer = client.get(f"/api/v1/{address}")

    assert answer.status_code == 404
    assert problem(answer)["code"] == "not_found"


def test_a_request_in_an_odd_charset_is_a_problem(client):
    answer = client.get(REPORTS, headers={"Content-Type": "a/b; charset=x-odd"})

    assert answer.status_code == 400
    assert problem(answer)["code"] == "bad_request"


def test_heaps_of_files_are_too_much(client):
    files = [SimpleUploadedFile(f"{turn}.jpg", b"x") for turn in range(120)]

    answer = client.post(REPORTS, {"attachments": files})

    assert answer.status_code == 413
    assert problem(answer)["code"] == "too_large"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b"{",
        b"\xff",
        b'{"a": "\\ud800"}',
    ],
    ids=["brackets", "braces", "digits", "open", "bytes", "half"],
)
def test_json_nobody_can_read_is_refused(client, body):
    answer = client.post(REPORTS, body, content_type=JSON)

    assert answer.status_code == 400
    assert problem(answer)["detail"] != ""


@pytest.mark.parametrize("field", ["kind", "place_source", "language", "reporter.type"])
def test_half_a_character_is_no_choice(client, field):
    sent = {field.split(".")[-1]: "\ud800"}
    sent = {"reporter": sent} if "." in field else sent

    answer = client.post(REPORTS, sent, content_type=JSON)

    assert answer.status_code == 400


def test_a_whole_character_in_two_halves_is_read(client):
    answer = client.post(REPORTS, b'{"kind": "\\ud83d\\ude00"}', content_type=JSON)

    assert answer.status_code == 422
    assert "kind" in problem(answer)["fields"]


def test_every_refusal_has_a_title_in_the_language_of_who_asks(client):
    titles = {
        language: client.get("/api/v1/x", headers={"Accept-Language": language}).json()[
            "title"
        ]
        for language in ("vi", "en")
    }

    assert titles["en"] == "Not found"
    assert titles["vi"] not in {"", "Not found", "Not Found"}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda client: client.get(REPORTS, {"from": "x"}), 422),
        (lambda client: client.get("/api/v1/places", {"geometry": "x"}), 422),
        (lambda client: client.get("/api/v1/locate", {"lat": "x", "lon": "x"}), 422),
        (lambda client: client.get(REPORTS, {"cursor": "x"}), 404),
        (lambda client: client.put(REPORTS), 405),
        (lambda client: client.get(REPORTS, headers={"Accept": "text/x"}), 406),
        (lambda client: client.post(REPORTS, "x", content_type="text/plain"), 415),
        (
            lambda client: client.post(REPORTS, "{", content_type=JSON),
            400,
        ),
        (
            lambda client: client.post(
                REPORTS,
                {"kind": "x", "language": "x", "public": "x", "lat": "x"},
                content_type=JSON,
            ),
            422,
        ),
    ],
)
def test_nothing_is_refused_in_english_to_who_reads_vietnamese(client, call, status):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "vi"
    vietnamese = problem(call(client))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    english = problem(call(client))

    assert vietnamese["status"] == status
    assert vietnamese["title"] != english["title"]
    assert vietnamese["detail"] != english["detail"]
    for name, said in vietnamese["fields"].items():
        assert not set(said) & set(english["fields"][name]), name


def test_no_title_is_forgotten():
    assert {400, 403, 404, 405, 406, 409, 413, 415, 422, 429, 503} <= TITLES.keys()
