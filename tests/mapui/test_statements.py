"""What each page asks of the database: as much for 100,000 reports as for 1,000.

Statements are counted exactly, and so are rows: a page that reads what it does not show
grows with the city. A new address fails the first test until it has its budget here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from time import perf_counter

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import resolve
from django.utils import timezone
from django.utils.translation import override

from gis_data.models import Place
from incidents.models import Following, Status
from tests.factories import (
    HERE,
    CaseFactory,
    LeafFactory,
    OrganisationFactory,
    PlaceKindFactory,
    RefusalReasonFactory,
    ResponsibilityFactory,
    focal_point,
    operator,
    published,
    square,
)
from tests.factories.crowd import crowd
from tests.incidents.api.mvt import tile_of
from tests.incidents.test_nothing_personal import patterns

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("a crowd of reports")]

FEW, MANY = 1_000, 100_000
STRANGER, DESK, UNIT = "a stranger", "an operator", "a focal point"


@dataclass(frozen=True)
class Asked:
    """An address, who asks, and what that costs."""

    address: str
    statements: int
    by: str = STRANGER
    is_fragment: bool = False
    rows: int = 0  #: How many it may read, whatever it shows, where that is bounded.

    def __str__(self):
        return f"{self.address} by {self.by}" + " in part" * self.is_fragment


PAGES = [
    Asked("/", 6),
    Asked("/?q=cống", 6),
    Asked("/?status=done&ward=a", 7),
    Asked("/", 2, is_fragment=True),
    Asked("/?page=3", 2, is_fragment=True),
    Asked("/su-viec/{public}", 2),
    Asked("/su-viec/{public}", 2, is_fragment=True),
    Asked("/su-viec/{public}/theo-doi", 1),
    Asked("/theo-doi/{token}", 2),
    Asked("/ban-do/style.json", 0),
    Asked("/ban-do/pin.json", 0),
    Asked("/ban-do/phuong.json", 1),
    Asked("/gui-phan-anh", 2),
    Asked("/gui-phan-anh/{code}", 5),
    Asked("/tra-cuu", 0),
    Asked("/tra-cuu/{code}", 5),
    Asked("/accounts/login", 0),
    Asked("/accounts/password", 2, DESK),
    Asked("/lam-viec", 3, DESK),
    Asked("/lam-viec/tong-dai", 7, DESK),
    Asked("/lam-viec/tong-dai?tab=transfer", 7, DESK),
    Asked("/lam-viec/tong-dai?tab=approval", 7, DESK),
    Asked("/lam-viec/tong-dai?tab=information", 7, DESK),
    Asked("/lam-viec/tong-dai?tab=all", 7, DESK),
    Asked("/lam-viec/tong-dai/sau/{waiting}", 4, DESK, rows=510),
    Asked("/lam-viec/phan-anh/{waiting}", 15, DESK),
    Asked("/lam-viec/phan-anh/{public}", 12, DESK),
    Asked("/lam-viec/phan-anh/{public}", 12, UNIT),
    Asked("/lam-viec/don-vi", 6, UNIT),
    Asked("/lam-viec/don-vi?show=late", 6, UNIT),
    Asked("/lam-viec/don-vi?show=week", 6, UNIT),
    Asked("/lam-viec/don-vi?show=again", 6, UNIT),
    Asked("/lam-viec/don-vi?show=new", 6, UNIT),
    Asked("/lam-viec/don-vi?show=results", 6, UNIT),
    Asked("/api/v1/reports", 1),
    Asked("/api/v1/reports?page_size=100", 1),
    Asked("/api/v1/reports?bbox=106.6,10.7,106.8,10.9", 1),
    Asked("/api/v1/reports/{code}", 5),
    Asked("/api/v1/route?lat=10.8&lon=106.7&category={category}", 3),
    Asked("/api/v1/locate?lat=10.8&lon=106.7", 2),
    Asked("/api/v1/places?kind=ward", 2),
    Asked("/api/v1/categories", 1),
    Asked("/api/v1/organisations", 1),
    Asked("/api/v1/deadlines?category={category}", 2),
    Asked("/tiles/reports/{near}.mvt", 1),
    Asked("/tiles/reports/{far}.mvt", 1),
    Asked("/tiles/areas/ward/{far}.mvt", 1),
    Asked("/healthz", 0),
]
#: What is no page: why no budget is kept here.
NO_PAGE = {
    "admin/": "Django's own; its lists have theirs in tests/incidents/test_admin.py",
    "readyz": "asks whether the database is there and whole",
    "api/v1/schema": "told from the code alone",
    "api/v1/docs": "told from the code alone",
    "photos/<str:public_id>.jpg": "one photo by its id",
    "staff/files/(?P<public_id>[\\w-]+)/(?P<form>original|shown|thumbnail)": (
        "one file by its id"
    ),
    "accounts/logout": "is posted to",
    "i18n/setlang/": "is posted to",
    "lam-viec/tim": "is posted to",
    "lam-viec/don-vi/tiep-nhan": "is posted to",
    "lam-viec/tep/<str:public_id>": "is posted to",
    "lam-viec/phan-anh/<str:public_id>/lien-he": "is posted to",
    "lam-viec/phan-anh/<str:public_id>/<slug:action>": "is posted to",
}


#: Where a pattern wants numbers, any will do to find it.
ANY = defaultdict(lambda: "a", near="14/1/1", far="10/1/1")


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
def costs(django_db_setup, django_db_blocker):
    """What every page takes with few reports, and then with many."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = settings.STORAGES | {"staticfiles": plain}
    with (
        django_db_blocker.unblock(),
        override_settings(STORAGES=storages),
        override("vi"),
        transaction.atomic(),
    ):
        about, clients, cases = _city()
        taken = []
        for reports in (FEW, MANY):
            crowd(cases, to=reports)
            taken.append({each: _cost(each, about, clients) for each in PAGES})
        yield dict(zip((FEW, MANY), taken, strict=True))
        transaction.set_rollback(True)


def _city():
    """A city of two wards, who works in it, and cases in every state to be copied."""
    now = timezone.now()
    kind = PlaceKindFactory.create(code="ward", rank=3)
    published(
        kind,
        date(2025, 1, 1),
        a=square(106.65, 10.75),
        b=square(106.75, 10.75),
    )
    ward = Place.objects.get(code="a")
    unit = OrganisationFactory.create(code="ubnd-a", name="UBND phường A")
    leaf = LeafFactory.create(name="Mất nắp cống")
    ResponsibilityFactory.create(category=leaf, place=ward, organisation=unit)
    RefusalReasonFactory.create()
    told = {
        "category": leaf,
        "organisation": unit,
        "place": ward,
        "received_at": now,
    }
    whole = {status: CaseFactory.create(status=status, **told) for status in Status}
    at_work = whole[Status.IN_PROGRESS]
    followed = Following.objects.create(report=at_work, client_id="one", at=now)
    about = {
        "public": at_work.public_id,
        "token": followed.token,
        "waiting": whole[Status.RECEIVED].public_id,
        "code": at_work.code,
        "category": leaf.code,
        "near": tile(HERE, 14),
        "far": tile(HERE, 10),
    }
    who = (STRANGER, DESK, UNIT)
    clients = {each: Client(raise_request_exception=False) for each in who}
    clients[DESK].force_login(operator().user)
    clients[UNIT].force_login(focal_point(unit).user)
    return about, clients, list(whole.values())


def tile(point, z):
    x, y = tile_of(point.x, point.y, z)
    return f"{z}/{x}/{y}"


def _cost(asked, about, clients):
    """Ask once for what is kept in memory, then once more for the figures."""
    address = asked.address.format(**about)
    headers = {"hx-request": "true"} if asked.is_fragment else {}
    client = clients[asked.by]
    client.get(address, headers=headers)
    cache.clear()
    said = []

    def count(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        said.append((sql, context["cursor"].rowcount))
        return result

    begun = perf_counter()
    with connection.execute_wrapper(count):
        answer = client.get(address, headers=headers)
    return Cost(
        status=answer.status_code,
        statements=len(said),
        rows=sum(max(rows, 0) for _, rows in said),
        bytes=len(answer.content),
        took=perf_counter() - begun,
        said="\n".join(f"{rows} rows: {sql}" for sql, rows in said),
    )


def test_every_page_has_its_budget():
    every = {_plain(pattern) for pattern in patterns()}

    kept = {_plain(_route(each.address)) for each in PAGES}

    assert every == kept | NO_PAGE.keys()
    assert not kept & NO_PAGE.keys()


def _route(address):
    return resolve(address.format_map(ANY).partition("?")[0]).route


def _plain(pattern):
    """Write a pattern as both the configuration and a resolved address have it."""
    return pattern.replace("^", "").replace("$", "")


@pytest.mark.parametrize("reports", [FEW, MANY])
@pytest.mark.parametrize("asked", PAGES, ids=str)
def test_a_page_keeps_to_its_statements(costs, asked, reports):
    cost = costs[reports][asked]

    assert cost.status in {200, 204, 302}
    assert cost.statements == asked.statements, cost.said


@pytest.mark.parametrize("asked", PAGES, ids=str)
def test_a_page_reads_and_tells_no_more_in_a_larger_city(costs, asked):
    few, many = costs[FEW][asked], costs[MANY][asked]

    assert many.rows <= max(few.rows + 5, asked.rows), many.said
    assert many.bytes <= few.bytes * 1.2 + 1000
