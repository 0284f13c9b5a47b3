"""How long a tile of the map takes, under any filter, among many reports.

Beside `SELECT 1` on the same connection, and beside what others make of the same table:
tipg over HTTP, and ST_AsMVT as one writes it. The tiles asked for are spread over all
zooms, each holding some public report, and each is asked for once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks._among import among
from benchmarks._peers import PLAIN, VIEWS, ask, tipg
from benchmarks._scratch import milliseconds, spread, table

if TYPE_CHECKING:
    from incidents.filters import ReportFilter

ZOOMS, TILES_A_ZOOM, SEED = range(19), 8, 1022
#: Peers write out each point: the whole city at once is asked of them but twice.
PEER_ZOOMS = range(8, 19)
WORDS_AT_MOST = 20_000


def main() -> int:
    """Print the figures, size by size."""
    for _size, database in among():
        _measured(database)
    return 0


def _measured(database: str) -> None:
    from incidents.models import Report

    placed = Report.objects.public().exclude(world_cell=None)
    rng = Random(SEED)  # noqa: S311
    cells = list(placed.order_by("?").values_list("world_cell", flat=True)[:4000])
    tiles = [
        (z, *_tile(rng.choice(cells) >> 2 * (20 - z)))
        for z in ZOOMS
        for _ in range(TILES_A_ZOOM)
    ]
    asked = _filters()
    today = asked["of today"]
    print(  # noqa: T201
        f"{placed.count():,} public on the map, {today.keep(placed).count():,} of them "
        f"of today; {len(tiles)} tiles of zooms {ZOOMS[0]} to {ZOOMS[-1]} a row"
    )
    rows = [_one()]
    rows += [_row(name, each, tiles) for name, each in asked.items()]
    rows += [_unchanged(today, tiles), *_peers(database, today, tiles)]
    table(("", "p50 ms", "p95 ms", "slowest ms", "largest kB", "statements"), rows)
    table(("", "measured"), [*_freshness(), *_keeping()])


def _filters() -> dict[str, ReportFilter]:
    """Return what is asked for, in the words of the table."""
    from django.db.models import Count
    from django.utils.timezone import localdate

    from incidents.filters import ReportFilter
    from incidents.models import Category, Report, StatusGroup

    on, shown = localdate(), Report.objects.public().exclude(world_cell=None)
    counted = shown.order_by().values_list("category", "current_place", "organisation")
    most = counted.annotate(n=Count("pk")).order_by("-n")
    category, place, unit, _ = most.filter(current_place__isnull=False)[0]
    branch = Category.objects.get(pk=category).branch
    leaves = Category.objects.within(branch.code if branch else "").values_list("pk")
    under = frozenset(pk for (pk,) in leaves)
    done = frozenset({StatusGroup.DONE})
    month = on.replace(day=1) - timedelta(days=1)
    some = {
        "a branch": {"categories": under},
        "a category": {"categories": frozenset({category})},
        "a status group": {"groups": frozenset({StatusGroup.IN_PROGRESS})},
        "a ward": {"places": frozenset({place})},
        "a unit": {"organisations": frozenset({unit})},
        "days": {"since": on - timedelta(days=400), "until": on - timedelta(days=20)},
        "words": {"words": _words()},
    }
    made = {"of today": ReportFilter(current_on=on)}
    made |= {
        f"of today, {name}": ReportFilter(current_on=on, **each)  # type: ignore[arg-type]
        for name, each in some.items()
    }
    months = {"since": month.replace(day=1, year=month.year - 2)}
    made["all years"] = ReportFilter()
    made["all years, branch"] = ReportFilter(categories=under)
    made["all years, group"] = ReportFilter(groups=done)
    made["all years, months"] = ReportFilter(**months)
    made["all years, branch, group, months"] = ReportFilter(
        categories=under, groups=done, **months
    )
    for name in ("a ward", "a unit", "days", "words"):
        made[f"all years, {name}"] = replace(ReportFilter(), **some[name])  # type: ignore[arg-type]
    return made


def _words() -> str:
    """Return the words that find the most, of those that find no more than aimed at."""
    from django.db.models import Count

    from incidents.models import Report

    titles = (
        Report.objects.public()
        .exclude(world_cell=None)
        .exclude(public_title="")
        .order_by()
    )
    counted = titles.values_list("public_title").annotate(n=Count("pk")).order_by("-n")
    fit = [title for title, n in counted if n <= WORDS_AT_MOST]
    return fit[0] if fit else counted.last()[0]  # type: ignore[index]


def _one() -> tuple[str, ...]:
    from django.db import connection

    def one() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()

    return "SELECT 1", *_spread(milliseconds(iter([one] * 300))[50:]), "", "1"


def _row(
    name: str, asked: ReportFilter, tiles: list[tuple[int, int, int]]
) -> tuple[str, ...]:
    from incidents.tiles import report_tile

    sizes = []

    def draw(z: int, x: int, y: int) -> None:
        sizes.append(len(report_tile(asked, z=z, x=x, y=y).tile or b""))

    with _statements() as counted:
        taken = milliseconds(iter([partial(draw, *each) for each in tiles]))
    each = len(counted) / len(tiles)
    return name, *_spread(taken), f"{max(sizes) / 1000:.1f}", f"{each:g}"


def _unchanged(
    asked: ReportFilter, tiles: list[tuple[int, int, int]]
) -> tuple[str, ...]:
    from incidents.tiles import report_tile

    known = [(each, _draw(asked, *each)[1]) for each in tiles]
    with _statements() as counted:
        taken = milliseconds(
            iter(
                partial(report_tile, asked, z=z, x=x, y=y, known=tag)
                for (z, x, y), tag in known
            )
        )
    each = len(counted) / len(tiles)
    return "of today, unchanged", *_spread(taken), "0", f"{each:g}"


def _draw(asked: ReportFilter, z: int, x: int, y: int) -> tuple[bytes, str]:
    from incidents.tiles import report_tile

    drawn = report_tile(asked, z=z, x=x, y=y)
    return drawn.tile or b"", drawn.tag


def _peers(
    database: str, today: ReportFilter, tiles: list[tuple[int, int, int]]
) -> Iterator[tuple[str, ...]]:
    """Time what others make of a tile of each zoom from where the city fills one."""
    from django.db import connection

    fewer = [next(tile for tile in tiles if tile[0] == zoom) for zoom in PEER_ZOOMS]
    weeks = ", ".join(map(str, _weeks(today)))
    with connection.cursor() as cursor:
        cursor.execute(VIEWS.format(weeks=weeks))
    sizes: list[int] = []

    def plain(view: str, z: int, x: int, y: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN.format(view=view), {"z": z, "x": x, "y": y})
            sizes.append(len(cursor.fetchone()[0]))

    with tipg(database) as line:

        def served(view: str, z: int, x: int, y: int) -> None:
            path = f"/collections/peer.{view}/tiles/WebMercatorQuad/{z}/{x}/{y}"
            sizes.append(len(ask(line, path)))

        floor = milliseconds(iter([partial(ask, line, "/healthz")] * 50))
        yield "tipg, its /healthz", *_spread(floor), "", ""
        for who, asks in (("ST_AsMVT", plain), ("tipg", served)):
            for view, said in (("today", "of today"), ("ever", "all years")):
                sizes.clear()
                taken = milliseconds(iter(partial(asks, view, *each) for each in fewer))
                kilobytes = f"{max(sizes) / 1000:,.1f}"
                yield f"{who}, {said}", *_spread(taken), kilobytes, "1"


def _weeks(today: ReportFilter) -> list[int]:
    from incidents.models.weeks import weeks_of_today

    assert today.current_on  # noqa: S101
    return weeks_of_today(today.current_on)


def _freshness() -> Iterator[tuple[str, str]]:
    """Accept a report and draw every tile that it lies on."""
    from django.db import transaction
    from django.utils import timezone

    from incidents.filters import ReportFilter
    from incidents.models import Report

    waiting = Report.objects.filter(status="received", is_public=True)
    key, cell = waiting.exclude(world_cell=None).values_list("pk", "world_cell")[0]
    lies = [(z, *_tile(cell >> 2 * (20 - z))) for z in range(21)]
    for name, asked in (("of today", _filters()["of today"]), ("all", ReportFilter())):
        before = [_draw(asked, *each)[1] for each in lies]
        now = timezone.now()
        started = perf_counter()
        with transaction.atomic():
            Report.objects.filter(pk=key).update(
                status="accepted", accepted_at=now, updated_at=now
            )
        after = [_draw(asked, *each)[1] for each in lies]
        took = perf_counter() - started
        changed = sum(a != b for a, b in zip(before, after, strict=True))
        yield f"accepted and on {changed} of 21 tiles, {name}", f"{took * 1000:.0f} ms"
        Report.objects.filter(pk=key).update(status="received", accepted_at=None)


def _keeping() -> Iterator[tuple[str, str]]:
    """File reports as the portal does, with the counts' triggers and without."""
    from django.db import connection

    from benchmarks._filing import ROUNDS, filed
    from incidents.models import Report, TileChange
    from incidents.tile_counts import fold

    taken: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for turn in range(2 * ROUNDS):
        # The last round leaves them as they were.
        how = ("DISABLE", "ENABLE")[turn % 2]
        with connection.cursor() as cursor:
            for name in ("comes_onto", "changes_on", "leaves"):
                cursor.execute(
                    f"ALTER TABLE incidents_report {how} TRIGGER {name}_tiles"
                )
        taken[how] += filed(turn)
    waiting = TileChange.objects.count()
    started = perf_counter()
    fold()
    folding = (perf_counter() - started) * 1000 / max(waiting, 1)
    # None of them is anybody's; where they seemed so, no more would be generated.
    Report.objects.filter(is_demo=False).update(is_demo=True)
    with_them, without = (sorted(each)[len(each) // 2] for each in taken.values())
    yield "statements of a filing, with the triggers", f"{with_them:.2f} ms"
    yield "the same without them", f"{without:.2f} ms"
    yield f"folding, a change, of {waiting}", f"{folding:.3f} ms"
    share = (with_them - without + folding) / with_them
    yield "keeping the counts, of a filing", f"{share:.0%}"


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Count what is asked of the database."""
    from django.db import connection

    asked: list[str] = []

    def count(execute: Callable[..., object], sql: str, *given: object) -> object:
        asked.append(sql)
        return execute(sql, *given)

    with connection.execute_wrapper(count):
        yield asked


def _spread(taken: list[float]) -> tuple[str, str, str]:
    half, most = spread(taken)
    return f"{float(half):.2f}", f"{float(most):.1f}", f"{max(taken):.1f}"


def _tile(cell: int) -> tuple[int, int]:
    """Read x and y from a z-order number."""
    bits = range(20)
    x = sum((cell >> 2 * bit & 1) << bit for bit in bits)
    return x, sum((cell >> 2 * bit + 1 & 1) << bit for bit in bits)


if __name__ == "__main__":
    sys.exit(main())
