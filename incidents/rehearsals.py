"""Rehearsed: a draft of the map or the rules meets the reports that came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils.timezone import get_default_timezone, localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from procrastinate.contrib.django import app

from gis_data.errors import MapError, NoDraft
from gis_data.geometry import cell_centre, world_cell
from gis_data.models import Edition
from gis_data.models.asset import kind_named

from .city.drafting import put_in_place
from .errors import BrokenCityFile, IncidentError, NotAllowed
from .models import Category, Organisation, Rehearsal, Report, Responsibility
from .permissions import Actor
from .reform import moves
from .replaying import Replay, Spot, proposals, replay
from .spreadsheets import as_spreadsheet

TASK = "incidents.run_rehearsal"
#: So many idle rules are told one by one.
IDLE = 500
RULES_AT_MOST = 2_000_000
Way = tuple[str, str]
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be rehearsed: a draft map, draft rules, both, or what is in force."""

    since: date
    edition: Edition | None = None
    rules: str = ""
    on: date | None = None  #: Weigh all on this day; otherwise each on its own.


@transaction.atomic
def ask(question: Question, *, by: Actor, at: datetime) -> Rehearsal:
    """Ask the worker for a rehearsal, once a draft of rules can be read.

    The rules are loaded and taken back here, so that a wrong row is said at once.
    """
    if not by.keeps_map:
        raise NotAllowed
    _refuse_no_draft(question.edition)
    if question.rules:
        _refuse_unreadable(question.rules)
    reports = Report.objects.filter(received_at__gte=_midnight(question.since))
    asked = Rehearsal.objects.create(
        edition=question.edition,
        rules=question.rules,
        since=question.since,
        on=question.on,
        asked_by=by.user,
        asked_at=at,
        count=reports.count(),
    )
    app.configure_task(TASK).defer(rehearsal_id=asked.pk)
    return asked


def ask_again(before: Rehearsal, *, by: Actor, at: datetime) -> Rehearsal:
    """Ask the same once more: of the draft as it is now, and the reports since."""
    question = Question(
        since=before.since, edition=before.edition, rules=before.rules, on=before.on
    )
    return ask(question, by=by, at=at)


def run(rehearsal_id: int, *, at: datetime) -> None:
    """Weigh the reports, and keep what came of it. Only the worker may call it.

    One that was cut off is simply begun again: nothing but the answer is written.
    """
    asked = (
        Rehearsal.objects.select_related("edition__kind", "asked_by")
        .filter(pk=rehearsal_id, finished_at=None)
        .first()
    )
    if asked is None:
        return
    language = asked.asked_by.language if asked.asked_by else settings.LANGUAGE_CODE
    outcome: dict[str, Any] = {"finished_at": at, "failure": ""}
    with _aside(rehearsal_id) as tell, override(language):
        try:
            outcome["told"] = _weigh(asked, tell)
            outcome["done"] = outcome["told"]["count"]
        except BrokenCityFile as broken:
            outcome["failure"] = broken.told
        except (MapError, IncidentError) as refused:
            outcome["failure"] = str(refused)
    Rehearsal.objects.filter(pk=rehearsal_id).update(**outcome)


def as_csv(told: dict[str, Any], part: str) -> str:
    """Write one part of what came out as a table: moved, loads, idle or holes."""
    names: dict[str, str] = told["names"]
    rows: list[list[str | float]]
    if part == "moved":
        rows = [["from", "from_name", "to", "to_name", "reports"]]
        for giver, taker, count in told["moved"]:
            rows.append(
                [giver, names.get(giver, ""), taker, names.get(taker, ""), count]
            )
    elif part == "loads":
        rows = [["unit", "name", "before", "after"]]
        for unit, before, after in told["loads"]:
            rows.append([unit, names.get(unit, ""), before, after])
    elif part == "idle":
        rows = [["categories", "organisations", "over", "legal_basis", "rules"]]
        for each in told["idle"]:
            rows.append(
                [
                    " ".join(each["categories"]),
                    "; ".join(each["organisations"]),
                    each["over"],
                    each["legal_basis"],
                    each["count"],
                ]
            )
    else:
        rows = [["category", "reason", "reports", "lon", "lat"]]
        for each in told["holes"]:
            for lon, lat in each["points"] or [("", "")]:
                rows.append([each["category"], each["reason"], each["count"], lon, lat])
    return as_spreadsheet(rows)


def _refuse_no_draft(edition: Edition | None) -> None:
    """Refuse what was put in force: it holds but what it changed, and stands for all.

    A draft holds every place of its kind; once it counts, those it left as they were
    are those of before.
    """
    if edition is not None and edition.published_at is not None:
        raise NoDraft(_("This map is in force already, or was; it is no draft."))


def _refuse_unreadable(rules: str) -> None:
    """Load a table and take it back again; a wrong row is refused with its cause."""
    if len(rules) > RULES_AT_MOST:
        raise BrokenCityFile("", "", "", _("the table is too large"))
    with transaction.atomic():
        put_in_place(rules)
        transaction.set_rollback(True)


def _weigh(asked: Rehearsal, tell: Tell) -> dict[str, Any]:
    """Route the reports by the drafts, in a transaction that leaves nothing behind.

    A draft is held beside what is in force on the same day, so that nothing is told
    of it that the law changed by itself since the reports came.
    """
    _refuse_no_draft(asked.edition)
    reports = Report.objects.filter(received_at__gte=_midnight(asked.since))
    beside, ahead = None, 0
    with transaction.atomic():
        if asked.is_of_a_draft:
            beside = proposals(reports, on=asked.on, told=lambda n: tell(n // 2))
            ahead = len(beside)
        missing = put_in_place(asked.rules) if asked.rules else {}
        came = replay(
            reports,
            on=asked.on,
            draft=asked.edition,
            beside=beside,
            told=lambda n: tell((ahead + n) // 2 if ahead else n),
        )
        told = _told(came, on=asked.on or localdate(asked.asked_at))
        told["beside"] = "first" if beside is None else "in_force"
        told["missing"] = missing
        if asked.edition is not None:
            told["version"] = asked.edition.version
            told["open"] = _open_cases(asked.edition)
            told["open_moved"] = sum(n for *_way, n in told["open"]["moved"])
        transaction.set_rollback(True)
    return told


def _told(came: Replay, *, on: date) -> dict[str, Any]:
    """Write what came out as it is kept: codes, counts, and names for both."""
    units = set(came.before) | set(came.after)
    units.update(unit for each in came.contradictions for unit in each.units)
    changed = {unit for way in came.moved for unit in way}
    return {
        "count": came.count,
        "moved_total": came.moved.total(),
        "moved": _ways(came.moved),
        "loads": sorted(
            ([unit, came.before[unit], came.after[unit]] for unit in changed),
            key=lambda row: (-abs(row[2] - row[1]), row[0]),
        ),
        "idle": _idle(came, on=on),
        "contradictions": [
            {
                "category": each.category,
                "units": list(each.units),
                "rules": _bases(each.rules),
                **_spot(spot),
            }
            for each, spot in _largest(came.contradictions)
        ],
        "holes": [
            {"category": each.category, "reason": each.reason.value, **_spot(spot)}
            for each, spot in _largest(came.holes)
        ],
        "reasons": [[*key, n] for key, n in came.reasons.most_common()],
        "names": dict(
            Organisation.objects.filter(code__in=units).values_list("code", "name")
        ),
        "categories": dict(
            Category.objects.filter(
                code__in={category for category, _reason in came.reasons}
            ).values_list("code", "name")
        ),
    }


def _open_cases(draft: Edition) -> dict[str, Any]:
    """Tell what the draft's first day would do to the cases that are open now."""
    then = moves(draft, on=draft.starts_on)
    return {
        "count": then.count,
        "moved": _ways(then.moved),
        "redirected": _ways(then.redirected),
        "loads": [[each.code, each.before, each.after] for each in then.loads],
        "names": {each.code: each.name for each in then.loads},
    }


def _idle(came: Replay, *, on: date) -> list[dict[str, Any]]:
    """Tell the rules that decided nothing, alike ones together, most places first."""
    alike: dict[tuple[str, str], tuple[set[str], dict[str, None], Counter[str]]] = {}
    known = came.idle(on=on).select_related(
        "organisation", "category", "place__kind", "territory__kind"
    )
    for rule in known:
        place = rule.place or rule.territory
        over = str(place.kind.label) if place else kind_named(rule.asset_kind)
        key = (rule.legal_basis, over)
        categories, units, count = alike.setdefault(key, (set(), {}, Counter()))
        categories.add(rule.category.code)
        units[rule.organisation.name] = None
        count["rules"] += 1
    rows: list[dict[str, Any]] = [
        {
            "legal_basis": basis,
            "organisations": sorted(units),
            "over": over,
            "categories": sorted(categories),
            "count": count["rules"],
        }
        for (basis, over), (categories, units, count) in alike.items()
    ]
    rows.sort(key=lambda row: (-row["count"], row["legal_basis"], row["over"]))
    return rows[:IDLE]


def _bases(rules: tuple[int, ...]) -> list[str]:
    found = Responsibility.objects.filter(pk__in=rules).order_by("pk")
    return list(dict.fromkeys(found.values_list("legal_basis", flat=True)))


def _ways(moved: Counter[Way]) -> list[list[Any]]:
    return [[giver, taker, n] for (giver, taker), n in moved.most_common()]


def _largest(found: dict[Any, Spot]) -> list[tuple[Any, Spot]]:
    return sorted(found.items(), key=lambda pair: -pair[1].count)


def _spot(spot: Spot) -> dict[str, Any]:
    """Write how many, and where about: a cell of the world's grid, never the point."""
    cells = {world_cell(Point(*point, srid=4326)) for point in spot.points}
    middles = [cell_centre(cell) for cell in sorted(cells)]
    return {
        "count": spot.count,
        "points": [[round(each.x, 5), round(each.y, 5)] for each in middles],
    }


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=get_default_timezone())


@contextmanager
def _aside(rehearsal_id: int) -> Iterator[Tell]:
    """Tell how far the work is by a connection of its own.

    The work's own transaction is rolled back in the end, and nobody sees into it.
    """
    beside = connection.copy()

    def tell(done: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute(PROGRESS, (done, rehearsal_id))

    try:
        yield tell
    finally:
        beside.close()


PROGRESS = "UPDATE incidents_rehearsal SET done = %s WHERE id = %s"
