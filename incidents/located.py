"""Located: a caller shows later where it is, by a link that is good once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils.timezone import localdate

from gis_data.locating import locate
from gis_data.models import Place

from .decisions import Decision, Reason
from .errors import OutsideTheMap, SpentLink
from .hands import firm_up
from .history import Happening, record
from .intake import decision_record, may_act
from .models import (
    DecisionRecord,
    Event,
    LocationLink,
    Organisation,
    Report,
    Status,
    Transfer,
)
from .models.insertion import insert
from .notifications import tell
from .permissions import Actor, Side
from .privacy import snap
from .routing import route
from .workflow import CLAIM_HOLDS, take

Source = Report.PlaceSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a caller shows it: a point in degrees, or a ward and an address."""

    source: Report.PlaceSource
    point: Point | None = None
    accuracy: float | None = None
    ward: Place | None = None
    address: str = ""


@transaction.atomic
def ask_location(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Send the reporter a link by which to show the place; an earlier one is dead."""
    taken = take("ask_location", report, by=by, at=at, version=version)
    LocationLink.objects.filter(report=report, used_at=None).delete()
    LocationLink.objects.create(
        report=taken.report,
        event=taken.event,
        expires_at=at + timedelta(hours=settings.CITY.location_hours),
    )
    tell(taken.event, at=at)
    return taken.report


def find_link(token: str, *, at: datetime) -> LocationLink:
    """Find a link that is still good; used, old and unknown ones are told alike."""
    alive = LocationLink.objects.filter(token=token, used_at=None, expires_at__gt=at)
    link = alive.select_related("report__category").first()
    if link is None:
        raise SpentLink
    return link


@transaction.atomic
def give_location(token: str, spot: Whereabouts, *, at: datetime) -> Report:
    """Put a report where its caller shows it, and decide who answers there.

    What is settled and undoubted goes to its unit by itself, where its category may
    and no operator has it on the screen. Who has the case already keeps it.
    """
    known = find_link(token, at=at)
    # The case first, as everywhere; then who shows the same at this moment is through.
    cases = Report.objects.select_for_update(of=("self",)).select_related("category")
    report = cases.get(pk=known.report_id)
    held = LocationLink.objects.select_for_update().filter(pk=known.pk).first()
    if held is None or held.used_at is not None:
        raise SpentLink
    decision = _decide(report, spot, at=at)
    if decision.reason is Reason.OFF_THE_MAP:
        raise OutsideTheMap
    held.used_at = at
    held.save(update_fields=["used_at"])
    changed = _placed(report, spot, decision)
    taken = take("give_location", report, by=Side.REPORTER, at=at, **changed)
    located = taken.report
    recorded = decision_record(located, decision, at=at)
    insert(recorded)
    rerouted = Happening(
        code=Event.Code.REROUTED,
        arguments=decision.naming,
        visibility=Event.Visibility.STAFF,
    )
    record(located, [rerouted], at=at, after=taken.event)
    if _goes_by_itself(located, decision, at=at):
        return _send_on(located, recorded, at=at)
    return located


def _decide(report: Report, spot: Whereabouts, *, at: datetime) -> Decision:
    ward = spot.ward or report.declared_ward
    return route(
        spot.point,
        report.category,
        at,
        accuracy=spot.accuracy or 0,
        ward_id=ward.pk if ward else None,
        address=spot.address or report.address,
        asset=report.asset,
    )


def _placed(report: Report, spot: Whereabouts, decision: Decision) -> dict[str, Any]:
    """Return what a report knows of its place from now on."""
    areas = decision.location.areas
    there = areas[0].place_id if areas else None
    changed: dict[str, Any] = {
        "place_source": spot.source,
        "point": spot.point,
        "accuracy": spot.accuracy,
        "address": spot.address or report.address,
        "declared_ward": spot.ward or report.declared_ward,
        "place_id": there,
        "current_place_id": there,
    }
    if spot.point is not None:
        changed["public_point"], changed["world_cell"] = snap(spot.point)
        came = locate(spot.point, on=localdate(report.received_at)).areas
        changed["boundary_id"] = came[0].boundary_id if came else None
        changed["place_id"] = came[0].place_id if came else None
    return changed


def _goes_by_itself(report: Report, decision: Decision, *, at: datetime) -> bool:
    claimed_at = report.claimed_at
    is_claimed = claimed_at is not None and at - claimed_at < CLAIM_HOLDS
    may = may_act(decision, report.category, kind=report.kind, channel=report.channel)
    waits = report.status in {Status.RECEIVED, Status.ACCEPTED}
    return may and waits and not is_claimed


def _send_on(report: Report, decision: DecisionRecord, *, at: datetime) -> Report:
    """Accept, transfer and acknowledge, as intake would have done with the place."""
    if report.status == Status.RECEIVED:
        first = report.accepted_at or at
        take("accept_itself", report, by=Side.SYSTEM, at=at, accepted_at=first)
    (unit,) = Organisation.objects.filter(pk__in=[decision.organisation_id or 0])
    taken = take("transfer_itself", report, by=Side.SYSTEM, at=at, organisation=unit)
    held = taken.report
    Transfer.objects.create(
        report=held, organisation=unit, decision=decision, event=taken.event, at=at
    )
    firm_up(held, at=at)
    tell(taken.event, at=at)
    return held
