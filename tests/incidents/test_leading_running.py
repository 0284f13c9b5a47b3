"""What takes long to count of the period that runs is counted by the worker."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents.leading.figures import Axis
from incidents.leading.measuring import measure
from incidents.leading.periods import Period
from incidents.leading.reading import listed, read
from incidents.leading.running import keep_running
from incidents.models import Handling, RunningFigures

from .leading import DAY, UNTIL, a_month

pytestmark = pytest.mark.django_db

JULY = Period(year=2025, month=7)
#: Within the period, when most of its cases have come and some have ended.
NOW = UNTIL - DAY
SOON = NOW + timedelta(seconds=40)
LONG_MS = 4_000


@pytest.fixture
def month(telling):
    month = a_month(telling)
    measure(at=NOW)
    return month


def keep(*, took_ms):
    assert keep_running(at=NOW)
    RunningFigures.objects.update(took_ms=took_ms)


def said(reading):
    """All figures, nought or not kept alike."""
    parts = [(each.pk, each.figures.as_json()) for each in reading.parts]
    total, before = reading.total.as_json(), reading.before.as_json()
    return reading.window, total, before, parts


@pytest.mark.parametrize("axis", Axis)
def test_what_is_kept_is_what_would_be_counted(month, axis):
    counted = read(JULY, axis=axis, at=NOW)

    keep(took_ms=LONG_MS)

    kept = read(JULY, axis=axis, at=NOW)
    assert RunningFigures.objects.get(by="").counted_at == kept.window.at
    assert said(kept) == said(counted)
    assert kept.total["received"] > 0
    assert any(part.figures["handled"] for part in kept.parts)


def test_what_is_kept_is_told_as_of_when_it_was_counted(month):
    keep(took_ms=LONG_MS)
    was = read(JULY, axis=Axis.WARD, at=NOW)

    Handling.objects.filter(round=1).first().delete()

    told = read(JULY, axis=Axis.WARD, at=SOON)
    assert (told.window.at, told.total) == (NOW, was.total)


def test_a_figure_that_is_kept_leads_to_as_many_cases(month):
    keep(took_ms=LONG_MS)

    told = read(JULY, axis=Axis.WARD, at=SOON)

    for figure in ("received", "handled", "in_hand", "late", "age_0"):
        assert listed(figure, told.window).count() == told.total[figure], figure
    # Forty seconds later that is no longer so of every figure.
    assert told.window.at != SOON


def test_what_is_counted_fast_is_counted_for_each_who_asks(month):
    keep(took_ms=20)

    assert read(JULY, axis=Axis.WARD, at=SOON).window.at == SOON


def test_one_unit_is_counted_for_each_who_asks(month):
    keep(took_ms=LONG_MS)
    unit = month.cases["on_time"].organisation

    assert read(JULY, axis=Axis.WARD, at=SOON, unit=unit).window.at == SOON


def test_counting_takes_no_more_than_its_share_of_time(month):
    keep(took_ms=LONG_MS)

    assert not keep_running(at=NOW + timedelta(seconds=79))
    assert keep_running(at=NOW + timedelta(seconds=80))
    assert RunningFigures.objects.count() == 1 + len(Axis)


def test_an_old_count_and_one_of_the_period_before_are_not_told(month):
    keep(took_ms=LONG_MS)

    later = NOW + timedelta(minutes=11)
    assert read(JULY, axis=Axis.WARD, at=later).window.at == later
    RunningFigures.objects.update(counted_at=UNTIL - timedelta(seconds=10))
    august = read(JULY.after, axis=Axis.WARD, at=UNTIL + timedelta(seconds=10))
    assert august.total["received"] == 0
    assert read(JULY, axis=Axis.WARD, at=UNTIL + DAY).window.at == UNTIL
