from __future__ import annotations

import re
from html import unescape

import pytest
from django.utils.html import escape

from tests.factories import CaseFactory

pytestmark = pytest.mark.django_db

PAGE = "/nhung/ban-do"


def ancestors(answer):
    said = answer.headers["Content-Security-Policy"]
    return re.search(r"frame-ancestors ([^;]+)", said).group(1)


def test_any_site_may_frame_the_map_and_no_other_page_of_ours(client):
    framed = client.get(PAGE)

    assert ancestors(framed) == "*"
    assert "X-Frame-Options" not in framed.headers
    for page in ("/", "/ban-do/mang-di", "/gui-phan-anh", "/accounts/login"):
        answer = client.get(page)
        assert ancestors(answer) == "'none'"
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_framed_page_only_shows_and_remembers_nobody(client):
    CaseFactory.create(public_title="Nắp cống mất")

    answer = client.get(PAGE)

    page = answer.content.decode()
    assert not answer.cookies
    assert "<form" not in page
    assert "Nắp cống mất" in page
    assert all('target="_blank"' in link for link in re.findall(r"<a [^>]*>", page))


def test_it_shows_what_is_asked_for_and_no_more(client):
    CaseFactory.create(public_title="đang làm", status="in_progress")
    CaseFactory.create(public_title="đã xong", status="resolved")
    CaseFactory.create(public_title="kín", is_public=False)

    page = client.get(f"{PAGE}?status=done&window=all").content.decode()

    assert "đã xong" in page
    assert "đang làm" not in page
    assert "kín" not in page
    assert 'data-drawn="status=done&amp;window=all"' in page


def test_a_filter_that_makes_no_sense_is_said(client):
    answer = client.get(f"{PAGE}?ward=nowhere-at-all&from=x")

    assert answer.status_code == 422
    assert "data-drawn" not in answer.content.decode()


def test_the_snippet_leads_to_the_same_filter(client, settings):
    settings.SITE_URL = "https://ban-do.example"

    page = client.get("/ban-do/mang-di?status=done&q=“cống”").content.decode()

    snippet = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page).group(1))
    address = unescape(re.search(r'src="([^"]+)"', snippet).group(1))
    assert address.startswith("https://ban-do.example/nhung/ban-do?status=done&q=")
    assert snippet.count("<") == 2
    assert f'data-text="{escape(snippet)}"' in page
    assert client.get(address.removeprefix("https://ban-do.example")).status_code == 200


def test_a_report_leads_to_others_at_its_very_place(client):
    here, there = CaseFactory.create_batch(2)
    far = CaseFactory.create(point=None)
    page = client.get(f"/su-viec/{here.public_id}").content.decode()
    link = unescape(re.search(r'href="(/\?window=all&amp;bbox=[^"]+)"', page).group(1))

    listed = client.get(link).content.decode()

    assert here.public_id in listed
    assert there.public_id in listed
    assert far.public_id not in listed
