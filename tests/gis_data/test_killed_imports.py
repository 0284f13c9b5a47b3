"""An import that is killed at any moment has happened wholly or not at all."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from gis_data.models import Asset, Boundary, BoundaryPiece, Edition, Place
from tests.factories import PlaceKindFactory, published, square
from tests.gis_data.conftest import feature
from tests.gis_data.test_publishing import JUNE

#: How often each import is killed; script/verify asks for many more.
KILLS = int(os.environ.get("KILLS", "2"))
SIDE = 8
CHANCE = random.Random(1)  # noqa: S311

pytestmark = pytest.mark.django_db(transaction=True)


def squares(shift=0.0):
    """Neighbours in a grid; shifted, every one of them changes."""
    side = 0.02
    return {
        f"{x}-{y}": square(106.5 + x * side + shift, 10.5 + y * side, side)
        for x in range(SIDE)
        for y in range(SIDE)
    }


def command(*options):
    """Start a command of manage.py on the database of this test, as a shell would."""
    held = connection.settings_dict
    user, host = held["USER"] or "", held["HOST"] or ""
    password = f":{held['PASSWORD']}" if held["PASSWORD"] else ""
    port = f"&port={held['PORT']}" if held["PORT"] else ""
    address = f"postgresql://{user}{password}@/{held['NAME']}?host={host}{port}"
    return subprocess.Popen(  # noqa: S603
        [sys.executable, settings.BASE_DIR / "manage.py", *map(str, options)],
        env=os.environ | {"DATABASE_URL": address},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_at_random(start, *, rounds, is_done, undo, chance):
    """Kill a command over and over; return how often it had come to its end."""
    begun = time.monotonic()
    assert start().wait() == 0
    takes = time.monotonic() - begun
    undo()
    ended = 0
    for _each in range(rounds):
        process = start()
        time.sleep(takes * chance.uniform(0.3, 1.05))
        process.kill()
        process.wait()
        left_alone()
        if is_done():
            ended += 1
            undo()
    return ended


def left_alone():
    """Wait until the server has noticed that whoever was killed is gone."""
    for _each in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND backend_type = 'client backend'"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("a session is left")


def the_map():
    """What is known of the map, without the numbers of its rows."""
    rows = Boundary.objects.values_list(
        "place__code", "validity", "shape", "edition__starts_on", "recorded__upper_inf"
    )
    return sorted(
        (code, str(days), bytes(shape.wkb), str(on), known)
        for code, days, shape, on, known in rows
    )


def pieces():
    return BoundaryPiece.objects.count()


def test_boundaries_are_published_once_however_often_it_is_killed(geojson):
    published(PlaceKindFactory.create(code="ward"), JUNE, **squares())
    before = the_map(), pieces()
    path = geojson(*(feature(code, each) for code, each in squares(0.001).items()))
    on = "2026-01-01"
    seen = []

    def publish():
        return command(
            "publish_boundaries", path, "--kind=ward", f"--from={on}", "--commit"
        )

    def is_done():
        seen.append((the_map(), pieces()))
        return Edition.objects.filter(starts_on=on).exists()

    def undo():
        """Forget the map, and have the one of before again."""
        for model in (Boundary, Edition, Place):
            model.objects.all().delete()
        published(Place.kind.field.related_model.objects.get(), JUNE, **squares())

    kill_at_random(publish, rounds=KILLS, is_done=is_done, undo=undo, chance=CHANCE)
    assert publish().wait() == 0
    after = the_map(), pieces()

    assert all(each in (before, after) for each in seen)
    assert len(after[0]) == 3 * SIDE**2
    assert Place.objects.count() == SIDE**2


def test_assets_stand_once_however_often_their_import_is_killed(geojson):
    lines = [
        feature(f"r{number}", square(106.5 + number / 10_000, 10.5, 0.0001))
        for number in range(500)
    ]
    path = geojson(*lines, name="parks.geojson")
    seen = []

    def load():
        return command(
            "load_assets", path, "--kind=park", "--from=2026-01-01", "--commit"
        )

    def is_done():
        seen.append(Asset.objects.count())
        return bool(seen[-1])

    kill_at_random(
        load,
        rounds=KILLS,
        is_done=is_done,
        undo=Asset.objects.all().delete,
        chance=CHANCE,
    )
    assert load().wait() == 0
    assert load().wait() == 0

    assert set(seen) <= {0, len(lines)}
    assert Asset.objects.values("code").distinct().count() == len(lines)
    assert Asset.objects.count() == len(lines)
