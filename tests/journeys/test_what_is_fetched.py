"""How much a browser really fetches, as it would go over the air from a real server.

The test's own server sends static files as they are; the real one has them packed, and
so they are packed here before they are weighed.
"""

from __future__ import annotations

from gzip import compress

import pytest

from .conftest import PHONE

KB = 1024
PACKED = ("image/", "font/", "application/vnd.mapbox-vector-tile")


@pytest.fixture
def weigh(visit, city):
    """Open an address as on a first visit, and return what each file weighed."""

    def _weigh(address, *, until="main"):
        page = visit(viewport=PHONE)
        answers = []
        page.on("response", lambda answer: answers.append(answer))
        page.goto(address)
        page.locator(until).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1_000)
        return {answer.url: _weight(answer) for answer in answers}

    return _weigh


def _weight(answer):
    """Weigh the body: what is text is packed, if the server has not done it already."""
    if not answer.url.startswith("http") or answer.status in {204, 302, 304}:
        return 0
    if answer.headers.get("content-encoding") == "gzip":
        return answer.request.sizes()["responseBodySize"]
    body = answer.body()
    is_packed = answer.headers.get("content-type", "").startswith(PACKED)
    is_packed = is_packed and "svg" not in answer.headers["content-type"]
    return len(body) if is_packed else len(compress(body))


def test_the_filing_page_fetches_little_before_the_map_is_wanted(weigh):
    weights = weigh("/gui-phan-anh")

    assert any(".woff2" in url for url in weights)
    assert not any("maplibre" in url or "/tiles/" in url for url in weights)
    assert sum(weights.values()) <= 90 * KB, weights


def test_the_map_page_is_light_with_all_of_its_map(weigh):
    weights = weigh("/", until="incident-map canvas")

    assert any("maplibre" in url for url in weights)
    assert any("/tiles/" in url for url in weights)
    assert sum(weights.values()) <= 560 * KB, weights


@pytest.mark.parametrize("address", ["/tra-cuu", "/accounts/login"])
def test_a_plain_page_fetches_little(weigh, address):
    weights = weigh(address)

    assert sum(weights.values()) <= 90 * KB, weights
