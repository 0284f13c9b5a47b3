from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from gis_data.models import Place
from incidents.hotspots.quiet import less_than_their_like, quiet_wards
from tests.factories import CaseFactory


def city(seed, *, wards=160):
    """Wards of all sizes; how much each tells varies more than by chance alone."""
    rng = np.random.default_rng(seed)
    areas = np.exp(rng.normal(1.5, 1.2, wards))
    told = rng.poisson(rng.gamma(6, 50, wards))
    return {
        n: (float(a), int(t)) for n, (a, t) in enumerate(zip(areas, told, strict=True))
    }


def test_a_ward_that_tells_next_to_nothing_is_named():
    wards = city(1)
    area, _told = wards[40]
    wards[40] = (area, 3)

    found = less_than_their_like(wards)

    assert found[0].place == 40
    assert found[0].told == 3
    assert found[0].usual > 100


def test_where_all_tell_alike_hardly_any_is_named():
    named = [len(less_than_their_like(city(seed))) for seed in range(10, 20)]

    assert sum(each > 0 for each in named) <= 3
    assert max(named) <= 3


def test_too_few_wards_say_nothing():
    assert less_than_their_like({n: (1.0, 0 if n == 0 else 90) for n in range(6)}) == []


@pytest.mark.django_db
def test_what_is_public_is_counted_in_two_statements(wards, django_assert_num_queries):
    Place.objects.update(official_area_km2=2.0)
    now = timezone.now()
    CaseFactory.create(place=wards["a"], received_at=now)

    with django_assert_num_queries(2):
        found = quiet_wards(
            since=now - timedelta(days=1), until=now, on=timezone.localdate()
        )

    assert found == []
