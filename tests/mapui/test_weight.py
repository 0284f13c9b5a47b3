"""What a phone fetches before it wants a map, as it goes over the air."""

from __future__ import annotations

import json
from datetime import date
from gzip import compress

import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories import (
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ReportFactory,
    published,
    square,
)

pytestmark = pytest.mark.django_db
KB = 1024
MANIFEST = settings.DJANGO_VITE["default"]["manifest_path"]


@pytest.fixture
def city(db):
    """As many wards, units and categories as a large city has."""
    kind = PlaceKindFactory.create(code="ward", rank=3)
    squares = {f"w{n}": square(106 + n / 1000, 10, side=0.0009) for n in range(168)}
    published(kind, date(2025, 1, 1), **squares)
    for n in range(300):
        OrganisationFactory.create(name=f"Ủy ban nhân dân phường số {n}")
    branches = [LeafFactory.create().branch for _ in range(14)]
    for n, branch in enumerate(branches * 4):
        LeafFactory.create(
            branch=branch, code=f"{branch.code}.sau-{n}", name=f"Loại sự việc số {n}"
        )
    ReportFactory.create_batch(30)


def fetched(*entries):
    """The scripts and styles of these entries, and the fonts of two alphabets."""
    built = json.loads(MANIFEST.read_text())
    names = set()
    for entry in entries:
        chunk = built[f"mapui/elements/{entry}.ts"]
        assert not chunk.get("imports"), (
            "An entry stands alone, or it is fetched twice."
        )
        names |= {chunk["file"], *chunk.get("css", [])}
    packed = sum(len(compress((MANIFEST.parent / n).read_bytes())) for n in names)
    fonts = [c["file"] for c in built.values() if c["file"].endswith(".woff2")]
    return packed + sum((MANIFEST.parent / name).stat().st_size for name in fonts)


def brought(name):
    """What an element brings once it is seen: scripts, styles, worker."""
    built = json.loads(MANIFEST.read_text())
    names, left = set(), [f"mapui/elements/{name}.ts"]
    while left:
        chunk = built[left.pop()]
        names |= {chunk["file"], *chunk.get("css", []), *chunk.get("assets", [])}
        left += chunk.get("imports", [])
    return sum(len(compress((MANIFEST.parent / each).read_bytes())) for each in names)


def page(client, name):
    answer = client.get(reverse(f"mapui:{name}"), headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    return len(answer.content)


def test_nothing_fetches_a_script_of_the_page_a_second_time():
    built = json.loads(MANIFEST.read_text())
    entries = {name for name, chunk in built.items() if chunk.get("isEntry")}

    again = {
        name: sorted(entries & {*chunk.get("imports", [])})
        for name, chunk in built.items()
        if entries & {*chunk.get("imports", [])}
    }

    assert entries
    # Django serves an entry by another name than its chunks know: it would run twice.
    assert again == {}


def test_the_public_map_weighs_little_before_its_map_is_wanted(client, city):
    weight = page(client, "home") + fetched("main", "fragments")

    assert weight <= 120 * KB


def test_the_filing_form_weighs_little_before_its_map_is_wanted(client, city):
    weight = page(client, "filing") + fetched("main", "filing")

    assert weight <= 90 * KB


def test_the_public_map_with_its_map_is_light_enough_for_a_cheap_phone(client, city):
    before = page(client, "home") + fetched("main", "fragments")
    after = brought("incident-map")

    assert after > 400 * KB, "The map is not among what was weighed."
    assert before + after <= 560 * KB


def test_the_map_is_in_no_entry(client):
    built = json.loads(MANIFEST.read_text())

    entries = [chunk for chunk in built.values() if chunk.get("isEntry")]

    for chunk in entries:
        script = (MANIFEST.parent / chunk["file"]).read_text()
        assert "maplibregl-map" not in script
