"""A small town with everything that routing weighs: to ask about it at random."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

from django.contrib.gis.geos import LineString, Point, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange

from gis_data.models import Place, PlaceKind
from incidents.models import Category, Organisation, OrganisationSuccession

from .incidents import (
    CategoryFactory,
    LeafFactory,
    OrganisationFactory,
    ResponsibilityFactory,
)
from .places import HERE, AssetFactory, PlaceKindFactory, published, road_north_of
from .places import square as square_of

FOUNDED, REDRAWN, DISSOLVED = date(2025, 1, 1), date(2026, 1, 1), date(2026, 4, 1)
#: Days before, on and after each turn in the town's law.
DAYS = (
    date(2024, 12, 31),
    FOUNDED,
    date(2025, 7, 9),
    date(2025, 12, 31),
    REDRAWN,
    DISSOLVED,
    date(2026, 9, 1),
)
#: Lines on which its areas end or its roads run: the points worth asking about.
EASTS, NORTHS = (106.65, 106.7, 106.72, 106.75, 106.85), (10.75, 10.8, 10.85)
PLATES = ("", "cover-1", "way-1", "unknown")
ADDRESSES = ("", "12 Lê Lợi", "hẻm 12", "123/4/5 Lê Lợi")


def build_town(*, seed: int = 0) -> None:
    """Build it, all that has no order of its own in the order that `seed` throws."""
    chance = Random(seed)  # noqa: S311
    for rank, code in ((1, "city"), (3, "ward"), (None, "water")):
        PlaceKindFactory.create(code=code, rank=rank)
    _in_any_order(chance, [_wards, _city, _water])
    branch = CategoryFactory.create(code="HT-TOWN")
    CategoryFactory.create(code="HT-SKY")
    for name in ("pothole", "leak", "lamp"):
        LeafFactory.create(branch=branch, code=f"HT-TOWN.{name}")
    LeafFactory.create(branch=branch, code="HT-TOWN.noise", needs_place=False)
    units = ["ward-a", "ward-b", "centre", "works", "lamps", "gone", "heir", "other"]
    _in_any_order(chance, [_unit(code) for code in units])
    _in_any_order(chance, [_heir(code) for code in ("heir", "other")])
    _in_any_order(chance, [_asset(**said) for said in ASSETS])
    _in_any_order(chance, [_rule(**said) for said in RULES])


def _in_any_order(chance: Random, steps: list[Callable[[], object]]) -> None:
    for step in chance.sample(steps, len(steps)):
        step()


def _wards() -> None:
    kind = PlaceKind.objects.get(code="ward")
    a, b = square_of(106.65, 10.75), square_of(106.75, 10.75)
    published(kind, FOUNDED, b=b, a=a)
    wider = square_of(106.7499, 10.75)
    published(kind, REDRAWN, a=a, b=wider, c=square_of(106.8502, 10.75))


def _city() -> None:
    kind = PlaceKind.objects.get(code="city")
    published(kind, FOUNDED, **{"79": square_of(106.65, 10.75, 0.25)})


def _water() -> None:
    kind = PlaceKind.objects.get(code="water")
    published(
        kind, FOUNDED, works=square_of(106.72, 10.7), far=square_of(106.72, 10.79)
    )


def _unit(code: str) -> Callable[[], object]:
    ends = DISSOLVED if code == "gone" else None
    begins = DISSOLVED if code in ("heir", "other") else date(2000, 1, 1)
    return lambda: OrganisationFactory.create(
        code=code, name=f"Unit {code}", validity=DateRange(begins, ends)
    )


def _heir(code: str) -> Callable[[], object]:
    return lambda: OrganisationSuccession.objects.create(
        predecessor=Organisation.objects.get(code="gone"),
        successor=Organisation.objects.get(code=code),
        on=DISSOLVED,
    )


def _asset(**said: object) -> Callable[[], object]:
    return lambda: AssetFactory.create(**said)


def _rule(
    *, category: str, unit: str, on: tuple[str, str] | None = None, **said: object
) -> Callable[[], object]:
    def write() -> object:
        ground = {}
        if on is not None:
            kind, code = on
            field = "territory" if kind == "water" else "place"
            ground = {field: Place.objects.get(kind__code=kind, code=code)}
        return ResponsibilityFactory.create(
            category=Category.objects.get(code=category),
            organisation=Organisation.objects.get(code=unit),
            legal_basis=f"{category} {unit} {on} {sorted(said)}",
            **ground,
            **said,
        )

    return write


def _aside(metres: float) -> LineString:
    return road_north_of(HERE, metres)


ASSETS: list[dict[str, object]] = [
    {"code": "way-1", "name": "Lê Lợi"},
    {"code": "way-2", "name": "Lê Lai", "asset_class": "ward", "shape": _aside(11)},
    {
        "code": "way-3",
        "name": "Lê Lai",
        "asset_class": "ward",
        "shape": LineString((106.7, 10.79), (106.7, 10.81), (106.75, 10.8), srid=4326),
        "spans": 2,
        "validity": DateRange(REDRAWN, None),
    },
    {
        "code": "cover-1",
        "kind": "cover",
        "asset_class": "",
        "shape": Point(106.7001, 10.8001, srid=4326),
    },
    {
        "code": "lake",
        "kind": "canal",
        "asset_class": "",
        "shape": Polygon.from_bbox((106.7495, 10.7995, 106.7505, 10.8005)),
    },
    {"code": "lamp-1", "kind": "lamp", "asset_class": "", "shape": HERE},
]
RULES: list[dict[str, object]] = [
    {"category": "HT-TOWN", "unit": "ward-a", "on": ("ward", "a")},
    {"category": "HT-TOWN", "unit": "ward-b", "on": ("ward", "b")},
    {"category": "HT-TOWN", "unit": "centre", "on": ("city", "79"), "precedence": 5},
    {
        "category": "HT-TOWN.pothole",
        "unit": "centre",
        "asset_kind": "road",
        "asset_class": "city",
        "precedence": 400,
        "conditions": {"alley": False},
    },
    {
        "category": "HT-TOWN.pothole",
        "unit": "gone",
        "asset_kind": "road",
        "precedence": 300,
        "conditions": {"spans": "several"},
    },
    {
        "category": "HT-TOWN.leak",
        "unit": "works",
        "on": ("water", "works"),
        "precedence": 200,
    },
    {
        "category": "HT-TOWN.leak",
        "unit": "lamps",
        "on": ("water", "far"),
        "precedence": 200,
        "is_confirmed": False,
    },
    {
        "category": "HT-TOWN.leak",
        "unit": "gone",
        "on": ("ward", "b"),
        "precedence": 200,
    },
    {
        "category": "HT-TOWN.leak",
        "unit": "other",
        "asset_kind": "canal",
        "precedence": 300,
        "within_m": 30,
    },
    {
        "category": "HT-TOWN.lamp",
        "unit": "lamps",
        "asset_kind": "lamp",
        "precedence": 300,
        "conditions": {"junction": False},
    },
    {
        "category": "HT-TOWN.lamp",
        "unit": "centre",
        "asset_kind": "lamp",
        "precedence": 300,
        "conditions": {"road": ["city", "none"]},
    },
    {
        "category": "HT-TOWN.lamp",
        "unit": "works",
        "asset_kind": "cover",
        "asset_code": "cover-1",
        "precedence": 500,
        "within_m": 5,
    },
    {
        "category": "HT-TOWN.lamp",
        "unit": "ward-a",
        "on": ("ward", "a"),
        "role": "supporting",
        "precedence": 600,
    },
]
