"""One run: ground, dice, draw, write; all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import DataError, connection, transaction
from django.db.models import Count, Max
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from incidents.errors import IncidentError
from incidents.leading.measuring import measure_between
from incidents.models import Report
from incidents.tile_counts import recount

from .choices import Span, keep_choices
from .dice import Dice
from .drawing import draw
from .ground import lay_ground
from .writing import MODELS, without_indexes, write

#: So many reports are written at a time, between two words on how far it is.
PART = 250_000
#: What was drawn from.
LAID_OUT = """
SELECT relname FROM pg_class
WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'
    AND starts_with(relname, 'generated_')
"""


class InUse(IncidentError):
    """The database holds reports that people have sent."""

    code = "in_use"
    message = _(
        "There are reports here that are no demo. Reports to measure on are made in a "
        "database of their own; nothing was done."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How many reports are wanted, from how many days up to which moment."""

    reports: int
    days: int
    seed: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What a run made: ids from the first to the last, and how many in which state."""

    first: int
    last: int
    by_status: dict[str, int]
    on_the_map: int


@transaction.atomic
def generate(
    wish: Wish, *, say: Callable[[str], None] = lambda done: None
) -> Generated:
    """Write invented reports beside those of the demo, and nowhere else.

    The same wish on the same tables makes the same reports, secrets and all: they are
    nobody's. Constraints that look at one row are checked; references hold as drawn.
    """
    if Report.objects.filter(is_demo=False).exists():
        raise InUse
    dice, rng = Dice(seed=wish.seed), Random(wish.seed)  # noqa: S311
    first_day = localdate(wish.at - timedelta(days=wish.days))
    highest = Report.objects.aggregate(highest=Max("pk"))["highest"] or 0
    first, last = highest + 1, highest + wish.reports
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '512MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        # A session that has had tables of its own keeps what it began with.
        with suppress(DataError), transaction.atomic():
            cursor.execute("SET LOCAL temp_buffers = '256MB'")
        wards = lay_ground(seed=wish.seed, on=localdate(wish.at).isoformat())
        say(f"{len(wards)} wards with streets and doors")
        keep_choices(Span(first=first_day, at=wish.at), wards, rng=rng)
        say("what is told, where, when, and who answers for it")
        draw(wish.reports, first_id=first, dice=dice, at=wish.at)
        say(f"{wish.reports:,} drawn")
        with without_indexes():
            # What is drawn refers to what is there: nothing is looked up a million
            # times. A trigger has nothing to add either.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for start in range(first, last + 1, PART):
                end = min(start + PART - 1, last)
                write(start, end, dice=dice)
                say(f"{end - highest:,} written")
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        say("indexes made")
        for start in range(first, last + 1, PART):
            measure_between(start, min(start + PART - 1, last), at=wish.at)
        cursor.execute("ANALYZE incidents_handling")
        say("measured for the figures of who leads")
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('incidents_report', 'id'), %s)",
            [last],
        )
        for model in MODELS:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
        cursor.execute(LAID_OUT)
        names = ", ".join(name for (name,) in cursor.fetchall())
        cursor.execute(f"DROP TABLE {names}")
    recount()
    say("counted for the tiles")
    made = Report.objects.filter(pk__range=(first, last))
    counted = made.order_by().values_list("status").annotate(n=Count("pk"))
    by_status = dict(counted)
    return Generated(
        first=first,
        last=last,
        by_status=by_status,
        on_the_map=made.public().exclude(world_cell=None).count(),
    )
