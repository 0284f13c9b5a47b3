"""All that staff see of one case, gathered in a fixed number of statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from math import hypot
from typing import Any

from django.utils.timezone import localdate

from gis_data.geometry import metres_a_degree
from incidents.api.filing import said_of
from incidents.deadlines import read_calendar
from incidents.decisions import Reason
from incidents.directives import directives_on, may_direct
from incidents.models import (
    Attachment,
    Candidate,
    Category,
    Clock,
    DecisionRecord,
    Directive,
    Event,
    Organisation,
    Report,
    ReportQuerySet,
    Responsibility,
    Result,
    Status,
    Target,
    Transfer,
)
from incidents.models.afterwards import said_of_it
from incidents.models.status import AT_DESK, ENDED
from incidents.permissions import Actor, visible_to
from incidents.weighing import Weighing, Weight, weigh_again

from .remaining import Remaining, remaining_of

#: So many likely duplicates are put before a person.
LIKELY = 5
#: So many of those that go along with a case are listed.
JOINED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One of the decisions on a case, and what had changed since the one before."""

    record: DecisionRecord
    explanation: str
    moved_m: int | None = None  #: How far the pin had been moved.
    category: str = ""  #: What the report was called by then, where that had changed.
    is_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A unit that a person chose, other than the one that was proposed."""

    transfer: Transfer
    proposed: Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    """A case as the people who work on it see it, at one moment."""

    report: Report
    decision: DecisionRecord
    explanation: str
    decisions: tuple[Decided, ...]  #: The newest first.
    weighing: Weighing | None  #: Nothing where it would not come out so any more.
    rules: dict[int, Responsibility]  #: All that was weighed or set aside, by its id.
    clocks: tuple[tuple[Clock, Remaining], ...]
    events: tuple[Event, ...]  #: The newest first.
    attachments: tuple[Attachment, ...]
    results: tuple[Result, ...]  #: The newest first.
    duplicates: tuple[Report, ...]  #: Perhaps of the same thing, the likest first.
    joined: tuple[Report, ...]  #: What goes along with it, as far as one may see it.
    transfers: tuple[Transfer, ...]  #: The newest first.
    on: date  #: The day it is seen on.
    candidates: tuple[Candidate, ...] = ()  #: The units that were asked.
    directives: tuple[Directive, ...] = ()  #: The newest first.
    may_direct: bool = False  #: Whether this person leads what stands above the unit.

    def asked_of(self, actor: Actor) -> Candidate | None:
        """Return the question that this person's unit has not answered yet."""
        units = actor.units - actor.confined.keys()
        waiting = (each for each in self.candidates if not each.answer)
        return next((each for each in waiting if each.organisation_id in units), None)

    @property
    def may_be_asked(self) -> bool:
        """Whether several units have an equal claim, and none was asked of it yet."""
        decided = self.decision
        is_asked = any(each.asked_at >= decided.at for each in self.candidates)
        is_by_rules = bool(decided.responsibilities)
        return decided.reason == Reason.CONTESTED and is_by_rules and not is_asked

    @property
    def may_ask_location(self) -> bool:
        """Whether nobody knows the point, and there is somebody to ask."""
        return self.report.point is None and hasattr(self.report, "contact")

    @property
    def told(self) -> list[Attachment]:
        """What the reporter sent."""
        return [each for each in self.attachments if each.is_told]

    @property
    def recordings(self) -> list[Attachment]:
        """The calls as they were recorded."""
        return [each for each in self.attachments if each.is_call]

    @property
    def asked_at(self) -> datetime | None:
        """When the reporter was last asked, while an answer is waited for."""
        if self.report.status != Status.INFO_REQUESTED:
            return None
        asked = (e.at for e in self.events if e.code == Event.Code.INFO_REQUESTED)
        return next(asked, None)

    @property
    def evidence(self) -> list[Attachment]:
        """What the unit that has just returned the case sent with it."""
        event = self.transfers[0].event_id if self.transfers else None
        return [each for each in self.attachments if event and each.event_id == event]

    @property
    def shown_results(self) -> list[tuple[Result, list[Attachment]]]:
        """Each result with the photos of the work."""
        return [
            (result, [each for each in self.attachments if each.result_id == result.pk])
            for result in self.results
        ]

    @property
    def areas(self) -> list[tuple[str, int]]:
        """The areas the point may lie in, each with its share of it in percent.

        Those it lies in wholly come last: they leave nothing to ask.
        """
        over = [
            (str(area["name"]), round(100 * area.get("share", 1)))
            for area in self.decision.areas
        ]
        beside = self.weighing.beside if self.weighing else ()
        return sorted([*over, *beside], key=lambda area: area[1] >= 100)

    @property
    def has_shares(self) -> bool:
        """Whether the point, as it was measured, lies in more than one ward."""
        return any(percent < 100 for _, percent in self.areas)

    def changes_since(self, sequence: int) -> list[Event]:
        """Return what happened after somebody opened the page, the newest first."""
        return [event for event in self.events if event.sequence > sequence]

    @property
    def is_late(self) -> bool:
        """Whether a clock that still runs is past its day; a target makes none late."""
        return any(
            left.state == "late" and not left.is_target for _, left in self.clocks
        )

    @property
    def broke_its_word(self) -> bool:
        """Whether the day that the unit committed to has gone by."""
        promised = self.report.committed_on
        return self.is_late and promised is not None and promised < self.on

    @property
    def must_commit(self) -> bool:
        """Whether a commitment comes before most of what a unit may do."""
        promised = self.report.committed_on
        return self.is_late and (promised is None or promised < self.on)

    @property
    def in_danger(self) -> bool:
        """Whether nobody has said yet that the danger is over."""
        return self._target(Target.SAFE) is not None

    @property
    def next_target(self) -> tuple[Clock, Remaining] | None:
        """The internal target that runs out first, of those that still run."""
        running = [
            (clock, left)
            for clock, left in self.clocks
            if clock.is_target and clock.stopped_at is None
        ]
        return min(running, key=lambda each: each[0].due_at, default=None)

    @property
    def may_extend(self) -> bool:
        """Whether the unit's clock runs, is not late, and was not extended yet."""
        return any(
            clock.party == Clock.Party.UNIT
            and clock.stopped_at is None
            and left.state != "late"
            and not hasattr(clock, "extension")
            for clock, left in self.clocks
        )

    def _target(self, step: Target) -> Clock | None:
        found = (clock for clock, _ in self.clocks if clock.step == step)
        return next((each for each in found if each.stopped_at is None), None)

    @property
    def reply(self) -> Event | None:
        """What the reporter wrote last, while nobody of the staff has acted on it."""
        for event in self.events:
            if event.code == Event.Code.REPLIED:
                return event
            if event.by_id is not None:
                return None
        return None

    @property
    def ended(self) -> bool:
        return self.report.status in ENDED

    @property
    def returned_by(self) -> Organisation | None:
        """The unit that has just given the case back, while it lies at the desk."""
        if self.report.status != Status.RETURNED or not self.transfers:
            return None
        return self.transfers[0].sender

    @property
    def proposed(self) -> Organisation | None:
        """The unit to transfer to at one press: not its holder, not its returner."""
        unit = self.decision.organisation
        passed = {self.report.organisation_id, self._returner_id}
        return unit if unit and unit.pk not in passed else None

    @property
    def _returner_id(self) -> int | None:
        back = self.returned_by
        return back.pk if back else None

    @property
    def counted(self) -> list[tuple[Weight, str]]:
        """What was weighed and applies, each with what is noted beside it."""
        return self._noted(self.weighing.counted if self.weighing else ())

    @property
    def set_aside(self) -> list[tuple[Weight, str]]:
        """What speaks of this place and does not apply, in the same way."""
        return self._noted(self.weighing.set_aside if self.weighing else ())

    def _noted(self, weights: tuple[Weight, ...]) -> list[tuple[Weight, str]]:
        notes = {pk: row.note for pk, row in self.rules.items()}
        return [(each, notes.get(each.claim.responsibility, "")) for each in weights]

    @property
    def recorded(self) -> list[Responsibility]:
        """What is on record as weighed, where it cannot be weighed again."""
        if self.weighing is not None:
            return []
        weighed = self.decision.responsibilities
        return [self.rules[pk] for pk in weighed if pk in self.rules]

    @property
    def override(self) -> Override | None:
        """The choice of a person by which it went elsewhere than was proposed."""
        for each in self.transfers:
            proposed = each.decision.organisation if each.decision else None
            if each.by is None or each.organisation is None or proposed is None:
                continue
            if each.organisation_id == self.report.organisation_id != proposed.pk:
                return Override(transfer=each, proposed=proposed)
            return None
        return None

    @property
    def suggested_title(self) -> str:
        """The category and the street, for an operator to read over and approve."""
        place = self.report.lies_in
        parts = [
            self.report.category.name,
            street_of(self.report.address),
            place.name if place else "",
        ]
        return ", ".join(part for part in parts if part)[:200]


def gather(report: Report, actor: Actor, *, at: datetime) -> Casework:
    """Read what the page of a case tells."""
    records = list(report.decisions.select_related("organisation").order_by("-pk"))
    weighing = weigh_again(records[0], report)
    likely, joined = _alike(report), report.duplicates.order_by("-received_at", "-pk")
    if sight := visible_to(actor):
        seen = Report.objects.filter(sight).values("pk")
        likely, joined = likely.filter(pk__in=seen), joined.filter(pk__in=seen)
    transfers = report.transfers.select_related(
        "sender", "organisation", "by", "decision__organisation", "return_reason"
    )
    return Casework(
        report=report,
        decision=records[0],
        explanation=said_of(records[0].reason, records[0].arguments),
        decisions=_decided(records),
        weighing=weighing,
        rules=Responsibility.objects.select_related("organisation").in_bulk(
            weighing.ids if weighing else records[0].responsibilities
        ),
        clocks=_clocks(report, at=at),
        on=localdate(at),
        events=tuple(report.events.select_related("note", "by").order_by("-sequence")),
        attachments=tuple(report.attachments.select_related("event").order_by("pk")),
        results=tuple(
            report.results.select_related("organisation", "by")
            .annotate(**said_of_it())
            .order_by("-pk")
        ),
        duplicates=tuple(likely.with_its_ward()[:LIKELY]),
        joined=tuple(joined[:JOINED]),
        transfers=tuple(transfers.order_by("-pk")),
        candidates=_candidates(report),
        directives=tuple(directives_on(report)),
        may_direct=(actor.sees_all or bool(actor.leads))
        and may_direct(actor, report, on=localdate(at)),
    )


def _alike(report: Report) -> ReportQuerySet:
    """Keep what may be of the same thing, while somebody has still to look at it."""
    if report.status in ENDED:
        return Report.objects.none()
    return Report.objects.likely_duplicates_of(report).defer("answers", "boundary")


def _candidates(report: Report) -> tuple[Candidate, ...]:
    """Read which units were asked, while it lies at the desk."""
    if report.status not in AT_DESK:
        return ()
    return tuple(report.candidates.select_related("organisation").order_by("pk"))


def street_of(address: str) -> str:
    """Return the street of an address without house numbers, or nothing when unsure."""
    first = re.split(r"[,;(\n]", address, maxsplit=1)[0].strip()
    without = re.sub(r"^(?:(?:số|so|no\.?|nhà)\s+)?\d+\S*\s+", "", first, flags=re.I)
    is_personal = re.search(r"\d{4}|@", without)
    return "" if is_personal or not 2 < len(without) <= 60 else without


def _decided(records: list[DecisionRecord]) -> tuple[Decided, ...]:
    """Tell of each decision what had changed since the one before, the newest first."""
    codes = {each.inputs.get("category") for each in records}
    named = Category.objects.filter(code__in=codes) if len(codes) > 1 else ()
    names = {each.code: each.label for each in named}
    decided = []
    for record, before in zip_longest(records, records[1:]):
        said, was = record.inputs, before.inputs if before else record.inputs
        category = said.get("category")
        decided.append(
            Decided(
                record=record,
                explanation=said_of(record.reason, record.arguments),
                moved_m=_metres_apart(was, said),
                category=names.get(category, "")
                if category != was.get("category")
                else "",
                is_first=before is None,
            )
        )
    return tuple(decided)


def _metres_apart(was: dict[str, Any], said: dict[str, Any]) -> int | None:
    """Measure from where a decision saw the pin to where the next one saw it."""
    if None in {each.get(axis) for each in (was, said) for axis in ("lon", "lat")}:
        return None
    east, north = metres_a_degree(said["lat"])
    metres = hypot(
        (said["lon"] - was["lon"]) * east, (said["lat"] - was["lat"]) * north
    )
    return round(metres) or None


def _clocks(report: Report, *, at: datetime) -> tuple[tuple[Clock, Remaining], ...]:
    """Read the last clock of each party and target, each with what is left."""
    last = (
        report.clocks.select_related("organisation", "rule", "extension")
        .order_by("party", "step", "-pk")
        .distinct("party", "step")
    )
    calendar = read_calendar()
    told = [(each, remaining_of(each, at=at, calendar=calendar)) for each in last]
    turns = list(Clock.Party)
    told.sort(key=lambda each: (turns.index(Clock.Party(each[0].party)), each[0].pk))
    return tuple(told)
