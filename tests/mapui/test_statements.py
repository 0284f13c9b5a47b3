"""What each page asks of the database: as much of many reports as of 1,000.

Statements are counted exactly, and so are rows: a page that reads what it does not show
grows with the city. A new address fails the first test until it has its budget.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from time import perf_counter

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings
from django.utils.translation import override

from gis_data.models import Place
from mapui.views.desk import TABS, waiting_in
from tests.factories import (
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    ResponsibilityFactory,
    operator,
    published,
    square,
)
from tests.factories.crowd import crowd
from tests.incidents.test_nothing_personal import patterns

from .pages import ASKED, NOT_ASKED, PART, STRANGER, inhabit, pattern_of, plain

pytestmark = pytest.mark.django_db

#: What is asked daily; script/verify asks of five times as many.
FEW, MANY = 1_000, int(os.environ.get("CROWD", "10000"))


@dataclass(frozen=True)
class Cost:
    """What one answer took."""

    status: int
    statements: int
    rows: int
    bytes: int
    took: float
    said: str


@pytest.fixture(scope="module")
def costs(django_db_setup, django_db_blocker, tmp_path_factory):
    """What every page takes with few reports, and then with many."""
    plainly = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = settings.STORAGES | {"staticfiles": plainly}
    with (
        django_db_blocker.unblock(),
        override_settings(
            STORAGES=storages, SENDING_DIR=tmp_path_factory.mktemp("sending")
        ),
        override("vi"),
        transaction.atomic(),
    ):
        city = _city()
        taken = []
        for reports in (FEW, MANY):
            crowd(city.cases, to=reports)
            taken.append({each: _cost(each, city) for each in ASKED})
        yield dict(zip((FEW, MANY), taken, strict=True))
        transaction.set_rollback(True)


def _city():
    """A city of two wards, and one kind of problem that its unit answers for."""
    kind = PlaceKindFactory.create(code="ward", rank=3)
    west, east = square(106.65, 10.749), square(106.75, 10.749)
    published(kind, date(2025, 1, 1), a=west, b=east)
    ward = Place.objects.get(code="a")
    unit = OrganisationFactory.create(code="ubnd-a", name="UBND phường A", place=ward)
    leaf = LeafFactory.create(name="Mất nắp cống")
    ResponsibilityFactory.create(category=leaf, place=ward, organisation=unit)
    return inhabit(leaf=leaf, unit=unit, ward=ward)


def _cost(asked, city):
    """Ask once for what is kept in memory, then once more for the figures."""
    address, client = city.address(asked), city.clients[asked.by]
    headers = {"hx-request": "true"} if asked.kind == PART else {}
    client.get(address, headers=headers).getvalue()
    if asked.by == STRANGER:
        client.cookies.clear()  # What a page began to remember is another's page.
    cache.clear()
    said = []

    def count(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        said.append((sql, max(context["cursor"].rowcount, 0)))
        return result

    begun = perf_counter()
    with connection.execute_wrapper(count):
        answer = client.get(address, headers=headers)
        # What is sent piece by piece asks for the rows while it is taken.
        content = answer.getvalue()
    return Cost(
        status=answer.status_code,
        statements=len(said),
        rows=sum(rows for _, rows in said),
        bytes=len(content),
        took=perf_counter() - begun,
        said="\n".join(f"{rows} rows: {sql}" for sql, rows in said),
    )


def test_every_address_has_its_budget_or_a_reason():
    every = {plain(pattern) for pattern in patterns()}

    kept = {pattern_of(each) for each in ASKED}

    assert every == kept | NOT_ASKED.keys()
    assert not kept & NOT_ASKED.keys()


@pytest.mark.parametrize("reports", [FEW, MANY])
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_an_address_keeps_to_its_statements(costs, asked, reports):
    cost = costs[reports][asked]

    assert cost.status in {200, 204, 302}
    assert cost.statements == asked.statements, cost.said


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_an_address_reads_and_tells_no_more_in_a_larger_city(costs, asked):
    few, many = costs[FEW][asked], costs[MANY][asked]

    assert many.rows <= max(few.rows + 5, asked.rows), many.said
    assert many.bytes <= max(few.bytes * 1.2 + 1000, asked.rows * 600)


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.name)
def test_the_queue_is_found_by_an_index_among_many(costs, tab):
    plan = waiting_in(tab, operator())[:51].explain()

    assert "Seq Scan on incidents_report " not in plan, plan
