"""A case laid out in memory, by the machine's rules: every row it leaves behind."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate

from accounts.models import User
from incidents.clocks import ON_TRANSFER
from incidents.deadlines import Deadline, read_deadline
from incidents.decisions import Decision
from incidents.history import Happening, chain, naming
from incidents.intake import (
    Telling,
    decision_record,
    first_steps,
    new_clocks,
    new_report,
)
from incidents.models import (
    Category,
    Clock,
    Contact,
    DeadlineRule,
    DecisionRecord,
    Event,
    Note,
    Organisation,
    Report,
    Result,
    ReturnReason,
    Status,
    Target,
    Transfer,
)
from incidents.permissions import Side
from incidents.privacy import sealed_contact
from incidents.workflow import STEPS, Step

#: What happens to cases and has no verb yet.
OTHERS = {
    "merge": Step(
        sides=frozenset({Side.DESK}),
        sources=frozenset({Status.RECEIVED, Status.TRANSFERRED}),
        target=Status.DUPLICATE,
        event=Event.Code.MERGED,
    ),
    "close": Step(
        sides=frozenset({Side.SYSTEM}),
        sources=frozenset({Status.RESOLVED}),
        target=Status.CLOSED,
        event=Event.Code.CLOSED,
    ),
}
ALL_STEPS: Mapping[str, Step] = OTHERS | dict(STEPS)
NAMES_THE_UNIT = {"acknowledge", "verify", "start", "send_back", "publish_result"}
STOPS = {"ask", "refuse", "answer", "thank", "point_to_emergency", "withdraw"}
STOPS |= {"publish_result", "merge"}


class Deadlines:
    """The deadlines of some days, each read once between two changes of the rules."""

    def __init__(self, *, first: date, last: date) -> None:
        begins = DeadlineRule.objects.filter(starts_on__range=(first, last))
        self._changes = sorted(set(begins.values_list("starts_on", flat=True)))
        self._read: dict[tuple[int, int], Deadline] = {}

    def of(self, category: Category, *, on: date) -> Deadline:
        """Return the deadline of a category on a day."""
        key = (category.pk, bisect(self._changes, on))
        if key not in self._read:
            self._read[key] = read_deadline(category, on=on)
        return self._read[key]


@dataclass(kw_only=True)
class Case:
    """A report with its rows, none of them kept yet."""

    report: Report
    decision: Decision
    record: DecisionRecord
    contact: Contact | None
    clocks: list[Clock]
    deadlines: Deadlines
    transfers: list[Transfer] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def take(
        self,
        name: str,
        *,
        at: datetime,
        by: User | None,
        text: str = "",
        arguments: dict[str, str] | None = None,
        **given: Any,
    ) -> None:
        """Take one step by the table of steps, as a person would have."""
        step, report = ALL_STEPS[name], self.report
        if report.status not in step.sources:
            raise RuntimeError(f"{name} cannot follow {report.status}.")
        for name_, value in given.items():
            setattr(report, name_, value)
        report.status = step.target or report.status
        report.version += 1
        report.updated_at = at
        said = dict(arguments or {})
        if name in NAMES_THE_UNIT:
            said |= naming(report.organisation)
        shown = Event.Visibility.REPORTER if step.is_open else Event.Visibility.STAFF
        happening = Happening(
            code=step.event, arguments=said, text=text, visibility=shown
        )
        self._write([happening], at=at, by=by)
        self._meet(step.meets, at=at)
        if name in STOPS:
            self._stop(at=at)

    def transfer(
        self, unit: Organisation, *, at: datetime, by: User | None, reason: str
    ) -> None:
        """Put the case into a unit's hands; the citizen's date becomes firm once."""
        overrides = self.record.organisation_id != unit.pk
        self.take("transfer", at=at, by=by, organisation=unit, arguments=naming(unit))
        self.transfers.append(
            Transfer(
                report=self.report,
                organisation=unit,
                decision=self.record,
                by=by,
                reason=reason if overrides else "",
                at=at,
            )
        )
        deadline = self.deadlines.of(self.report.category, on=localdate(at))
        citizen, running, *targets = new_clocks(
            self.report, deadline, at=at, is_firm=True
        )
        if not self.clocks[0].is_firm:
            self.clocks[0].is_firm = True
            self.clocks[0].due_at = citizen.due_at
            self.clocks[0].counted_from = at
        begun = {each.step for each in self.clocks if each.is_target}
        self.clocks.append(running)
        self.clocks += [
            each
            for each in targets
            if each.step in ON_TRANSFER or each.step not in begun
        ]

    def send_back(
        self, *, at: datetime, by: User | None, text: str, reason: ReturnReason | None
    ) -> None:
        """Return the case to the desk; the citizen's clock runs on."""
        self.take("send_back", at=at, by=by, text=text)
        unit = self.report.organisation
        self.transfers.append(
            Transfer(
                report=self.report,
                sender=unit,
                by=by,
                return_reason=reason,
                reason=text,
                at=at,
            )
        )
        self._stop(at=at, only={Clock.Party.UNIT})

    def propose(
        self, *, at: datetime, by: User | None, outcome: str, text: str, no_photo: str
    ) -> None:
        """File what was done, for approval."""
        self.take("propose_result", at=at, by=by, text=text)
        self._meet(frozenset({Target.SAFE}), at=at)
        published = sum(each.published_at is not None for each in self.results)
        self.results.append(
            Result(
                report=self.report,
                round=published + 1,
                organisation=self.report.organisation,
                outcome=outcome,
                text=text,
                no_photo_because=no_photo,
                by=by,
                at=at,
            )
        )

    def publish(self, *, at: datetime, by: User | None) -> None:
        """Publish the latest result."""
        self.take("publish_result", at=at, by=by, resolved_at=at)
        self.results[-1].published_at = at

    def reopen(self, *, at: datetime, text: str) -> None:
        """Take the case up again at its reporter's word."""
        self.take("reopen", at=at, by=None, text=text, resolved_at=None)
        self.clocks[0].stopped_at = None

    @property
    def due_at(self) -> datetime:
        """By when the reporter was told to have an answer."""
        return self.clocks[0].due_at

    def _write(
        self, happened: list[Happening], *, at: datetime, by: User | None
    ) -> None:
        last = self.events[-1] if self.events else None
        events, notes = chain(self.report, happened, at=at, by=by, after=last)
        self.events += events
        self.notes += notes

    def _stop(self, *, at: datetime, only: Container[str] = Clock.Party) -> None:
        for clock in self.clocks:
            if clock.party in only:
                clock.stopped_at = clock.stopped_at or at

    def _meet(self, targets: frozenset[Target], *, at: datetime) -> None:
        for clock in self.clocks:
            if clock.step in targets:
                clock.stopped_at = clock.stopped_at or at


def filed(
    telling: Telling,
    decision: Decision,
    *,
    acts: bool,
    channel: str,
    at: datetime,
    units: Mapping[int, Organisation],
    deadlines: Deadlines,
) -> Case:
    """Lay out what filing a report keeps, but for the notice to a reporter."""
    report = new_report(telling, decision, acts=acts, channel=channel, at=at)
    report.is_demo = True
    if report.organisation_id is not None:
        report.organisation = units[report.organisation_id]
    person, language = telling.reporter, telling.language
    case = Case(
        report=report,
        decision=decision,
        record=decision_record(report, decision, at=at),
        contact=sealed_contact(report, person, language=language) if person else None,
        clocks=new_clocks(
            report,
            deadlines.of(telling.category, on=localdate(at)),
            at=at,
            is_firm=acts,
        ),
        deadlines=deadlines,
    )
    if acts:
        case.transfers.append(
            Transfer(
                report=report,
                organisation=report.organisation,
                decision=case.record,
                at=at,
            )
        )
    case._write(first_steps(decision, acts=acts), at=at, by=None)
    return case
