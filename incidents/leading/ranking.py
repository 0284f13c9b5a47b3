"""Ranked: how units did in a period, told to them first and then to everybody.

A score is a weighed mean of shares, each recomputed from counts that stand beside it.
Who handled too few is told of and not ranked; units are ranked among their like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from incidents.deadlines import due, read_calendar
from incidents.models import (
    ClosedFigures,
    ClosedPeriod,
    Handling,
    Organisation,
    PublishedRanking,
    RankingObjection,
)

from .closing import LOCK, RANKED
from .figures import Window, conditions
from .periods import named

#: So many cases of a kind are named to a unit; the figures list them all.
NAMED = 200
#: What is told of each unit: the counts that its shares are made of.
TOLD = (
    "handled",
    "dated",
    "on_time",
    "results",
    "reopened",
    "shown",
    "unproven",
    "left",
    "refused",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What each share weighs, and from how many cases on a unit is ranked."""

    on_time: int
    came_back: int
    proof: int
    at_least: int

    @classmethod
    def of_the_city(cls) -> Rule:
        """Return the rule that the city has now."""
        said = settings.CITY.ranking
        return cls(
            on_time=said.on_time,
            came_back=said.came_back,
            proof=said.proof,
            at_least=said.at_least,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One unit's counts, its score, and where that puts it among its like."""

    unit: Organisation
    counts: Mapping[str, int]
    score: float | None
    rank: int | None
    taken_out: int = 0

    def as_json(self) -> dict[str, Any]:
        """Tell it as it is published: by the name the unit had then."""
        return {
            "code": self.unit.code,
            "name": self.unit.name,
            "name_en": self.unit.name_en,
            "type": self.unit.type,
            "counts": dict(self.counts),
            "score": self.score,
            "rank": self.rank,
            "taken_out": self.taken_out,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a ranking would be by now, and when it is told to everybody."""

    closed: ClosedPeriod
    publish_at: datetime
    rows: tuple[Ranked, ...]
    objections: tuple[RankingObjection, ...] = field(default=())

    @property
    def is_open(self) -> bool:
        """Whether units may still object: it has not been published."""
        return not hasattr(self.closed, "ranking")


def score_of(counts: Mapping[str, int], rule: Rule) -> float | None:
    """Return the weighed mean of a unit's shares, in a hundred to one decimal place.

    A share of nothing weighs nothing: who had no work on site owes no photo.
    """
    shares = (
        (rule.on_time, counts["on_time"], counts["dated"]),
        (rule.came_back, counts["results"] - counts["reopened"], counts["results"]),
        (rule.proof, counts["shown"] - counts["unproven"], counts["shown"]),
    )
    told = [(weight, part / whole) for weight, part, whole in shares if whole]
    weights = sum(weight for weight, _share in told)
    if not weights:
        return None
    return round(100 * sum(weight * share for weight, share in told) / weights, 1)


def ranked(
    counted: Iterable[tuple[Organisation, Mapping[str, int], int]], rule: Rule
) -> tuple[Ranked, ...]:
    """Rank units among their like by their scores; equal scores share a rank."""
    rows = [
        Ranked(
            unit=unit,
            counts=counts,
            score=score_of(counts, rule),
            rank=None,
            taken_out=taken_out,
        )
        for unit, counts, taken_out in counted
    ]
    rows.sort(key=lambda each: (each.unit.type, -(each.score or 0), each.unit.name))
    told: list[Ranked] = []
    for _type, group in groupby(rows, key=lambda each: each.unit.type):
        alike = list(group)
        enough = [each for each in alike if each.counts["handled"] >= rule.at_least]
        scores = [each.score for each in enough]
        for each in enough:
            rank = scores.index(each.score) + 1
            told.append(_placed(each, rank))
        told += [each for each in alike if each.counts["handled"] < rule.at_least]
    return tuple(told)


def draft(closed: ClosedPeriod) -> Draft:
    """Return what a period's ranking would be by now, in three statements and more.

    A case whose objection was upheld counts neither for its unit nor against it.
    """
    rows = ClosedFigures.objects.filter(period=closed, by=RANKED)
    objections = tuple(
        RankingObjection.objects.filter(period=closed)
        .select_related("organisation", "report__category", "report__current_place")
        .order_by("pk")
    )
    out: dict[int, list[int]] = {}
    for each in objections:
        if each.is_upheld:
            out.setdefault(each.organisation_id, []).append(each.report_id)
    counted = []
    for row in rows.select_related("unit"):
        if row.unit is None:
            continue
        counts = {key: row.figures["counts"].get(key, 0) for key in TOLD}
        taken = out.get(row.unit.pk, [])
        if taken:
            less = _counts_of(closed, unit=row.unit, reports=taken)
            counts = {key: max(0, counts[key] - less[key]) for key in TOLD}
        if any(counts.values()):
            counted.append((row.unit, counts, len(taken)))
    rule = Rule.of_the_city()
    return Draft(
        closed=closed,
        publish_at=publish_at(closed),
        rows=ranked(counted, rule),
        objections=objections,
    )


def publish_at(closed: ClosedPeriod) -> datetime:
    """Return when a ranking is told to everybody: units see it some days before."""
    days = settings.CITY.ranking.preview_days
    return due(closed.closed_at, working_days=days, calendar=read_calendar()).due_at


def publish_due(*, at: datetime) -> list[PublishedRanking]:
    """Publish the rankings whose time has come, once each."""
    waiting = ClosedPeriod.objects.filter(
        ranking=None, pk__in=ClosedFigures.objects.filter(by=RANKED).values("period")
    )
    made = [
        _publish(each, at=at)
        for each in waiting.order_by("until")
        if publish_at(each) <= at
    ]
    return [each for each in made if each is not None]


@transaction.atomic
def _publish(closed: ClosedPeriod, *, at: datetime) -> PublishedRanking | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if PublishedRanking.objects.filter(period=closed).exists():
        return None
    found = draft(closed)
    return PublishedRanking.objects.create(
        period=closed,
        published_at=at,
        rule=asdict(Rule.of_the_city()),
        rows=[each.as_json() for each in found.rows],
        objections=len(found.objections),
        upheld=sum(bool(each.is_upheld) for each in found.objections),
        unanswered=sum(each.is_upheld is None for each in found.objections),
    )


def cases_of(closed: ClosedPeriod, unit: Organisation) -> dict[str, list[Handling]]:
    """Return the cases that count against a unit, by what does: the first of many."""
    asked = _conditions(closed)
    own = Handling.objects.filter(organisation=unit, report__is_public=True)
    own = own.select_related("report", "category", "current_place").order_by("ended_at")
    late = own.filter(asked["dated"]).exclude(asked["on_time"])
    return {
        "late": list(late[:NAMED]),
        **{
            key: list(own.filter(asked[key])[:NAMED])
            for key in ("reopened", "unproven", "left", "refused")
        },
    }


def _counts_of(
    closed: ClosedPeriod, *, unit: Organisation, reports: list[int]
) -> dict[str, int]:
    asked = _conditions(closed)
    own = Handling.objects.filter(
        organisation=unit, report__in=reports, report__is_public=True
    )
    return {key: own.filter(asked[key]).count() for key in TOLD}


def _conditions(closed: ClosedPeriod) -> Mapping[str, Any]:
    period = named(closed.code)
    if period is None:
        raise RuntimeError(f"{closed.code} is no period; it was closed as one.")
    return conditions(Window.of(period, at=closed.closed_at))


def _placed(each: Ranked, rank: int) -> Ranked:
    return Ranked(
        unit=each.unit,
        counts=each.counts,
        score=each.score,
        rank=rank,
        taken_out=each.taken_out,
    )
