from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gis_data.models import Boundary, Edition, Place
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.conftest import feature
from tests.gis_data.test_publishing import JUNE

pytestmark = pytest.mark.django_db

BOWTIE = {
    "type": "Polygon",
    "coordinates": [[[106, 10], [106.1, 10.1], [106.1, 10], [106, 10.1], [106, 10]]],
}


@pytest.fixture
def ward():
    return PlaceKindFactory.create(code="ward")


def told(command, *options):
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("options", "kept"), [([], 0), (["--commit"], 2)])
def test_the_command_keeps_its_effect_only_when_told_to(ward, two_wards, options, kept):
    said = told(
        "publish_boundaries", two_wards, "--kind=ward", "--from=2025-07-01", *options
    )

    assert "2 opened, 0 closed, 0 changed, 0 kept from 2025-07-01" in said
    assert Boundary.objects.count() == kept


def test_the_command_says_what_opens_closes_changes_and_stays(ward, two_wards):
    published(
        ward,
        JUNE,
        a=square(106.5, 10.5, 0.25),
        b=square(106.75, 10.5, 0.2),
        gone=square(105, 10),
    )

    said = told(
        "publish_boundaries",
        two_wards,
        "--kind=ward",
        "--from=2025-07-01",
        "--until=2026-06-30",
    )

    assert "closes gone Ward gone" in said
    assert "changes b Phường B" in said
    assert "until 2026-06-30, that day included" in said


def test_each_repair_is_listed(ward, geojson):
    path = geojson(feature("tie", BOWTIE))

    said = told("publish_boundaries", path, "--kind=ward", "--from=2025-07-01")

    assert "repaired feature 1 (tie): Self-intersection" in said


def test_a_sketch_is_marked(ward, two_wards):
    told(
        "publish_boundaries",
        two_wards,
        "--kind=ward",
        "--from=2025-07-01",
        "--approximate",
        "--commit",
    )

    assert Edition.objects.get().is_approximate


def test_the_command_names_the_kinds_there_are(ward, two_wards):
    with pytest.raises(CommandError, match="known: ward"):
        told("publish_boundaries", two_wards, "--kind=wrad", "--from=2025-07-01")


def test_a_file_with_one_broken_feature_changes_nothing(ward, geojson):
    published(ward, JUNE, a=square(106.5, 10.5))
    before = list(Boundary.objects.values())
    path = geojson(feature("b", square(106.7, 10.5)), feature("c", None))

    with pytest.raises(CommandError, match=r"feature 2 \(c\): it has no shape"):
        told("publish_boundaries", path, "--kind=ward", "--from=2025-07-01", "--commit")

    assert list(Boundary.objects.values()) == before
    assert not Place.objects.filter(code="b").exists()
    assert Edition.objects.count() == 1


@pytest.mark.parametrize(("options", "kept"), [([], 0), (["--commit"], 1)])
def test_an_outline_is_drawn_by_command(ward, options, kept):
    PlaceKindFactory.create(code="city")
    published(ward, JUNE, a=square(106.5, 10.5), b=square(106.6, 10.5))

    said = told(
        "publish_outline",
        "--of=ward",
        "--kind=city",
        "--code=79",
        "--name=Thành phố",
        "--from=2025-06-01",
        *options,
    )

    assert "city 79 Thành phố: opened from 2025-06-01." in said
    assert Boundary.objects.filter(place__code="79").count() == kept


def test_an_outline_of_nothing_is_refused_by_command(ward):
    PlaceKindFactory.create(code="city")

    with pytest.raises(CommandError, match="No boundary of"):
        told(
            "publish_outline",
            "--of=ward",
            "--kind=city",
            "--code=79",
            "--name=x",
            "--from=2025-06-01",
        )
