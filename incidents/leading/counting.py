"""Counted: the figures of a period from the handlings, in three statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Aggregate, Count, FloatField, Q, QuerySet

from incidents.models import CaseMark, Handling, Report

from .figures import BACK, TIMES, Axis, Figures, Times, Window, conditions

#: For whom or where figures are told: an axis with an id, none for all of it together.
Of = tuple[tuple[Axis, int | None], ...]
ALL: Of = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The figures of one window: in all, and by what was asked for."""

    by: Mapping[Of, Figures] = field(default_factory=dict)

    @property
    def total(self) -> Figures:
        return self.by.get(ALL, Figures())

    def along(self, axis: Axis) -> dict[int | None, Figures]:
        """Return the figures of each unit, ward or category; None: of no one's."""
        return {
            of[0][1]: figures
            for of, figures in self.by.items()
            if len(of) == 1 and of[0][0] == axis
        }


class Quantiles(Aggregate):
    """The middle and the ninth tenth of a column, between neighbours as is usual."""

    template = (
        "percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    )
    output_field = ArrayField(FloatField())


def count(
    window: Window,
    *,
    sets: Sequence[tuple[Axis, ...]],
    unit: int | None = None,
    only: Q | None = None,
) -> Counted:
    """Count a window, for one unit or for all, in all and by each of these sets.

    With `only`, no more than what it keeps is counted.

    What a unit gave back counts for the unit that gave it back, whoever has it now;
    all else for the unit that has the case, or had it when it ended.
    """
    asked = conditions(window)
    returned = asked.pop("returned")
    found = Handling.objects.order_by().filter(only or Q(), ~Q(report__in=_hidden()))
    mine = found if unit is None else found.filter(organisation=unit)
    counts = {
        of: {key: row[f"n_{key}"] for key in asked}
        for of, row in _grouped(
            mine.filter(_any_of(window, asked)),
            sets=sets,
            told={
                f"n_{key}": Count("pk", filter=where) for key, where in asked.items()
            },
        )
    }
    times: dict[Of, dict[str, Times]] = {}
    told: dict[str, Aggregate] = {}
    for key, column in TIMES.items():
        told |= {f"n_{key}": Count(column), f"q_{key}": Quantiles(column)}
    for of, row in _grouped(mine.filter(asked["handled"]), sets=sets, told=told):
        times[of] = {
            key: Times(
                n=row[f"n_{key}"],
                median=(row[f"q_{key}"] or [None, None])[0],
                p90=(row[f"q_{key}"] or [None, None])[1],
            )
            for key in TIMES
        }
    if unit is not None:
        returned &= Q(**{f"{BACK}__sender": unit})
    for of, row in _grouped(
        found.filter(returned),
        sets=sets,
        told={"n_returned": Count("pk")},
        instead={Axis.UNIT: (f"{BACK}__sender", '"incidents_transfer"."sender_id"')},
    ):
        counts.setdefault(of, {})["returned"] = row["n_returned"]
    by = {
        of: Figures(counts=each, times=times.get(of, {})) for of, each in counts.items()
    }
    return Counted(by={of: each for of, each in by.items() if each})


def _hidden() -> QuerySet[Report]:
    """Return what was refused as a denunciation since it was last measured.

    Measured again it has no handling; until then it has one that nobody counts.
    """
    return Report.objects.filter(
        is_quarantined=True, pk__in=CaseMark.objects.values("report_id")
    )


def _any_of(window: Window, asked: Mapping[str, Q]) -> Q:
    """Keep what any figure counts, by moments that indexes are sorted by."""
    within = {"gte": window.since, "lt": window.at}
    opened = Q(**{f"opened_at__{how}": at for how, at in within.items()})
    ended = Q(**{f"ended_at__{how}": at for how, at in within.items()})
    return opened | ended | asked["in_hand"]


def _grouped(
    rows: QuerySet[Handling],
    *,
    sets: Sequence[tuple[Axis, ...]],
    told: Mapping[str, Aggregate],
    instead: Mapping[Axis, tuple[str, str]] | None = None,
) -> list[tuple[Of, dict[str, Any]]]:
    """Group once by each of several sets of columns, all in one statement."""
    axes = sorted({axis for each in sets for axis in each})
    columns = {axis: (axis.value, f'"incidents_handling"."{axis}_id"') for axis in axes}
    columns |= {axis: each for axis, each in (instead or {}).items() if axis in columns}
    query = rows.values(*(name for name, _sql in columns.values())).annotate(**told)
    sql, params = query.query.sql_with_params()
    quoted = {axis: sql for axis, (_name, sql) in columns.items()}
    wanted = ", ".join(
        f"({', '.join(quoted[axis] for axis in each)})" for each in [(), *sets]
    )
    sets_of = f"GROUPING SETS ({wanted})"
    marks = "".join(f", GROUPING({quoted[axis]})" for axis in axes)
    select, _, rest = sql.partition(" FROM ")
    rest = rest.rpartition(" GROUP BY ")[0] if axes else rest
    with connection.cursor() as cursor:
        cursor.execute(f"{select}{marks} FROM {rest} GROUP BY {sets_of}", params)
        found = cursor.fetchall()
    answers = []
    for row in found:
        ids, values = row[: len(axes)], row[len(axes) : len(axes) + len(told)]
        is_folded = row[len(axes) + len(told) :]
        of = tuple(
            (axis, each)
            for axis, each, folded in zip(axes, ids, is_folded, strict=True)
            if not folded
        )
        answers.append((of, dict(zip(told, values, strict=True))))
    return answers
