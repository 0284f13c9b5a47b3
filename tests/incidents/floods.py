"""A flood that many report: told of, put together and answered, as people do it."""

from __future__ import annotations

from datetime import timedelta

from incidents import announcing, resolution
from incidents.models import Report, Status
from incidents.privacy import Reporter
from tests.factories import (
    HERE,
    JULY,
    CaseFactory,
    OrganisationFactory,
    focal_point,
    north_of,
    operator,
)

LATER = JULY + timedelta(hours=2)
DONE = JULY + timedelta(hours=9)
FLOOD = announcing.Words(title="Ngập đường số 3", title_en="Street 3 flooded")
STATES = [Status.RECEIVED, Status.ACCEPTED, Status.TRANSFERRED, Status.IN_PROGRESS]


def told(count, leaf, **said):
    """So many reports of it, in every state that a flood finds them in."""
    return [
        CaseFactory.create(
            category=leaf,
            status=STATES[turn % 4],
            point=north_of(HERE, turn % 40),
            reporter=Reporter(name="A", email=f"nguoi{turn}@example.org"),
            **said,
        )
        for turn in range(count)
    ]


def grouped(reports, leaf, *, unit=None, by=None):
    """Put reports together for a unit, as an operator does."""
    ids = [each.pk for each in reports]
    incident, _added = announcing.group(
        Report.objects.filter(pk__in=ids),
        words=FLOOD,
        category=leaf,
        to=unit or OrganisationFactory.create(name="Thoát nước"),
        by=by or operator(),
        at=LATER,
    )
    return incident


def answered(incident, *, at=DONE):
    """Let the unit file the result of an incident, and an operator publish it."""
    head = Report.objects.get(pk=incident.head_id)
    unit, desk = focal_point(head.organisation), operator()
    said = {"outcome": "fixed", "text": "Đã bơm hết", "no_photo_because": "Trời tối"}
    resolution.file_result(head, by=unit, at=at, **said)
    return resolution.publish_result(head, by=desk, at=at)
