"""What other rules would have made of the reports that came; nothing is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from gis_data.models import Place
from incidents.intake import receive
from incidents.models import DecisionRecord, Report, Responsibility
from incidents.replaying import replay
from tests.factories import JULY, AssetFactory, ResponsibilityFactory

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
