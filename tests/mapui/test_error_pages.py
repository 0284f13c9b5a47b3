"""Every refusal of a page says in plain words what happened and where to go on."""

from __future__ import annotations

import re

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

TOO_LONG = "x" * (2 * 2**20 + 1)


def unreadable(client):
    return client.get("/", headers={"Content-Type": "text/html; charset=x-odd"})


def nowhere(client):
    return client.get("/khong-co-o-day")


def not_done_here(client):
    return client.get("/accounts/logout")


def too_large(client):
    return client.post("/tra-cuu", {"code": TOO_LONG})


def broken(client, monkeypatch):
    monkeypatch.setattr("mapui.views.lookup.render", None)
    client.raise_request_exception = False
    return client.get("/tra-cuu")


def end_one_of_two(*_asked, **_said):
    """Be ended by the database, as who waits for what waits for them."""
    raised = "DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40P01'; END $$"
    with connection.cursor() as cursor:
        cursor.execute(raised)


def met(client, monkeypatch):
    monkeypatch.setattr("mapui.views.lookup.render", end_one_of_two)
    return client.get("/tra-cuu")


ASKED = [(unreadable, 400), (nowhere, 404), (not_done_here, 405), (too_large, 413)]


@pytest.fixture
def answer(client, monkeypatch):
    def _answer(ask, language):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        client.defaults["HTTP_ACCEPT"] = "text/html"
        is_ours = ask in {broken, met}
        return ask(client, monkeypatch) if is_ours else ask(client)

    return _answer


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(("ask", "status"), [*ASKED, (met, 409), (broken, 500)])
def test_an_error_has_a_page_of_the_site_that_leads_on(answer, ask, status, language):
    page = answer(ask, language)

    said = page.content.decode()
    main = re.search(r"<main.*</main>", said, re.S)[0]
    assert page.status_code == status
    assert f'<html lang="{language}">' in said
    assert len(re.findall("<h1>", main)) == 1
    assert 'href="/tra-cuu"' in main
    assert "mapui/build/assets/main-" in said


def test_the_two_languages_say_it_in_words_of_their_own(answer):
    for ask, _ in ASKED:
        said = {answer(ask, language).content for language in ("vi", "en")}
        heads = {re.search(rb"<h1>(.*?)</h1>", each)[1] for each in said}

        assert len(heads) == 2


def test_what_is_not_done_here_still_tells_programs_what_is(client):
    page = client.get("/accounts/logout", headers={"Accept": "text/html"})
    bare = client.get("/accounts/logout", headers={"Accept": "application/json"})

    assert page["Allow"] == bare["Allow"]
    assert bare.content == b""


def test_too_much_for_the_api_is_a_problem_of_its_own(client):
    sent = {"description": TOO_LONG}

    answer = client.post("/api/v1/reports", sent, content_type="application/json")

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_who_gives_way_to_another_over_the_api_reads_that_it_is_no_error(
    client, monkeypatch
):
    monkeypatch.setattr(
        "incidents.api.reports.ReportViewSet.get_queryset", end_one_of_two
    )

    answer = client.get("/api/v1/reports")

    assert answer.status_code == 409
    assert answer.json()["code"] == "at_once"


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png"])
def test_a_browser_that_asks_for_an_icon_by_its_usual_name_gets_it(client, name):
    answer = client.get(f"/{name}")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("image/")
    assert b"".join(answer.streaming_content)
    answer.close()
