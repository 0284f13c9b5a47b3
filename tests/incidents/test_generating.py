"""Reports to measure on: many, invented, and as consistent as real ones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q
from django.test import override_settings

from gis_data.models import PlaceKind
from incidents.city import load_city
from incidents.generating import InUse, Wish, generate
from incidents.generating.writing import MODELS
from incidents.models import Clock, Rating, Report, Result, Status, Transfer
from incidents.models.lookup_code import read_code
from incidents.models.status import BEFORE_ACCEPTANCE, ENDED, IN_HAND
from incidents.privacy import snap
from tests.factories import ReportFactory, published, square

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
WARDS = {
    "26740": square(106.65, 10.749),
    "26743": square(106.75, 10.75),
    "26800": square(106.65, 10.85),
}
WISH = Wish(reports=2500, days=60, seed=1022, at=NOW)
INDEXES = """
SELECT tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename LIKE 'incidents_%%' ORDER BY 1, 2
"""
UNIQUE = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('u', 'x') ORDER BY 1, 2
"""


def asked(statement):
    """Ask what stands; one list of words is written in more ways than one."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [
            (table, name, re.sub(r"::(character varying|text)(\[\])?|[()]", "", said))
            for table, name, said in cursor.fetchall()
        ]


@pytest.fixture(scope="module")
def town(django_db_setup, django_db_blocker):
    """A small map with the city's own data, as it stands before anybody told."""
    with django_db_blocker.unblock(), transaction.atomic():
        for code, rank, shapes in (
            ("ward", 3, WARDS),
            ("city", 1, {"79": square(106.65, 10.75, 0.2)}),
        ):
            kind, _ = PlaceKind.objects.get_or_create(code=code, rank=rank)
            published(kind, date(2025, 7, 1), **shapes)
        load_city(settings.CITY_DIR)
        yield asked(INDEXES), asked(UNIQUE)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def made(town):
    """What one run makes of it."""
    with transaction.atomic():
        yield generate(WISH)
        transaction.set_rollback(True)


@pytest.fixture
def reports(made):
    return Report.objects.filter(is_demo=True)


def told(after):
    made = Report.objects.filter(pk__gt=after)
    rows = made.order_by("pk").values_list(
        "pk", "code", "status", "category", "point", "received_at", "updated_at",
        "organisation", "public_title", "description", "master", "is_public",
    )  # fmt: skip
    clocks = Clock.objects.filter(report__in=made).order_by(
        "report", "party", "started_at"
    )
    return list(rows), list(
        clocks.values_list("report", "party", "due_at", "stopped_at")
    )


def test_as_many_are_made_as_are_wanted_in_every_state(reports, made):
    assert reports.count() == 2500 == made.last - made.first + 1
    assert sum(made.by_status.values()) == 2500
    assert set(reports.values_list("status", flat=True)) == set(Status)
    ended = reports.filter(status__in=ENDED).count()
    assert 0.85 < ended / 2500 < 0.99


def test_indexes_and_constraints_are_as_they_were(made, town):
    indexes, unique = town

    assert set(asked(INDEXES)) ^ set(indexes) == set()
    assert set(asked(UNIQUE)) ^ set(unique) == set()


def test_whatever_is_referred_to_is_there(made):
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if not field.is_relation:
                continue
            there = field.related_model._base_manager.filter(pk=OuterRef(field.attname))
            dangling = model._base_manager.exclude(**{f"{field.name}__isnull": True})
            assert not dangling.filter(~Exists(there)).exists(), field


def test_every_code_can_be_read_over_the_telephone(reports):
    for code in reports.values_list("code", flat=True)[:500]:
        assert read_code(code.lower()) == code


def test_moments_follow_one_another(reports):
    wrong = (
        Q(received_at__gt=NOW)
        | Q(updated_at__gt=NOW)
        | Q(updated_at__lt=F("received_at"))
        | Q(accepted_at__lt=F("received_at"))
        | Q(accepted_at__gt=F("updated_at"))
        | Q(resolved_at__lt=F("accepted_at"))
        | Q(resolved_at__gt=F("updated_at"))
    )

    assert not reports.filter(wrong).exists()
    first = reports.aggregate(first=Min("received_at"))["first"]
    assert NOW - timedelta(days=62) < first < NOW - timedelta(days=55)
    assert reports.filter(paused_until__gt=NOW.date() - timedelta(days=1)).exists()


def test_a_state_agrees_with_what_stands_beside_it(reports):
    went = IN_HAND | {Status.RETURNED, Status.RESOLVED, Status.CLOSED}

    for report in reports.prefetch_related("clocks", "results", "transfers"):
        parties = {each.party: each for each in report.clocks.all()}
        citizen, unit = parties["citizen"], parties.get("unit")
        is_over = report.status in ENDED
        assert (citizen.stopped_at is not None) is is_over
        assert (report.organisation_id is not None) is (report.status in went)
        assert (unit is not None) is (report.status in went)
        assert citizen.is_firm is (unit is not None)
        if unit:
            stands = is_over or report.status == Status.RETURNED
            assert (unit.stopped_at is not None) is stands
            assert unit.organisation_id == report.organisation_id
            assert report.transfers.all()[0].organisation_id == report.organisation_id
        if report.status not in BEFORE_ACCEPTANCE | {Status.ANSWERED}:
            assert report.accepted_at is not None
        resolved = {Status.RESOLVED, Status.CLOSED}
        assert (report.resolved_at is not None) is (report.status in resolved)
        published_results = [each for each in report.results.all() if each.published_at]
        shown = report.status in resolved | {Status.REOPENED}
        assert len(published_results) == int(shown)
        assert (report.master_id is not None) is (report.status == Status.DUPLICATE)


def test_a_report_lies_in_its_ward_and_in_its_cell(reports):
    located = reports.filter(point__isnull=False).select_related("boundary")

    assert 0.3 < located.count() / 2500 < 0.8
    for report in located.defer(None):
        shown, cell = snap(report.point)
        assert (report.world_cell, report.public_point.coords) == (cell, shown.coords)
        assert report.place_id == report.current_place_id == report.boundary.place_id
    outside = located.exclude(boundary__shape__covers=F("point"))
    assert not outside.exists()
    assert reports.filter(place_source="ward", declared_ward__isnull=False).exists()


def test_clocks_are_met_or_missed_by_working_days(made):
    clocks = Clock.objects.filter(party=Clock.Party.CITIZEN)

    assert clocks.filter(stopped_at__gt=F("due_at")).exists()
    assert clocks.filter(stopped_at__lt=F("due_at")).count() > 2000
    assert clocks.filter(stopped_at=None, due_at__lt=NOW).exists()
    assert {each.due_at.astimezone(UTC).hour for each in clocks} == {16}
    assert all((each.due_at - each.started_at).days >= 5 for each in clocks)


def test_what_is_told_again_is_joined_to_the_one_before_close_by(reports):
    again = reports.filter(master__isnull=False).select_related("master")

    assert 15 < again.count() < 45
    for report in again:
        assert report.category_id == report.master.category_id
        assert report.received_at >= report.master.received_at
        assert report.master.master_id is None
        if report.point:
            assert report.point.distance(report.master.point) < 0.001


def test_storms_bring_many_at_once(reports):
    drains = reports.filter(category__code__startswith="HT-THOATNUOC")
    by_day = drains.values("received_at__date").annotate(n=Count("pk"))
    most = by_day.aggregate(most=Max("n"))["most"]

    assert most > 4 * drains.count() / 60


def test_some_have_titles_some_are_hidden_and_some_are_rated(reports):
    titled = reports.exclude(public_title="")

    assert 0.2 < titled.count() / reports.public().count() < 0.6
    assert not titled.filter(is_public=False).exists()
    assert reports.filter(is_public=False).count() > 50
    rated = Rating.objects.filter(report__status__in=["resolved", "closed"])
    assert rated.count() / Result.objects.filter(published_at__lte=NOW).count() > 0.08
    assert not rated.filter(at__lt=F("report__resolved_at")).exists()
    assert Transfer.objects.filter(sender__isnull=False).exists()


def test_the_same_wish_makes_the_same_and_another_seed_does_not(made):
    def once(wish):
        with transaction.atomic():
            generate(wish)
            rows = told(made.last)
            transaction.set_rollback(True)
        return rows

    wish = Wish(reports=300, days=60, seed=7, at=NOW)

    first = once(wish)
    again = once(wish)
    other = once(Wish(reports=300, days=60, seed=8, at=NOW))

    assert first == again
    assert first[0] != other[0]


def test_another_run_adds_to_the_one_before(made):
    more = generate(Wish(reports=50, days=20, seed=3, at=NOW))

    assert (more.first, more.last) == (made.last + 1, made.last + 50)


def test_it_refuses_where_people_have_reported_something(made):
    ReportFactory.create()

    with pytest.raises(InUse):
        generate(WISH)
    said = "không phải dữ liệu mẫu"
    with override_settings(DEMO=True), pytest.raises(CommandError, match=said):
        call_command("generate_reports", 10, commit=True)


def test_it_refuses_a_site_that_is_no_demo(made):
    with override_settings(DEMO=False), pytest.raises(CommandError, match="no demo"):
        call_command("generate_reports", 10, commit=True)

    assert Report.objects.count() == 2500


@pytest.mark.parametrize("commit", [True, False])
def test_the_command_keeps_what_it_made_only_if_told_to(made, capsys, commit):
    with override_settings(DEMO=True):
        call_command("generate_reports", 200, days=30, at=NOW, commit=commit)

    assert Report.objects.count() == 2500 + (200 if commit else 0)
    said = capsys.readouterr().out
    assert ("Nothing was kept" in said) is not commit
    assert "on the public map" in said
