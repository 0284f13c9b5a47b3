"""What a period said when it closed stays; what is known later stands beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from incidents import resolution
from incidents.demo import clear
from incidents.leading import closing, measuring
from incidents.leading.closing import close_due, note_corrections
from incidents.leading.counting import count
from incidents.leading.figures import Axis, Figures, Window
from incidents.leading.periods import Period
from incidents.models import ClosedFigures, ClosedPeriod, Correction, Report
from incidents.tasks import close_periods

from .leading import DAY, HOUR, UNTIL, a_month, local

pytestmark = pytest.mark.django_db

JULY_2025 = Period(year=2025, month=7)


@pytest.fixture
def closed(telling):
    month = a_month(telling)
    close_due(at=UNTIL + timedelta(minutes=4))
    return month


def told(model=ClosedFigures, *, by="", **of):
    return model.objects.filter(period__code="2025-07", by=by, **of).latest("pk")


def test_every_period_that_is_over_closes_once_in_its_order(closed):
    codes = list(ClosedPeriod.objects.order_by("pk").values_list("code", flat=True))

    assert codes == ["2025-04", "2025-05", "2025-06", "2025-07"]
    assert close_due(at=UNTIL + DAY) == []
    assert ClosedPeriod.objects.latest("pk").until == JULY_2025.until == UNTIL


def test_no_period_closes_before_it_is_over(telling):
    a_month(telling)

    close_due(at=UNTIL - timedelta(seconds=1))

    assert ClosedPeriod.objects.latest("until").code == "2025-06"


def test_what_is_kept_is_what_was_counted(closed):
    found = count(
        Window.of(JULY_2025, at=UNTIL), sets=[(Axis.UNIT,), (Axis.CATEGORY, Axis.UNIT)]
    )
    unit = closed.cases["on_time"].organisation

    assert Figures.from_json(told().figures).as_json() == found.total.as_json()
    kept = told(by="organisation", unit=unit).figures
    assert kept == found.along(Axis.UNIT)[unit.pk].as_json()
    assert ClosedFigures.objects.filter(by="category+organisation", unit=unit).exists()


def test_a_reopening_afterwards_changes_no_closed_figure_and_no_other_does(closed):
    before = list(ClosedFigures.objects.order_by("pk").values())

    resolution.reopen(closed.cases["on_time"], at=UNTIL + HOUR, text="Vẫn vậy")
    closed.rate("rerouted", 1, at=UNTIL + HOUR)
    noted = note_corrections(at=UNTIL + DAY)

    assert list(ClosedFigures.objects.order_by("pk").values()) == before
    unit = closed.cases["rerouted"].handlings.get().organisation
    assert noted == 2
    assert told(Correction).figures["counts"]["rated"] == 3
    assert told(Correction, by="organisation").unit == unit
    was, now = told().figures["counts"], told(Correction).figures["counts"]
    assert {key for key in {*was, *now} if was.get(key) != now.get(key)} == {"rated"}


def test_a_correction_is_noted_once_and_again_when_it_changes(closed):
    closed.rate("rerouted", 1, at=UNTIL + HOUR)
    note_corrections(at=UNTIL + DAY)

    assert note_corrections(at=UNTIL + 2 * DAY) == 0

    closed.rate("rerouted", 5, at=UNTIL + 2 * DAY)
    assert note_corrections(at=UNTIL + 3 * DAY) == 2
    assert told(Correction).noted_at == UNTIL + 3 * DAY
    assert told(Correction).figures["counts"]["satisfied"] == 2


@pytest.mark.parametrize("model", [ClosedPeriod, ClosedFigures, Correction])
def test_the_database_lets_nobody_rewrite_it(closed, model):
    closed.rate("rerouted", 1, at=UNTIL + HOUR)
    note_corrections(at=UNTIL + DAY)
    rows = model.objects.order_by()
    field = "code" if model is ClosedPeriod else "by"

    for rewrite in (
        lambda: rows.update(**{field: "x"}),
        lambda: rows.all()._raw_delete(rows.db),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rewrite()


def test_the_worker_closes_what_is_over(telling):
    a_month(telling)

    close_periods.func(timestamp=0)

    assert ClosedPeriod.objects.filter(code="2025-07").exists()


def test_older_cases_that_come_later_close_the_periods_they_came_in(closed):
    closed.file("imported", at=local("2025-02-01T09:00"))

    made = close_due(at=UNTIL + DAY)

    assert [each.code for each in made] == ["2025-02", "2025-03"]


def test_what_closed_with_demo_reports_closes_anew_once_they_are_cleared(
    closed, settings, tmp_path
):
    settings.VAR_DIR = tmp_path
    named = [closed.cases[name].pk for name in ("from_june", "ended_in_june")]
    Report.objects.filter(pk__in=named).update(is_demo=True)
    before = told().figures["counts"]["handled"]

    clear()

    codes = ClosedPeriod.objects.order_by("until").values_list("code", flat=True)
    assert list(codes) == ["2025-04", "2025-05"]
    close_due(at=UNTIL + DAY)
    assert list(codes.all()) == ["2025-04", "2025-05", "2025-06", "2025-07"]
    assert told().figures["counts"]["handled"] == before - 1


@pytest.mark.parametrize("is_closed", [False, True])
def test_nothing_is_measured_while_figures_are_counted_to_be_kept(
    is_closed, telling, monkeypatch
):
    held, counted = [], closing.count

    def count_and_look(*asked, **more):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted "
                "AND pid = pg_backend_pid()"
            )
            held.extend(number for (number,) in cursor.fetchall())
        return counted(*asked, **more)

    monkeypatch.setattr(closing, "count", count_and_look)
    if is_closed:
        ClosedPeriod.objects.create(
            code=JULY_2025.code,
            since=JULY_2025.since,
            until=UNTIL,
            closed_at=UNTIL,
            calendar_version="1",
        )
        monkeypatch.setattr(closing, "measure", lambda *, at: 0)
        note_corrections(at=UNTIL)
    else:
        closing.close(JULY_2025, at=UNTIL)

    assert measuring.LOCK in held
