"""Objected: a unit says why a case should not count, and the city answers."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.errors import Missing, NotAllowed, NotNow
from incidents.models import (
    ClosedPeriod,
    Handling,
    Membership,
    Organisation,
    PublishedRanking,
    RankingObjection,
    Report,
)
from incidents.permissions import Actor


def may_answer(actor: Actor) -> bool:
    """Tell whether this person answers units for the city."""
    return Membership.Role.CITY_LEADER in actor.roles


@transaction.atomic
def object_to(
    report: Report,
    *,
    closed: ClosedPeriod,
    unit: Organisation,
    by: Actor,
    at: datetime,
    reason: str,
) -> RankingObjection:
    """Say why a case should not count for a unit: once, before it is published."""
    if unit.pk not in by.units - by.confined.keys():
        raise NotAllowed
    if not reason.strip():
        raise Missing(_("Say why the case should not count."), field="reason")
    _refuse_once_published(closed)
    if not Handling.objects.filter(report=report, organisation=unit).exists():
        raise NotAllowed
    if RankingObjection.objects.filter(
        period=closed, organisation=unit, report=report
    ).exists():
        raise NotNow(_("Your unit has objected to this case already."))
    return RankingObjection.objects.create(
        period=closed,
        organisation=unit,
        report=report,
        reason=reason.strip(),
        by=by.user,
        at=at,
    )


@transaction.atomic
def answer(
    objection: RankingObjection, *, by: Actor, at: datetime, upheld: bool, text: str
) -> RankingObjection:
    """Answer a unit for the city: the case counts, or it is taken out."""
    if not may_answer(by):
        raise NotAllowed
    if not text.strip():
        raise Missing(_("Say why."), field="answer")
    held = RankingObjection.objects.select_for_update().get(pk=objection.pk)
    _refuse_once_published(held.period)
    if held.is_upheld is not None:
        raise NotNow(_("This objection was answered already."))
    held.is_upheld, held.answer = upheld, text.strip()
    held.answered_by, held.answered_at = by.user, at
    held.save()
    return held


def _refuse_once_published(closed: ClosedPeriod) -> None:
    if PublishedRanking.objects.filter(period=closed).exists():
        raise NotNow(_("The ranking of this period has been published."))
