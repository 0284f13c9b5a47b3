"""What other rules would have made of the reports that came; nothing is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from gis_data.drafting import keep_draft
from gis_data.models import Place
from incidents.intake import receive
from incidents.models import DecisionRecord, Report, Responsibility
from incidents.replaying import proposals, replay
from tests.factories import (
    HERE,
    JULY,
    AssetFactory,
    CaseFactory,
    LeafFactory,
    ReportFactory,
    ResponsibilityFactory,
    sheet,
    square,
)

pytestmark = pytest.mark.django_db


def everything():
    return Report.objects.order_by("pk")


def charge_the_centre(category, *, since):
    return ResponsibilityFactory.create(
        category=category,
        asset_kind="road",
        precedence=400,
        organisation__code="centre",
        validity=DateRange(since, None),
    )


def test_the_same_rules_send_everything_where_it_went(telling):
    for _ in range(3):
        receive(telling, channel="portal", at=JULY)

    told = replay(everything())

    assert (told.count, told.moved) == (3, {})
    assert told.fired == {Responsibility.objects.get().pk}


def test_a_rule_in_force_later_moves_what_is_replayed_on_that_later_day(telling):
    receive(telling, channel="portal", at=JULY)
    AssetFactory.create()
    charge_the_centre(telling.category, since=date(2026, 1, 1))

    then = replay(everything())
    later = replay(everything(), on=(JULY + timedelta(days=300)).date())

    was = DecisionRecord.objects.get().organisation.code
    assert then.moved == {}
    assert later.moved == {(was, "centre"): 1}


def test_what_was_typed_of_the_address_is_weighed_again(telling):
    AssetFactory.create()
    rule = charge_the_centre(telling.category, since=date(2025, 1, 1))
    receive(replace(telling, address="hẻm 12"), channel="portal", at=JULY)
    Responsibility.objects.filter(pk=rule.pk).update(conditions={"alley": False})

    told = replay(everything())

    assert sum(told.moved.values()) == 1


def test_replaying_writes_nothing_and_the_command_says_what_would_move(telling, capsys):
    receive(telling, channel="portal", at=timezone.now())
    AssetFactory.create()
    charge_the_centre(telling.category, since=date(2025, 1, 1))
    decisions = DecisionRecord.objects.count()

    call_command("replay_routing")

    said = capsys.readouterr().out
    assert "1 reports replayed, 1 would go elsewhere." in said
    assert "→ centre" in said
    assert "1 rules in force decided nothing" in said
    assert DecisionRecord.objects.count() == decisions
    assert Place.objects.exists()


def test_equal_rules_that_name_several_units_are_a_contradiction(telling):
    receive(telling, channel="portal", at=JULY)
    rule = Responsibility.objects.get()
    other = ResponsibilityFactory.create(
        category=telling.category, place=rule.place, organisation__code="other"
    )

    told = replay(everything())

    ((found, spot),) = told.contradictions.items()
    assert (found.category, found.units) == (telling.category.code, ("other", "ubnd-a"))
    assert set(found.rules) == {rule.pk, other.pk}
    assert (spot.count, spot.points) == (1, [(HERE.x, HERE.y)])
    assert (told.before, told.after) == ({"ubnd-a": 1}, {"": 1})


def test_what_nobody_answers_for_and_what_is_off_the_map_are_holes(telling):
    unruled = LeafFactory.create()
    receive(replace(telling, category=unruled), channel="portal", at=JULY)
    sea = Point(108.0, 9.0, srid=4326)
    for _ in range(25):
        CaseFactory.create(category=telling.category, point=sea)

    told = replay(everything())

    holes = {
        (hole.category, hole.reason.value): spot for hole, spot in told.holes.items()
    }
    off_the_map = holes[telling.category.code, "off_the_map"]
    assert holes[unruled.code, "unruled"].points == [(HERE.x, HERE.y)]
    assert (off_the_map.count, len(off_the_map.points)) == (25, 20)
    assert set(told.idle(on=JULY.date())) == set(Responsibility.objects.all())


def test_a_draft_of_the_map_moves_what_is_replayed_on_it(telling, wards):
    receive(telling, channel="portal", at=JULY)
    ResponsibilityFactory.create(
        category=telling.category, place=wards["b"], organisation__code="ubnd-b"
    )
    draft = keep_draft(
        sheet(b=square(106.65, 10.75)), kind=wards["b"].kind, on=JULY.date()
    )

    told = replay(everything(), draft=draft)

    assert told.moved == {("ubnd-a", "ubnd-b"): 1}


def test_what_came_while_it_was_weighed_is_left_out(telling):
    receive(telling, channel="portal", at=JULY)
    beside = proposals(everything())
    receive(telling, channel="portal", at=JULY)

    told = replay(everything(), beside=beside)

    assert (told.count, told.moved) == (1, {})


def test_what_was_never_decided_is_not_compared(telling):
    receive(telling, channel="portal", at=JULY)
    ReportFactory.create(category=telling.category)

    assert replay(everything()).count == 1


@pytest.mark.parametrize("count", [1, 12])
def test_replaying_more_reports_takes_no_more_statements(
    telling, count, django_assert_num_queries
):
    for _ in range(count):
        receive(telling, channel="portal", at=JULY)

    with django_assert_num_queries(14):
        replay(everything())
