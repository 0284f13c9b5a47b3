"""Whatever figure a leader opens, its list, its file and its map count the same."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta
from io import StringIO
from math import asinh, pi, radians, tan
from random import Random
from urllib.parse import urlencode

import pytest
from django.conf import settings as city
from django.contrib.gis.geos import Point
from django.db.models import Q
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from incidents import handover, resolution
from incidents.leading.counting import count
from incidents.leading.figures import Axis, Window, conditions
from incidents.leading.measuring import measure
from incidents.models import (
    Handling,
    Incident,
    Membership,
    Organisation,
    RefusalReason,
    Report,
)
from incidents.tiles import handling_tile
from tests.factories import (
    LeafFactory,
    OrganisationFactory,
    RefusalReasonFactory,
    ResponsibilityFactory,
    ReturnReasonFactory,
    focal_point,
    operator,
    somebody,
)

from .api.mvt import read_tile, spots_of, tile_of
from .leading import DAY, HOUR, MONDAY, UNTIL, a_month, local

pytestmark = pytest.mark.django_db

PAGE = "/lam-viec/dieu-hanh"
FATES = ("open", "ended", "again", "twice", "refused", "withdrawn", "back", "placeless")
USUAL = ["received", "handled", "in_hand", "late", "results"]
FIGURES = USUAL * 4 + sorted(conditions(Window(since=MONDAY, at=UNTIL)))
ZOOMS = st.sampled_from([0, 9, 13, 16, 17, 20])


@pytest.fixture
def months(telling, wards):
    """Three periods of two wards, in which cases meet with every fate there is."""
    kinds = [telling.category, LeafFactory.create()]
    for code, place in wards.items():
        ResponsibilityFactory.create(
            category=kinds[1].branch, place=place, organisation__code=f"own-{code}"
        )
    month, chance = a_month(telling), Random(11)  # noqa: S311
    reason, back = RefusalReasonFactory.create(), ReturnReasonFactory.create()
    for turn in range(32):
        name, fate = f"more-{turn}", FATES[turn % len(FATES)]
        at = MONDAY + timedelta(days=chance.randint(-35, 35), hours=turn % 7)
        spot = Point(106.66 + turn % 3 * 0.06, 10.755 + turn % 4 * 0.02, srid=4326)
        placed = {"point": spot} if fate != "placeless" else _nowhere()
        case = month.file(
            name,
            at=at,
            category=kinds[turn % 3 % 2],
            by_hand=fate in {"refused", "withdrawn"},
            public=bool(turn % 4),
            **placed,
        )
        holder = case.organisation
        unit = focal_point(holder) if holder else None
        if fate == "refused":
            handover.refuse(
                case, by=month.desk, at=at + HOUR, reason=reason, text="Không rõ"
            )
        elif fate == "withdrawn":
            resolution.withdraw(case, at=at + HOUR)
        elif fate == "back" and unit:
            handover.send_back(
                case, by=unit, at=at + DAY, reason=back, text="Không phải của mình"
            )
        elif fate in {"ended", "again", "twice"} and unit:
            month.end(name, at=at + 2 * DAY, unit=unit)
            if fate != "ended":
                resolution.reopen(case, at=at + 3 * DAY, text="Vẫn vậy")
            if fate == "twice":
                month.end(name, at=at + 4 * DAY, unit=unit)
    measure(at=local("2025-10-01T08:00"))
    return month


def _nowhere():
    return {"point": None, "place_source": Report.PlaceSource.NONE}


def signed_in(actor):
    client = Client()
    client.force_login(actor.user)
    return client


@pytest.fixture
def leader(db):
    seat = OrganisationFactory.create(type=Organisation.Type.CITY)
    return signed_in(somebody(Membership.Role.CITY_LEADER, seat))


@pytest.fixture
def readers(months, leader):
    """Who leads the city, and who answers for one unit alone."""
    return {
        "city": leader,
        "unit": signed_in(focal_point(months.cases["on_time"].organisation)),
    }


@pytest.mark.parametrize("reader", ["city", "unit"])
def test_a_figure_is_its_list_its_file_and_its_map(reader, readers):
    """Number = list = rows of the CSV = clusters + points + what has no place.

    A figure counts handlings, so a case handled twice in a period is two rows, and two
    points that lie on one another; one given back twice is two rows of that figure.
    """
    client = readers[reader]
    seen: Counter[str] = Counter()

    @settings(
        deadline=None,
        derandomize=True,
        max_examples=45,
        suppress_health_check=list(HealthCheck),
    )
    @example(period="2025-07", by="ward", unit="", part=-1, figure="results", z=17)
    @example(period="2025-07", by="ward", unit="", part=-1, figure="returned", z=20)
    @example(period="2025-07", by="unit", unit="", part=-1, figure="received", z=9)
    @given(
        period=st.sampled_from(["2025-06", "2025-07", "2025-07", "2025-08"]),
        by=st.sampled_from(["ward", "ward_then", "category", "unit"]),
        unit=st.sampled_from(["", "ubnd-a", "other-unit", "own-b"]),
        part=st.integers(-1, 5),
        figure=st.sampled_from(FIGURES),
        z=ZOOMS,
    )
    def counted_alike(period, by, unit, part, figure, z):
        asked = {"period": period, "by": by}
        if reader == "city" and unit:
            asked["unit"] = unit
        found = client.get(PAGE, asked).context["found"]
        figures = found.total
        if 0 <= part < len(found.parts):
            figures = found.parts[part].figures
            asked["id"] = found.parts[part].pk or "none"
        number = figures[figure]
        if figure == "satisfied" and figures.satisfied is None:
            number = 0  # Too few rated to say: nothing tells it.

        query = urlencode(asked | {"of": figure})
        rows, told = _listed(client, query)

        assert told["count"] == len(rows) == number
        assert _of_csv(client, query) == rows
        drawn = _on_tiles(client, f"/staff/tiles/cases/{{}}.mvt?{query}", rows, z=z)
        assert drawn == told["placed"]
        assert drawn + told["placeless"] == number
        seen.update(
            {
                "some": number > 0,
                "placeless": told["placeless"] > 0,
                "twice": len(set(rows)) < len(rows),
                "part": "id" in asked,
            }
        )

    counted_alike()
    assert seen["some"] > 8
    assert seen["part"] > 3
    assert seen["twice"] > 0
    assert seen["placeless"] > 0 or reader == "unit"


def test_what_came_is_counted_in_public_as_it_is_for_leaders(months):
    """Whole days, a ward, a category and a unit can be asked for on both sides.

    A period ends at noon, and the dashboard has no switch for what is public; what it
    counts by has both, and is asked here. The map counts what came of an incident once,
    as the incident; leaders count each report that came. What the map tells by unit is
    who has it today, for leaders who had it when it ended: alike until a case comes
    back and goes elsewhere.
    """
    client = Client()
    heads = Incident.objects.values_list("head", flat=True)
    told = Report.objects.public().exclude(pk__in=heads)
    of_heads = set(
        Report.objects.filter(pk__in=heads).values_list("public_id", flat=True)
    )
    axes = {
        "ward": (Axis.WARD, dict(Report.objects.values_list("place__code", "place"))),
        "category": (
            Axis.CATEGORY,
            dict(Report.objects.values_list("category__code", "category")),
        ),
        "organisation": (
            Axis.UNIT,
            dict(Organisation.objects.values_list("code", "pk")),
        ),
    }
    seen: Counter[bool] = Counter()

    @settings(
        deadline=None,
        derandomize=True,
        max_examples=40,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        since=st.integers(-40, 30),
        days=st.integers(1, 60),
        by=st.sampled_from(["", "ward", "category", "organisation"]),
        turn=st.integers(0, 9),
        z=ZOOMS,
    )
    def counted_alike(since, days, by, turn, z):
        midnight = local("2025-07-07T00:00") + since * DAY
        window = Window(since=midnight, at=midnight + days * DAY)
        asked = {"from": window.since.date(), "to": window.at.date()}
        only = Q(report__in=told)
        if by:
            axis, codes = axes[by]
            named = sorted(code for code in codes if code)
            asked[by] = named[turn % len(named)]
            only &= Q(**{axis.value: codes[asked[by]]})
        query = urlencode(asked)

        listed = client.get(f"/api/v1/reports?page_size=500&{query}").json()["features"]
        written = client.get(f"/ban-do/tep/phan-anh.csv?{query}").getvalue()
        ids = [each["id"] for each in listed]
        drawn = _on_tiles(client, f"/tiles/reports/{{}}.mvt?{query}", ids, z=z)
        figures = count(window, sets=[(Axis.UNIT,)], only=only).total

        assert _rows(written) == ids
        assert drawn == sum(each["geometry"] is not None for each in listed)
        assert figures["received"] == len(set(ids) - of_heads)
        seen[figures["received"] > 0] += 1

    counted_alike()
    assert seen[True] > 15


def test_of_more_cases_than_a_file_holds_none_is_written_and_the_list_says_so(
    months, readers, monkeypatch
):
    query = "period=2025-07&of=received"
    rows, _told = _listed(readers["city"], query)
    monkeypatch.setattr(city, "STAFF_FILE_ROWS_AT_MOST", len(rows) - 1)

    refused = readers["city"].get(f"{PAGE}/vu.csv?{query}")
    page = readers["city"].get(f"{PAGE}/vu?{query}").content.decode()

    said = f"Có {len(rows)} vụ việc, mà một tệp chứa nhiều nhất {len(rows) - 1}. "
    assert refused.status_code == 422
    assert f"{said}Hãy mở số liệu của từng phường" in refused.content.decode()
    assert said in page
    assert "vu.csv" not in page
    monkeypatch.setattr(city, "STAFF_FILE_ROWS_AT_MOST", len(rows))
    assert _of_csv(readers["city"], query) == rows


def test_of_very_many_on_one_tile_each_still_counts(months, monkeypatch):
    monkeypatch.setattr("incidents.tiles.POINTS_AT_MOST", 3)
    placed = Handling.objects.filter(report__point__isnull=False)

    tiles = [
        read_tile(handling_tile(Handling.objects.all(), z=17, x=x, y=y))
        for x, y in _tiles(Report.objects.values("public_id"), z=17)
    ]

    assert sum(each.total for each in tiles) == placed.count() > 25
    assert any(each.clusters for each in tiles)


def test_a_point_of_a_leader_s_map_is_where_strangers_see_it(months, readers):
    case = months.cases["on_time"]
    snapped, true = (_within(point, z=20) for point in (case.public_point, case.point))
    drawn = Handling.objects.filter(report=case)

    x, y = (int(each // 4096) for each in snapped)
    tile = handling_tile(drawn, z=20, x=x, y=y)

    assert read_tile(tile).points == [
        {
            "public_id": case.public_id,
            "category": case.category.code,
            "status_group": "done",
        }
    ]
    ((across, down),) = spots_of(tile, "reports")
    shown = (x * 4096 + across, y * 4096 + down)
    assert shown == pytest.approx(snapped, abs=2)
    assert shown != pytest.approx(true, abs=20)


def _within(point, *, z):
    """Return where a point lies in the world, in the steps of tiles of that zoom."""
    side = 2**z * 4096
    north = asinh(tan(radians(point.y)))
    return (point.x + 180) / 360 * side, (1 - north / pi) / 2 * side


def test_what_is_refused_as_a_denunciation_is_nowhere_at_once(months, readers):
    case = months.file("accuses", at=UNTIL - HOUR, by_hand=True)
    measure(at=UNTIL)
    query = "period=2025-07&of=in_hand"
    x, y = tile_of(case.public_point.x, case.public_point.y, 20)
    rows, told = _listed(readers["city"], query)
    assert case.public_id in rows
    assert _number(readers, "in_hand") == told["count"]

    secret = RefusalReason.objects.get(code=city.CITY.quarantined_reasons[0])
    handover.refuse(case, by=months.desk, at=UNTIL, reason=secret, text="Gửi đơn")

    now_rows, now = _listed(readers["city"], query)
    tile = readers["city"].get(f"/staff/tiles/cases/20/{x}/{y}.mvt?{query}")
    assert case.public_id not in now_rows
    assert now["count"] == told["count"] - 1
    assert _number(readers, "in_hand") == now["count"]
    assert case.public_id not in _of_csv(readers["city"], query)
    assert case.public_id.encode() not in tile.content


@pytest.mark.parametrize(
    "asked",
    [
        "21/0/0.mvt",
        "3/8/0.mvt",
        "0/0/1.mvt",
        f"{10**30}/{10**30}/0.mvt",
        "0/0/0.mvt?of=nothing",
        "0/0/0.mvt?period=x",
        "0/0/0.mvt?unit=nowhere",
        "0/0/0.mvt?id=x",
    ],
)
def test_a_tile_there_is_not_is_not_found(asked, leader):
    assert leader.get(f"/staff/tiles/cases/{asked}").status_code == 404


def test_a_tile_is_for_who_may_list_its_cases_and_is_kept_by_nobody(months, readers):
    way = "/staff/tiles/cases/0/0/0.mvt?period=2025-07&of=received"

    answer = readers["city"].get(way)
    whole, own = (read_tile(readers[each].get(way).content) for each in readers)

    assert "private" in answer["Cache-Control"]
    assert "no-store" in answer["Cache-Control"]
    assert 0 < own.total < whole.total
    assert readers["unit"].get(f"{way}&unit=other-unit").status_code == 404
    assert Client().get(way).status_code == 302
    assert signed_in(operator()).get(way).status_code == 200
    nowhere = "/staff/tiles/cases/20/0/0.mvt?period=2025-07"
    assert readers["city"].get(nowhere).status_code == 204


def _listed(client, query):
    """All that a list tells, page by page, and what it says of itself."""
    answer = client.get(f"{PAGE}/vu?{query}")
    assert answer.status_code == 200
    told, rows = answer.context, []
    for number in told["page"].paginator.page_range:
        page = client.get(f"{PAGE}/vu?{query}&page={number}").context["page"]
        rows += [each.report.public_id for each in page]
    return rows, told


def _number(readers, figure):
    found = readers["city"].get(PAGE, {"period": "2025-07"}).context["found"]
    return found.total[figure]


def _of_csv(client, query):
    return _rows(client.get(f"{PAGE}/vu.csv?{query}").getvalue())


def _rows(written):
    rows = list(csv.reader(StringIO(written.decode("utf-8-sig"))))[1:]
    return [row[0].removeprefix("'") for row in rows]


def _on_tiles(client, way, ids, *, z):
    """How many are counted on all tiles on which one of these reports lies."""
    answers = [client.get(way.format(f"{z}/{x}/{y}")) for x, y in _tiles(ids, z=z)]
    return sum(read_tile(each.content).total for each in answers)


def _tiles(ids, *, z):
    placed = Report.objects.filter(public_id__in=ids, public_point__isnull=False)
    points = placed.values_list("public_point", flat=True).distinct()
    return {tile_of(point.x, point.y, z) for point in points}
