"""All that staff see of one case, gathered in a fixed number of statements."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from incidents.api.filing import said_of
from incidents.deadlines import read_calendar
from incidents.decisions import Reason
from incidents.models import (
    Attachment,
    Candidate,
    Clock,
    DecisionRecord,
    Event,
    Organisation,
    Report,
    Responsibility,
    Result,
    Status,
    Transfer,
)
from incidents.models.status import AT_DESK, ENDED
from incidents.permissions import Actor, visible_to

from .remaining import Remaining, remaining

#: So many likely duplicates are put before a person.
LIKELY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A responsibility that was weighed, and whether it carried the decision."""

    row: Responsibility
    won: bool

    @property
    def ground(self) -> str:
        """The place or territory it rests on, or the number of one asset."""
        rests_on = self.row.place or self.row.territory
        return rests_on.name if rests_on else self.row.asset_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Casework:
    """A case as the people who work on it see it, at one moment."""

    report: Report
    decision: DecisionRecord
    explanation: str
    weighed: tuple[Weighed, ...]
    clocks: tuple[tuple[Clock, Remaining], ...]
    events: tuple[Event, ...]  #: The newest first.
    attachments: tuple[Attachment, ...]
    results: tuple[Result, ...]  #: The newest first.
    duplicates: tuple[Report, ...]
    transfers: tuple[Transfer, ...]  #: The newest first.
    candidates: tuple[Candidate, ...] = ()  #: The units that were asked.

    def asked_of(self, actor: Actor) -> Candidate | None:
        """Return the question that this person's unit has not answered yet."""
        units = actor.units - actor.confined.keys()
        waiting = (each for each in self.candidates if not each.answer)
        return next((each for each in waiting if each.organisation_id in units), None)

    @property
    def may_be_asked(self) -> bool:
        """Whether several units have an equal claim, and none was asked yet."""
        return self.decision.reason == Reason.CONTESTED and not self.candidates

    @property
    def told(self) -> list[Attachment]:
        """What the reporter sent."""
        return [each for each in self.attachments if each.result_id is None]

    @property
    def shown_results(self) -> list[tuple[Result, list[Attachment]]]:
        """Each result with the photos of the work."""
        return [
            (result, [each for each in self.attachments if each.result_id == result.pk])
            for result in self.results
        ]

    @property
    def areas(self) -> list[tuple[str, int]]:
        """The areas over the point, each with its share of it in percent."""
        return [
            (str(area["name"]), round(100 * area.get("share", 1)))
            for area in self.decision.areas
        ]

    @property
    def has_shares(self) -> bool:
        """Whether the point, as it was measured, lies in more than one ward."""
        return any(percent < 100 for _, percent in self.areas)

    def changes_since(self, sequence: int) -> list[Event]:
        """Return what happened after somebody opened the page, the newest first."""
        return [event for event in self.events if event.sequence > sequence]

    @property
    def is_late(self) -> bool:
        """Whether a clock that still runs is past its day."""
        return any(left.state == "late" for _, left in self.clocks)

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
    decision = report.decisions.select_related("organisation").latest("pk")
    likely = Report.objects.likely_duplicates_of(report)
    if sight := visible_to(actor):
        likely = likely.filter(pk__in=Report.objects.filter(sight).values("pk"))
    transfers = report.transfers.select_related("sender", "organisation")
    return Casework(
        report=report,
        decision=decision,
        explanation=said_of(decision.reason, decision.arguments),
        weighed=_weighed(decision),
        clocks=_clocks(report, at=at),
        events=tuple(report.events.select_related("note", "by").order_by("-sequence")),
        attachments=tuple(report.attachments.order_by("pk")),
        results=tuple(
            report.results.select_related("organisation", "by").order_by("-pk")
        ),
        duplicates=tuple(likely.select_related("organisation")[:LIKELY]),
        transfers=tuple(transfers.order_by("-pk")),
        candidates=_candidates(report),
    )


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


def _weighed(decision: DecisionRecord) -> tuple[Weighed, ...]:
    """Read the responsibilities that were weighed, in the order they were."""
    rows = Responsibility.objects.select_related(
        "organisation", "place", "territory"
    ).in_bulk(decision.responsibilities)
    found = [rows[pk] for pk in decision.responsibilities if pk in rows]
    leads = [row for row in found if row.role == Responsibility.Role.LEAD]
    best = leads[0].precedence if leads else None
    return tuple(
        Weighed(row=row, won=row in leads and row.precedence == best) for row in found
    )


def _clocks(report: Report, *, at: datetime) -> tuple[tuple[Clock, Remaining], ...]:
    """Read the citizen's clock and the unit's last one, each with what is left."""
    last = (
        report.clocks.select_related("organisation")
        .order_by("party", "-pk")
        .distinct("party")
    )
    calendar = read_calendar()
    return tuple(
        (
            clock,
            remaining(
                clock.due_at, at=at, calendar=calendar, stopped_at=clock.stopped_at
            ),
        )
        for clock in last
    )
