from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command

from gis_data.fallbacks import Told, default_points, keep_told
from gis_data.models import DefaultPoint
from tests.factories import PlaceKindFactory, published, square

pytestmark = pytest.mark.django_db

JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
OFFICE = Told(lon=106.61, lat=10.71, kind=DefaultPoint.Kind.OFFICE, name="UBND")


def test_a_ward_brings_its_middles_and_a_territory_none():
    published(PlaceKindFactory.create(rank=3), JUNE, a=square(106.5, 10.5))
    published(PlaceKindFactory.create(rank=None), JUNE, water=square(106.7, 10.5))

    kinds = DefaultPoint.objects.order_by("kind").values_list("kind", flat=True)

    assert list(kinds) == ["box", "centroid", "on_surface"]
    for lon, lat in default_points(on=JUNE):
        assert (lon, lat) == pytest.approx((106.55, 10.55))


def test_a_middle_counts_from_its_first_day_and_still_when_the_ward_is_no_more():
    ward = PlaceKindFactory.create(rank=3)
    published(ward, JUNE, old=square(106.5, 10.5))
    published(ward, JULY, new=square(106.6, 10.6))

    before, after = default_points(on=JUNE), default_points(on=JULY)

    assert len(before) == 3
    assert set(before) < set(after)
    assert len(after) == 6


def test_what_was_not_known_yet_does_not_count_when_weighed_as_known_then():
    keep_told([OFFICE], source="the city", at=NOON)

    early = default_points(on=JULY, known_at=datetime(2025, 6, 30, tzinfo=UTC))
    late = default_points(on=JULY, known_at=NOON)

    assert early == []
    assert late == [(OFFICE.lon, OFFICE.lat)]


def test_a_source_that_tells_again_keeps_since_when_it_is_known():
    gone = Told(lon=106.62, lat=10.72, kind=DefaultPoint.Kind.OFFICE)
    keep_told([OFFICE, gone], source="the city", at=NOON)

    later = datetime(2026, 1, 1, tzinfo=UTC)
    changed = keep_told([OFFICE], source="the city", at=later)

    assert changed == (0, 1)
    assert DefaultPoint.objects.get().recorded_at == NOON


def test_a_file_of_offices_is_tried_first_and_kept_when_told_so(tmp_path, capsys):
    file = tmp_path / "offices.csv"
    file.write_text("lon,lat,name\n106.61,10.71,UBND phường A\n", encoding="utf-8")

    call_command("load_default_points", file, source="the city")
    tried = DefaultPoint.objects.count()
    call_command("load_default_points", file, source="the city", commit=True)

    assert tried == 0
    assert DefaultPoint.objects.get().name == "UBND phường A"
    assert "Nothing was kept" in capsys.readouterr().out


def test_a_file_without_degrees_is_refused_by_its_line(tmp_path):
    file = tmp_path / "offices.csv"
    file.write_text("lon,lat,name\n106.6,north,A\n", encoding="utf-8")

    with pytest.raises(CommandError, match=r"offices.csv.*2"):
        call_command("load_default_points", file, source="the city", commit=True)
