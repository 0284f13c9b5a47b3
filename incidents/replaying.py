"""Replayed: what other rules, another map or another day would have made of reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F, FloatField, Func, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gis_data.models import Edition

from .decisions import Decision, Reason
from .mass_routing import Asked, route_many
from .models import Category, DecisionRecord, Organisation, Report, Responsibility

AT_ONCE = 20_000
#: How many points a hole or a contradiction is shown with.
EXAMPLES = 20


@dataclass(slots=True, kw_only=True)
class Spot:
    """How many reports came out so, and where some of them are."""

    count: int = 0
    #: Longitude and latitude of the first ones that have a point, twenty at most.
    points: list[tuple[float, float]] = field(default_factory=list)

    def add(self, point: tuple[float, float] | None) -> None:
        """Count one more report."""
        self.count += 1
        if point is not None and len(self.points) < EXAMPLES:
            self.points.append(point)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Rules of equal precedence that name several units for one category and place."""

    category: str  #: Its code.
    rules: tuple[int, ...]  #: The ids of the responsibilities, smallest first.
    units: tuple[str, ...]  #: The codes of who they name, in their order.


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A category that nobody answers for somewhere, or that lay off the map."""

    category: str  #: Its code.
    reason: Reason  #: UNRULED or OFF_THE_MAP.


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What other rules, or another day's, would have made of reports that came.

    Units go by their codes, the empty one for nobody.
    """

    count: int
    moved: Counter[tuple[str, str]]  #: From whom to whom, where these differ.
    before: Counter[str]  #: How many each unit has by what this is compared with.
    after: Counter[str]  #: How many each would have been given.
    reasons: Counter[tuple[str, str]]  #: By category and reason.
    fired: frozenset[int]  #: The rules that decided something.
    contradictions: dict[Contradiction, Spot]
    holes: dict[Hole, Spot]

    def idle(self, *, on: date) -> QuerySet[Responsibility]:
        """Return the rules in force that day that name a lead and decided nothing."""
        in_force = Responsibility.objects.filter(
            validity__contains=on, role=Responsibility.Role.LEAD
        )
        return in_force.exclude(pk__in=self.fired).order_by("legal_basis", "pk")


def proposals(
    reports: QuerySet[Report],
    *,
    on: date | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> dict[int, int]:
    """Return whom the map and rules in force name for each report that was decided.

    By the ids of report and organisation, 0 for nobody. A draft is held beside this:
    what the law itself changed since a report came is none of the draft's doing.
    """
    asked = (each for each, _first in _decided(reports))
    found: dict[int, int] = {}
    for number, decision in route_many(asked, on=on):
        found[number] = decision.organisation.id if decision.organisation else 0
        if len(found) % AT_ONCE == 0:
            told(len(found))
    return found


def replay(
    reports: QuerySet[Report],
    *,
    on: date | None = None,
    draft: Edition | None = None,
    beside: Mapping[int, int] | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> Replay:
    """Route reports again, each on its own day or all on one, and tell what differs.

    Reads and never writes. A report is compared with what stands for it in `beside`,
    as `proposals` returns it; without one, with what was proposed for it at first, not
    with where people sent it since. One that was never decided is left out. A draft of
    boundaries stands in for what is in force of its kind. `told` hears how many are
    done, every 20,000.
    """
    units = dict(Organisation.objects.values_list("pk", "code"))
    categories = dict(Category.objects.values_list("pk", "code"))
    fired: set[int] = set()
    moved: Counter[tuple[str, str]] = Counter()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    contradictions: defaultdict[Contradiction, Spot] = defaultdict(Spot)
    holes: defaultdict[Hole, Spot] = defaultdict(Spot)
    waiting: dict[int, tuple[Asked, str]] = {}

    def read() -> Iterator[Asked]:
        for asked, first in _decided(reports):
            was = first if beside is None else beside.get(asked.number)
            if was is None:  # It came since, and is nobody's to compare with.
                continue
            waiting[asked.number] = asked, units.get(was, "")
            yield asked

    done = 0
    for number, decision in route_many(read(), on=on, draft=draft):
        asked, was = waiting.pop(number)
        now = decision.organisation.code if decision.organisation else ""
        category = categories[asked.category_id]
        before[was] += 1
        after[now] += 1
        if was != now:
            moved[was, now] += 1
        reasons[category, decision.reason.value] += 1
        fired.update(claim.responsibility for claim in decision.claims)
        if decision.reason is Reason.CONTESTED:
            contradictions[_contradiction(category, decision)].add(asked.point)
        elif decision.reason is not Reason.SETTLED:
            hole = Hole(category=category, reason=decision.reason)
            holes[hole].add(asked.point)
        done += 1
        if done % AT_ONCE == 0:
            told(done)
    return Replay(
        count=done,
        moved=moved,
        before=before,
        after=after,
        reasons=reasons,
        fired=frozenset(fired),
        contradictions=dict(contradictions),
        holes=dict(holes),
    )


def _contradiction(category: str, decision: Decision) -> Contradiction:
    return Contradiction(
        category=category,
        rules=tuple(sorted(claim.responsibility for claim in decision.claims)),
        units=tuple(sorted({claim.unit.code for claim in decision.claims})),
    )


def _decided(reports: QuerySet[Report]) -> Iterator[tuple[Asked, int]]:
    """Read reports as they stream in, each with whom it was given to at first, or 0."""
    first = DecisionRecord.objects.filter(report=OuterRef("pk")).order_by("pk")
    rows: QuerySet[Any, tuple[Any, ...]] = reports.annotate(
        east=Func(F("point"), function="ST_X", output_field=FloatField()),
        north=Func(F("point"), function="ST_Y", output_field=FloatField()),
        first=Subquery(first.values(unit=Coalesce("organisation_id", 0))[:1]),
    ).values_list(
        "pk",
        "east",
        "north",
        "category_id",
        "received_at",
        "accuracy",
        "declared_ward_id",
        "address",
        "asset",
        "first",
    )
    for *said, given_to in rows.iterator(chunk_size=AT_ONCE):
        if given_to is not None:
            yield _asked(*said), given_to


def _asked(
    pk: int,
    east: float | None,
    north: float | None,
    category: int,
    at: datetime,
    accuracy: float | None,
    ward: int | None,
    address: str,
    asset: str,
) -> Asked:
    return Asked(
        number=pk,
        point=None if east is None or north is None else (east, north),
        category_id=category,
        at=at,
        accuracy=accuracy or 0,
        ward_id=ward,
        address=address,
        asset=asset,
    )
