from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from gis_data.models import Boundary, Edition, Place, PlaceKind
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.test_publishing import JUNE

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    person = get_user_model().objects.create_superuser("admin", "a@example.org", "x")
    client.force_login(person)
    return client


@pytest.mark.parametrize("model", [Boundary, Edition, Place, PlaceKind])
def test_the_administrator_reads_the_map_and_edits_none_of_it(administrator, model):
    published(PlaceKindFactory.create(), JUNE, a=square(106.5, 10.5))
    name = model._meta.model_name
    one = model.objects.get()

    listed = administrator.get(f"/admin/gis_data/{name}/?q=a")
    shown = administrator.get(f"/admin/gis_data/{name}/{one.pk}/change/")
    changed = administrator.post(f"/admin/gis_data/{name}/{one.pk}/change/", {})
    added = administrator.get(f"/admin/gis_data/{name}/add/")

    assert (listed.status_code, shown.status_code) == (200, 200)
    assert (changed.status_code, added.status_code) == (403, 403)
