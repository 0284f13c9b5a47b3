"""What migrations do to the rows that are there already."""

from __future__ import annotations

from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from incidents.models import Reform, Report, Status, TileChange, TileWeekCount
from incidents.tile_counts import fold, recount
from tests.factories import JULY, PlaceFactory, ReportFactory

from .test_tile_counts import counted

pytestmark = pytest.mark.django_db

LAYING = import_module("incidents.migrations.0018_reports_of_before_lie_where_they_lay")
WEEKS = import_module("incidents.migrations.0056_tiles_of_today_are_counted_by_week")


class Editor:
    """As much of a schema editor as a migration of rows asks for."""

    connection = connection


@pytest.fixture
def of_before():
    """Reports filed before it was known where reports lie today."""
    ward = PlaceFactory.create()
    for place in (ward, None, ward, ward):
        ReportFactory.create(place=place)
    Report.objects.update(current_place=None)
    return ward


def told():
    return list(Report.objects.order_by("pk").values_list("current_place", flat=True))


@pytest.mark.parametrize("lot", [1, 2, 1000])
def test_reports_of_before_lie_where_they_lay(of_before, lot):
    LAYING.lay(None, Editor(), lot=lot)

    assert told() == [of_before.pk, None, of_before.pk, of_before.pk]


def test_what_a_reform_has_told_is_left_alone(of_before):
    Reform.objects.create(on=date(2025, 7, 1), started_at=JULY)

    LAYING.lay(None, Editor())

    assert told() == [None] * 4


def test_what_was_noted_before_is_folded_and_reports_are_counted_by_week():
    for status in Status:
        ReportFactory.create(status=status, place=PlaceFactory.create())
    fold()
    TileWeekCount.objects.all().delete()
    Report.objects.filter(status=Status.CLOSED).update(updated_at=timezone.now())
    Report.objects.filter(status=Status.ACCEPTED).update(is_public=False)

    WEEKS.fold_what_says_no_week(None, Editor())
    with connection.cursor() as cursor:
        cursor.execute(WEEKS.COUNTED)

    assert not TileChange.objects.exists()
    by_hand = counted()
    recount()
    assert counted() == by_hand
    assert by_hand[1]
