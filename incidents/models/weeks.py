"""In which week a case ended, so that the map can begin with what is of today."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Case, F, FloatField, Func, SmallIntegerField, Value, When
from django.db.models.functions import Cast, Coalesce, Floor

from .status import ENDED

WEEK_SECONDS = 7 * 24 * 3600
#: What is open ended in no week; it lies after all weeks.
OPEN_WEEK = 32_767
#: What ended so long ago is of today.
LATELY = timedelta(days=90)

#: The week since 1970 in which a case ended: with its result, else when last touched.
WEEK_IT_ENDED = Case(
    When(
        status__in=sorted(ENDED),
        then=Cast(
            Floor(
                Func(
                    Coalesce(F("resolved_at"), F("updated_at")),
                    template="EXTRACT(epoch FROM %(expressions)s AT TIME ZONE 'UTC')",
                    output_field=FloatField(),
                )
                / float(WEEK_SECONDS)
            ),
            SmallIntegerField(),
        ),
    ),
    default=Value(OPEN_WEEK),
    output_field=SmallIntegerField(),
)


def weeks_of_today(on: date) -> list[int]:
    """Return in which weeks a case has ended that is of today, that of the open last.

    Whole weeks of one clock for all: what ended 90 days ago anywhere is among them, and
    what ended 99 days ago is not.
    """
    first = _week(on - LATELY - timedelta(days=1))
    return [*range(first, _week(on) + 2), OPEN_WEEK]


def _week(on: date) -> int:
    noon = datetime.combine(on, time(12), tzinfo=UTC)
    return int(noon.timestamp()) // WEEK_SECONDS
