from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.utils import timezone

from gis_data.geometry import metres_a_degree
from gis_data.models import Place
from incidents.models import Clock, Report
from tests.factories import (
    HERE,
    CaseFactory,
    DeadlineRuleFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    focal_point,
    operator,
    published,
    square,
)

EAST, NORTH = metres_a_degree(HERE.y)


@pytest.fixture
def ward(db):
    """The ward round HERE, and the five working days of the law."""
    DeadlineRuleFactory.create()
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(kind, date(2025, 1, 1), a=square(106.65, 10.749))
    return Place.objects.get(code="a")


@pytest.fixture
def leaf(ward):
    """A category that the committee of the ward answers for."""
    leaf = LeafFactory.create(name="Mất nắp cống", name_en="Manhole cover missing")
    ResponsibilityFactory.create(
        category=leaf,
        place=ward,
        organisation__code="ubnd-a",
        organisation__name="UBND phường A",
        organisation__name_en="Committee of ward A",
    )
    return leaf


@pytest.fixture
def sent(leaf):
    """What a browser sends when somebody has filled the form in."""
    return {
        "category": leaf.code,
        "lat": "10.8",
        "lon": "106.7",
        "accuracy": "",
        "place_source": "tap",
        "ward": "",
        "address": "12 Hẻm 5",
        "description": "Nắp cống bị mất",
        "reporter.name": "Lan",
        "reporter.phone": "0901 234 567",
        "reporter.email": "",
        "public": "true",
        "client_id": "one-sending",
    }


@pytest.fixture
def desk(client):
    """An operator who has signed in."""
    actor = operator()
    client.force_login(actor.user)
    return actor


@pytest.fixture
def unit(client):
    """The organisation of a focal point who has signed in."""
    organisation = OrganisationFactory.create(name="UBND phường A")
    client.force_login(focal_point(organisation).user)
    return organisation


@pytest.fixture
def thick(unit, ward, leaf):
    """A dozen cases of two trades at one corner, late by now, and others anywhere."""
    unit.place = ward
    unit.save()
    rng, now = np.random.default_rng(8), timezone.now()
    lamps = LeafFactory.create(name="Đèn hỏng")
    cases = []
    for turn in range(48):
        is_near = turn < 18
        far = 80 if is_near else 5000
        x, y = rng.normal(0, far, 2) if is_near else rng.uniform(-far, far, 2)
        case = CaseFactory.create(
            status="in_progress",
            organisation=unit,
            place=ward,
            point=Point(HERE.x + x / EAST, HERE.y + y / NORTH, srid=4326),
            category=lamps if turn % 6 == 5 else leaf,
            address=f"{turn} Lê Lợi" if is_near else "Hẻm 5",
            description="Chị Lan 0901234567 kể",
        )
        due = now - timedelta(days=2.5) if is_near else now + timedelta(days=3)
        Clock.objects.filter(report=case).update(
            started_at=due - timedelta(days=7), due_at=due
        )
        if is_near:
            cases.append(case)
    Report.objects.update(received_at=now - timedelta(days=10))
    return cases
