"""Asked: several units that may answer for a case; the first to say so has it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import BigIntegerField, Func, Value
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from .errors import Missing, NotAllowed
from .handover import accept
from .hands import firm_up
from .history import naming
from .members import ANEW, follow_head
from .models import Candidate, DecisionRecord, Organisation, Report, Transfer
from .models import Responsibility as Rule
from .notifications import tell
from .permissions import Actor, Side
from .work import acknowledge
from .workflow import take


def possible_units(decision: DecisionRecord, *, at: datetime) -> list[Organisation]:
    """Return the units whose claims were equally strong, where there are several.

    For one that is no more stands who carries on for it today.
    """
    today = Func(
        "organisation",
        Value(localdate(at)),
        function="incidents_heir",
        output_field=BigIntegerField(),
    )
    leads = Rule.objects.filter(pk__in=decision.responsibilities, role=Rule.Role.LEAD)
    rows = leads.annotate(today=today).order_by("-precedence", "pk")
    claims = list(rows.values_list("precedence", "today"))
    strongest = dict.fromkeys(
        unit for precedence, unit in claims if unit and precedence == claims[0][0]
    )
    units = Organisation.objects.in_bulk(strongest) if len(strongest) > 1 else {}
    return [units[unit] for unit in strongest if unit in units]


@transaction.atomic
def ask_units(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Ask all units with an equal claim at once; the case stays at the desk meanwhile.

    Who has said of this decision that it is not theirs is not asked again.
    """
    taken = take("ask_units", report, by=by, at=at, version=version)
    held = taken.report
    decision = DecisionRecord.objects.filter(report=held).latest("pk")
    answered = Candidate.objects.filter(report=held, asked_at__gte=decision.at)
    known = set(answered.values_list("organisation_id", flat=True))
    asked = [
        Candidate(report=held, organisation=unit, asked_by=by.user, asked_at=at)
        for unit in possible_units(decision, at=at)
        if unit.pk not in known
    ]
    if not asked:
        said = _("There is no other unit to ask; choose one yourself.")
        raise Missing(said, field="organisation")
    Candidate.objects.bulk_create(asked)
    return held


@transaction.atomic
def accept_and_ask(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Accept a report and ask all who may answer for it at once: both, or neither."""
    accepted = accept(report, by=by, at=at, version=version)
    return ask_units(accepted, by=by, at=at)


@transaction.atomic
def take_up(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Say that a case is one's own unit's: the first to say so has it, and works on it.

    It is a transfer like any other: firm date, the unit's clock, word to the reporter.
    """
    candidate = _asked(report, by=by, at=at)
    unit = candidate.organisation
    taken = take(
        "take_up",
        report,
        by=by,
        at=at,
        version=version,
        proven=frozenset({Side.CANDIDATE}),
        organisation=unit,
        **ANEW,
    )
    held = taken.report
    moved = Transfer.objects.create(
        report=held,
        organisation=unit,
        decision=DecisionRecord.objects.filter(report=held).latest("pk"),
        by=by.user,
        reason=str(Candidate.Answer.TOOK_IT_UP.label),
        at=at,
    )
    _answer(candidate, Candidate.Answer.TOOK_IT_UP, at=at)
    firm_up(held, at=at)
    tell(taken.event, at=at)
    follow_head(held, moved, at=at)
    return acknowledge(held, by=by, at=at)


@transaction.atomic
def decline(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Say why a case is not one's own unit's; the others that were asked still may."""
    candidate = _asked(report, by=by, at=at)
    taken = take(
        "decline",
        report,
        by=by,
        at=at,
        version=version,
        proven=frozenset({Side.CANDIDATE}),
        text=text,
        arguments=naming(candidate.organisation),
    )
    _answer(candidate, Candidate.Answer.NOT_OURS, at=at)
    return taken.report


def _asked(report: Report, *, by: Actor, at: datetime) -> Candidate:
    """Hold the question that was put to one of this person's units, if it is still one.

    It is held before the case is, by everybody, so that no two wait for each other.
    """
    questions = Candidate.objects.select_for_update(of=("self",))
    found = (
        questions.select_related("organisation")
        .filter(report=report, answer="", organisation__in=by.units)
        .filter(organisation__validity__contains=localdate(at))
        .exclude(organisation__in=by.confined)
        .order_by("pk")
        .first()
    )
    if found is None:
        raise NotAllowed
    return found


def _answer(candidate: Candidate, answer: Candidate.Answer, *, at: datetime) -> None:
    candidate.answer, candidate.answered_at = answer, at
    candidate.save(update_fields=["answer", "answered_at"])
