"""In the morning: one letter to who answers for a unit, with what the day asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    Window,
)
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import User

from .deadlines import read_calendar
from .errors import NotSent
from .letters import Letter, written
from .models import Digest, Membership, Report, ReportQuerySet, Result, Status
from .models.status import IN_HAND
from .notifications import Mailing, Ready, attempt, drop
from .staff_notices import case_address
from .worklist import Term, sorts, terms

#: From this hour on it is sent, and not any more after that one: by then it is no news.
FROM, UNTIL = time(7, 30), time(10)
#: So many cases of a kind are named; the rest is a number and a link.
NAMED = 12
COUNTED = ("late", "week", "again", "new", "results", "today")
#: Any number will do that nothing else on this database locks.
LOCK = 730_0730


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case a letter names: what, where, by when, and where staff find it."""

    report: Report
    due_at: datetime
    link: str


@dataclass(slots=True, kw_only=True)
class Brief:
    """What one person's units have before them on one morning."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    late: list[Row] = field(default_factory=list)
    today: list[Row] = field(default_factory=list)
    results: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(self.counts.values())


def send_due(*, at: datetime) -> int:
    """Send each person this morning's letter, once; return how many went out.

    Called again, by another worker or after a restart, it sends what is still owed.
    """
    on = localdate(at)
    if not FROM <= localtime(at).time() < UNTIL or not read_calendar().is_worked(on):
        return 0
    known = _owe(on, at=at)
    owed = list(Digest.objects.due(at=at).filter(on=on).select_related("user"))
    briefs = known or (briefs_of([each.user for each in owed], at=at) if owed else {})
    mailing = _mailing(briefs)
    tries = [attempt(mailing, digest.pk, at=at) for digest in owed]
    sent = sum(each.accepted for each in tries if each is not None)
    failed = sum(not each.accepted for each in tries if each is not None)
    if failed:
        raise NotSent(f"{failed} of {len(owed)} digests of {on}")
    return sent


def briefs_of(users: Iterable[User] | None, *, at: datetime) -> dict[int, Brief]:
    """Return what lies before each of these people, or before all whom it concerns.

    Three statements, however many they are: whose cases they answer for, how many of
    each kind there are by unit and ward, and the most pressing of them.
    """
    reach = _reach(users, on=localdate(at))
    units = sorted({unit for held in reach.values() for unit, _place in held})
    if not units:
        return {}
    work = _work(units)
    kinds = {**sorts(at=at), "today": terms(at=at)[Term.TODAY]}
    counts: dict[tuple[int, int | None], Mapping[str, Any]] = {
        (each["organisation"], each["current_place"]): dict(each)
        for each in work.values("organisation", "current_place").annotate(
            **{f"n_{name}": Count("pk", filter=kinds[name]) for name in COUNTED}
        )
    }
    rows = _pressing(work, at=at)
    briefs = {user: _brief(held, counts, rows) for user, held in reach.items()}
    return {user: brief for user, brief in briefs.items() if brief}


def compose(brief: Brief, *, on: date, language: str) -> Letter:
    """Write the morning's letter in its reader's language."""
    with override(language):
        sums = _sums(brief.counts)
        subject = _("Morning of %(day)s: %(sums)s") % {
            "day": date_format(on, "d/m"),
            "sums": ", ".join(f"{count} {text}" for _name, count, text, _link in sums),
        }
        lists = [
            (_("Overdue"), brief.late, brief.counts["late"], _unit_address("late")),
            (_("Due today"), brief.today, brief.counts["today"], _unit_address("week")),
            (
                _("Results awaiting approval"),
                brief.results,
                brief.counts["results"],
                _unit_address("results"),
            ),
        ]
        return written(
            "digest",
            subject=subject,
            day=on,
            sums=sums,
            lists=[each for each in lists if each[1]],
            link=_unit_address(""),
        )


def _owe(on: date, *, at: datetime) -> dict[int, Brief]:
    """Owe today's letters, once; return what was read for it, or nothing if it was."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if Digest.objects.filter(on=on).exists():
            return {}
        # Of a morning that is over nobody wants to read.
        Digest.objects.unsettled().filter(on__lt=on).update(state=Digest.State.DROPPED)
        briefs = briefs_of(None, at=at)
        Digest.objects.bulk_create(
            [
                Digest(user_id=user, on=on, asked_at=at, next_try_at=at)
                for user in briefs
            ],
            ignore_conflicts=True,
        )
    return briefs


def _mailing(briefs: Mapping[int, Brief]) -> Mailing[Digest]:
    """Send what was read for all of them; the next round tries what fails again."""

    def write(digest: Digest, _at: datetime) -> Ready | None:
        brief, user = briefs.get(digest.user_id), digest.user
        if brief is None:  # What there was to do has been done meanwhile.
            drop(digest)
            return None
        letter = compose(brief, on=digest.on, language=user.language)
        return Ready(to=user.email, letter=letter)

    return Mailing(
        name="Digest",
        rows=lambda: Digest.objects.select_related("user"),
        write=write,
        ends_at=lambda digest: make_aware(datetime.combine(digest.on, UNTIL)),
    )


def _reach(
    users: Iterable[User] | None, *, on: date
) -> dict[int, set[tuple[int, int | None]]]:
    """Read which units each answers for, own and below, and of which ward only."""
    chosen = None if users is None else [user.pk for user in users]
    reach: dict[int, set[tuple[int, int | None]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(REACH, {"on": on, "users": chosen, "roles": ROLES})
        for user, unit, place in cursor.fetchall():
            reach.setdefault(user, set()).add((unit, place))
    return reach


def _work(units: list[int]) -> ReportQuerySet:
    published = Result.objects.filter(report=OuterRef("pk"), published_at__isnull=False)
    held = Report.objects.filter(organisation__in=units, status__in=IN_HAND)
    return held.with_due_date().annotate(is_again=Exists(published))


def _pressing(work: ReportQuerySet, *, at: datetime) -> list[Report]:
    """Read what is late, due today or awaits approval: a few of each unit and ward."""
    due = terms(at=at)
    pressing = work.filter(due[Term.LATE] | due[Term.TODAY] | RESULTS).annotate(
        is_late=_tells(due[Term.LATE]),
        is_today=_tells(due[Term.TODAY]),
        is_filed=_tells(RESULTS),
    )
    turn = Window(
        RowNumber(),
        partition_by=[
            "organisation",
            "current_place",
            "is_filed",
            "is_late",
            "is_today",
        ],
        order_by=["due_at", "pk"],
    )
    named = pressing.annotate(turn=turn).filter(turn__lte=NAMED)
    found = named.with_its_ward()
    return sorted(found, key=lambda report: (_due_at(report), report.pk))


def _brief(
    held: set[tuple[int, int | None]],
    counts: Mapping[tuple[int, int | None], Mapping[str, Any]],
    rows: Iterable[Report],
) -> Brief:
    """Put together what one person answers for: whole units, or some wards of them."""

    def is_theirs(unit: int | None, place: int | None) -> bool:
        return (unit, None) in held or (place is not None and (unit, place) in held)

    brief = Brief()
    for (unit, place), found in counts.items():
        if is_theirs(unit, place):
            for name in COUNTED:
                brief.counts[name] += found[f"n_{name}"]
    for report in rows:
        if not is_theirs(report.organisation_id, report.current_place_id):
            continue
        link = case_address(report)
        row = Row(report=report, due_at=_due_at(report), link=link)
        for told in _lists(brief, report):
            if len(told) < NAMED:
                told.append(row)
    return brief


def _lists(brief: Brief, report: Report) -> list[list[Row]]:
    """Choose the lists a case stands in: each whose heading counts it."""
    named = (
        (brief.late, report.is_late),  # type: ignore[attr-defined]
        (brief.today, report.is_today),  # type: ignore[attr-defined]
        (brief.results, report.is_filed),  # type: ignore[attr-defined]
    )
    return [rows for rows, is_theirs in named if is_theirs]


def _sums(counts: Mapping[str, int]) -> list[tuple[str, int, str, str]]:
    """Say how many there are of each kind, and where they are listed."""
    said = {
        "late": ngettext("case is overdue", "cases are overdue", counts["late"]),
        "week": ngettext(
            "case is due this week", "cases are due this week", counts["week"]
        ),
        "again": ngettext("case was reopened", "cases were reopened", counts["again"]),
        "new": ngettext("case to acknowledge", "cases to acknowledge", counts["new"]),
        "results": ngettext(
            "result awaits approval", "results await approval", counts["results"]
        ),
    }
    return [
        (name, counts[name], text, _unit_address(name))
        for name, text in said.items()
        if counts[name]
    ]


def _due_at(report: Report) -> datetime:
    due_at: datetime = report.due_at  # type: ignore[attr-defined]
    return due_at


def _tells(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _unit_address(show: str) -> str:
    asked = f"?show={show}" if show else ""
    return settings.SITE_URL + reverse("mapui:unit") + asked


RESULTS = Q(status=Status.AWAITING)
ROLES = [Membership.Role.FOCAL_POINT.value, Membership.Role.LEADER.value]
#: A contract that is in force counts as parentage, as it does for what one may see.
REACH = """
WITH RECURSIVE held AS (
    SELECT m.user_id AS who, m.organisation_id AS id, m.place_id
    FROM incidents_membership m JOIN accounts_user u ON u.id = m.user_id
    WHERE m.validity @> %(on)s::date AND m.role = ANY(%(roles)s)
        AND u.is_active AND u.email <> ''
        AND (%(users)s::bigint[] IS NULL OR u.id = ANY(%(users)s::bigint[]))
), below AS (
    SELECT who, id, place_id FROM held
    UNION
    SELECT below.who, child.id, below.place_id
    FROM below JOIN (
        SELECT id, parent_id AS above FROM incidents_organisation
        WHERE validity @> %(on)s::date
        UNION ALL
        SELECT contractor_id, owner_id FROM incidents_contract
        WHERE validity @> %(on)s::date
    ) child ON child.above = below.id
)
SELECT who, id, place_id FROM below
"""
