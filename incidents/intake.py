"""Received: a report comes in, and a settled, undoubted one goes straight on."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from accounts.models import own_language
from gis_data.models import Place

from . import clocks, media, staging
from .deadlines import Deadline, read_deadline
from .decisions import Decision, Reason
from .errors import OutsideTheMap, SentBefore
from .history import Happening, record
from .models import (
    Category,
    Clock,
    DecisionRecord,
    Event,
    Report,
    Status,
    Transfer,
)
from .models.insertion import insert
from .models.lookup_code import new_code
from .notifications import ask_for_notices, defer
from .privacy import Reporter, blind, keep_contact, snap
from .routing import ENGINE, route
from .staff_notices import staff_jobs

#: Broken when two random codes fell alike; drawing again answers it.
DRAWN = frozenset({"incidents_report_code_key", "incidents_report_public_id_key"})
SENT_ONCE = "report_is_sent_once_a_channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a person tells us, checked and clean.

    `point` and `stretch_to` are in degrees (SRID 4326), `accuracy` in metres; a point
    is there exactly where `place_source` says so.
    """

    category: Category
    place_source: Report.PlaceSource
    description: str
    reporter: Reporter | None = None
    point: Point | None = None
    accuracy: float | None = None
    declared_ward: Place | None = None
    stretch_to: Point | None = None
    address: str = ""
    asset: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    kind: Report.Kind = Report.Kind.REPORT
    reporter_type: Report.ReporterType = Report.ReporterType.CITIZEN
    hides_name: bool = False
    language: str = field(default_factory=own_language)
    asked_language: str = ""  #: What the body named; a browser's wish may change.
    public: bool = True
    client_id: str | None = None
    uploads: tuple[media.Upload, ...] = ()
    staged: tuple[str, ...] = ()  #: Public ids of files sent ahead of it.
    by_hand: bool = False  #: An operator says where it goes; it does not go by itself.

    @property
    def digest(self) -> bytes:
        """The same for the same body, so that a retry is told from another report."""
        said = [
            self.category.code,
            self.point and self.point.wkt,
            self.stretch_to and self.stretch_to.wkt,
            self.place_source,
            self.declared_ward and self.declared_ward.code,
            self.description,
            repr(self.reporter),
            self.accuracy,
            self.address,
            self.asset,
            self.answers,
            self.kind,
            self.reporter_type,
            self.hides_name,
            self.asked_language,
            self.public,
            [upload.checksum for upload in self.uploads],
        ]
        if self.staged:
            said.append(sorted(self.staged))
        return bytes.fromhex(blind(json.dumps(said, sort_keys=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A report on file with its first decision and the citizen's clock.

    New, or the answer to a retry.
    """

    report: Report
    decision: DecisionRecord
    clock: Clock
    is_new: bool


def receive(telling: Telling, *, channel: str, at: datetime) -> Filing:
    """File a report once: the same client_id and body again find the first filing.

    The unique constraint decides who came first, so two retries at one moment
    cannot both be filed, and a first filing pays for no look-up.
    """
    try:
        return _file(telling, channel=channel, at=at)
    except IntegrityError as error:
        broken = _constraint(error)
        if broken in DRAWN:
            return _file(telling, channel=channel, at=at)
        if broken != SENT_ONCE:
            raise
    filed = Report.objects.sent_as(telling.client_id, channel=channel).get()
    if bytes(filed.body_digest) != telling.digest:
        raise SentBefore
    return Filing(
        report=filed,
        decision=filed.decisions.select_related("organisation").earliest("pk"),
        clock=filed.clocks.get(party=Clock.Party.CITIZEN),
        is_new=False,
    )


@transaction.atomic
def _file(telling: Telling, *, channel: str, at: datetime) -> Filing:
    """Keep report, decision, contact, clocks, history and notice: all or none.

    A report nobody answers for is kept and waits for an operator; only one off the
    map is refused.
    """
    decision = route(
        telling.point,
        telling.category,
        at,
        accuracy=telling.accuracy or 0,
        ward_id=telling.declared_ward.pk if telling.declared_ward else None,
        address=telling.address,
        asset=telling.asset,
    )
    if decision.reason is Reason.OFF_THE_MAP:
        raise OutsideTheMap
    deadline = read_deadline(telling.category, on=localdate(at))
    acts = acts_by_itself(decision, telling, channel=channel)
    report = new_report(telling, decision, acts=acts, channel=channel, at=at)
    insert(report)
    recorded = decision_record(report, decision, at=at)
    insert(recorded)
    person, language = telling.reporter, telling.language
    contact = keep_contact(report, person, language=language) if person else None
    happened = first_steps(decision, acts=acts)
    if acts:
        insert(
            Transfer(
                report=report,
                organisation_id=report.organisation_id,
                decision=recorded,
                at=at,
            )
        )
    begun = new_clocks(report, deadline, at=at, is_firm=acts)
    insert(*begun)
    events = record(report, happened, at=at)
    jobs = ask_for_notices(events[-1], contact, at=at)
    jobs += staff_jobs(events[-1])
    jobs += staging.take(
        telling.staged, client_id=telling.client_id, report=report, at=at
    )
    jobs += media.keep(telling.uploads, report=report, at=at)
    defer(jobs)
    return Filing(report=report, decision=recorded, clock=begun[0], is_new=True)


def acts_by_itself(decision: Decision, telling: Telling, *, channel: str) -> bool:
    """Tell whether a decision transfers without a person.

    It must be settled and undoubted, of a report in a category let to do so on this
    channel; and on an approximate map it never does, but on the demo database.
    Questions and suggestions are read by an operator first.
    """
    return not telling.by_hand and may_act(
        decision, telling.category, kind=telling.kind, channel=channel
    )


def may_act(decision: Decision, category: Category, *, kind: str, channel: str) -> bool:
    """Tell whether a decision of such a report needs no person to transfer it."""
    let = channel in category.routes_itself_on
    is_report = kind == Report.Kind.REPORT
    mapped = settings.DEMO or not decision.approximate
    return decision.is_settled and is_report and let and mapped


def decision_record(
    report: Report, decision: Decision, *, at: datetime
) -> DecisionRecord:
    """Write down what routing concluded, and from what, so that it can be replayed."""
    point = report.point
    inputs = inputs_of(
        decision,
        point=(point.x, point.y) if point else None,
        category=report.category,
        accuracy=report.accuracy,
        ward_id=report.declared_ward_id,
    )
    return DecisionRecord(report=report, at=at, inputs=inputs, **concluded(decision))


def inputs_of(
    decision: Decision,
    *,
    point: tuple[float, float] | None,
    category: Category,
    accuracy: float | None = None,
    ward_id: int | None = None,
) -> dict[str, Any]:
    """Return what was told of a report and what stood there, as it is kept."""
    lon, lat = point or (None, None)
    return {
        "lon": lon,
        "lat": lat,
        "accuracy": accuracy,
        "category": category.code,
        "ward": ward_id,
        "in_alley": decision.surroundings.in_alley,
        "assets": [[each.id, each.metres] for each in decision.surroundings.things],
    }


def concluded(decision: Decision) -> dict[str, Any]:
    """Return what is kept of a decision but its inputs, column by column."""
    location, unit = decision.location, decision.organisation
    near = [
        {
            "id": area.boundary_id,
            "edition": area.edition_id,
            "share": round(area.share, 3),
        }
        for area in (*location.areas, *location.beside)
    ]
    return {
        "engine": ENGINE,
        "boundaries": near,
        "responsibilities": [claim.responsibility for claim in decision.weighed],
        "areas": decision.areas,
        "organisation_id": unit.id if unit else None,
        "reason": decision.reason,
        "arguments": decision.explanation.arguments,
        "doubts": list(decision.doubts),
        "is_approximate": decision.approximate,
    }


def first_steps(decision: Decision, *, acts: bool) -> list[Happening]:
    """Tell what happens to a report as it is filed."""
    happened = [Happening(code=Event.Code.RECEIVED)]
    if acts:
        happened += [
            Happening(code=Event.Code.ACCEPTED),
            Happening(code=Event.Code.TRANSFERRED, arguments=decision.naming),
        ]
    return happened


def new_clocks(
    report: Report, deadline: Deadline, *, at: datetime, is_firm: bool
) -> list[Clock]:
    """Start the citizen's clock, and the unit's where a unit has the case already.

    The internal targets of its urgency come after them.
    """
    common: dict[str, Any] = {
        "report": report,
        "rule": deadline.rule,
        "started_at": at,
        "due_at": deadline.due(at).due_at,
        "calendar_version": deadline.calendar.version,
    }
    begun = [Clock(party=Clock.Party.CITIZEN, is_firm=is_firm, **common)]
    steps = clocks.ON_RECEIPT
    if is_firm:
        unit = {"organisation_id": report.organisation_id}
        begun.append(Clock(party=Clock.Party.UNIT, is_firm=True, **common, **unit))
        steps = clocks.ON_RECEIPT - clocks.ON_RETURN | clocks.ON_TRANSFER
    return begun + clocks.targets_of(report, deadline, steps=steps, at=at)


def new_report(
    telling: Telling, decision: Decision, *, acts: bool, channel: str, at: datetime
) -> Report:
    """Lay out a report as it is filed, with a code nobody can guess."""
    unit = decision.organisation if acts else None
    areas = decision.location.areas
    is_located = bool(areas and (telling.point or telling.declared_ward))
    place_id = areas[0].place_id if is_located else None
    public_point, world_cell = snap(telling.point) if telling.point else (None, None)
    return Report(
        code=new_code(localdate(at)),
        public_id=secrets.token_urlsafe(16),
        channel=channel,
        client_id=telling.client_id,
        body_digest=telling.digest,
        kind=telling.kind,
        category=telling.category,
        description=telling.description,
        answers=telling.answers,
        language=telling.language,
        reporter_type=telling.reporter_type,
        hides_name=telling.hides_name,
        is_public=telling.category.is_public and telling.public,
        status=Status.TRANSFERRED if unit else Status.RECEIVED,
        received_at=at,
        updated_at=at,
        accepted_at=at if unit else None,
        organisation_id=unit.id if unit else None,
        point=telling.point,
        public_point=public_point,
        world_cell=world_cell,
        place_source=telling.place_source,
        accuracy=telling.accuracy,
        stretch_to=telling.stretch_to,
        address=telling.address,
        asset=telling.asset,
        declared_ward=telling.declared_ward,
        boundary_id=areas[0].boundary_id if telling.point else None,
        place_id=place_id,
        current_place_id=place_id,
    )


def _constraint(error: IntegrityError) -> str:
    """Return the name of the constraint that was broken, as PostgreSQL tells it."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
