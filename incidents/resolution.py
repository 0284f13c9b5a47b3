"""Resolved: a result with its proof, approved, published; and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _

from . import clocks, grouping, media, succeeding
from .camera import Shot, read_shot
from .deadlines import read_deadline
from .errors import Missing, NotNow
from .hands import start_unit_clock
from .history import Happening, last_event, record
from .models import (
    Approval,
    Attachment,
    Clock,
    Event,
    Incident,
    Organisation,
    Report,
    Result,
    Status,
    Target,
)
from .notifications import defer, tell, tell_all
from .permissions import Actor, Side, approvers_of, officers_of
from .ratings import hold_with_master
from .work import acknowledge
from .workflow import Taken, take

#: Not yet taken by their unit, though in its hands.
UNTAKEN = frozenset({Status.TRANSFERRED, Status.REOPENED})
#: What was done on site is shown, or it is said why it cannot be.
DONE_ON_SITE = frozenset({Result.Outcome.FIXED, Result.Outcome.TEMPORARY})
SEEN_IN = frozenset({Attachment.Kind.PHOTO, Attachment.Kind.VIDEO})
#: Nobody is in danger any more, or nobody was.
SAFE = DONE_ON_SITE | {Result.Outcome.NOT_FOUND, Result.Outcome.NOT_TRUE}
#: No unit ends a case by these of itself: an operator has to agree.
OPERATORS_ALONE = {
    Result.Outcome.NOT_TRUE: Approval.NOT_TRUE,
    Result.Outcome.NOT_FOUND: Approval.NOT_FOUND,
}


@transaction.atomic
def file_result(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    outcome: str,
    text: str,
    uploads: Sequence[media.Upload] = (),
    no_photo_because: str = "",
    photo_because: str = "",
    version: int | None = None,
) -> Report:
    """File what was done, however far the case had come: all of it, or nothing.

    Who mends a thing on the spot has taken the case by that, and says both at once.
    """
    held = Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    if held.status in UNTAKEN:
        acknowledge(report, by=by, at=at, version=version)
        version = None
    return propose_result(
        report,
        by=by,
        at=at,
        outcome=outcome,
        text=text,
        uploads=uploads,
        no_photo_because=no_photo_because,
        photo_because=photo_because,
        version=version,
    )


@transaction.atomic
def propose_result(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    outcome: str,
    text: str,
    uploads: Sequence[media.Upload] = (),
    no_photo_because: str = "",
    photo_because: str = "",
    version: int | None = None,
) -> Report:
    """File what was done, with its photos, for approval.

    Work done on site is shown, or it is said why there is no photo of it; a photo of
    another place or of long before, by the camera's own word, needs a reason too. Who
    approves is the unit's leader first, where the unit is set so and has one that day,
    then an operator, unless the unit publishes by itself. That something was not as
    reported, or not found, an operator approves in any case.
    """
    if outcome and outcome not in Result.Outcome.values:
        raise Missing(_("Choose one of the outcomes."), field="outcome")
    taken = take(
        "propose_result",
        report,
        by=by,
        at=at,
        version=version,
        outcome=outcome,
        text=text,
    )
    shots = tuple(read_shot(each.file, of=report.point) for each in uploads)
    odd = [each for each in shots if each.is_far() or each.is_old(at=at)]
    if odd and not photo_because.strip():
        raise Missing(_odd(odd[0]), field="photo_because")
    is_seen = any(upload.kind in SEEN_IN for upload in uploads)
    if outcome in DONE_ON_SITE and not is_seen and not no_photo_because.strip():
        said = _("Add a photo of the work, or say why there is none.")
        raise Missing(said, field="no_photo_because")
    held = taken.report
    unit = held.organisation
    if unit is None:
        raise RuntimeError("A case in hand has a unit; the database sees to it.")
    keep_result(
        held,
        unit=unit,
        outcome=outcome,
        text=text,
        no_photo_because=no_photo_because,
        photo_because=photo_because if odd else "",
        uploads=uploads,
        shots=shots,
        by=by,
        at=at,
    )
    if unit.leader_approves and approvers_of(unit.pk, on=localdate(at)).exists():
        return _await(held, Approval.LEADER)
    return _go_on(held, at=at)


def keep_result(
    report: Report,
    *,
    unit: Organisation,
    outcome: str,
    text: str,
    uploads: Sequence[media.Upload],
    by: Actor,
    at: datetime,
    no_photo_because: str = "",
    photo_because: str = "",
    shots: Sequence[Shot] = (),
) -> Result:
    """Keep what a unit says of a case, with its photos; called inside a verb."""
    published = Result.objects.filter(report=report, published_at__isnull=False)
    result = Result.objects.create(
        report=report,
        round=published.count() + 1,
        organisation=unit,
        outcome=outcome,
        text=text.strip(),
        no_photo_because=no_photo_because.strip(),
        photo_because=photo_because.strip(),
        by=by.user,
        at=at,
    )
    defer(media.keep(uploads, report=report, result=result, shots=shots, at=at))
    if outcome in SAFE:
        clocks.meet(report, frozenset({Target.SAFE}), at=at)
    return result


@transaction.atomic
def approve_result(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Approve a result as the unit's leader, or for them; it goes to who publishes."""
    taken = take("approve_result", report, by=by, at=at, version=version)
    return _go_on(taken.report, at=at)


@transaction.atomic
def conclude(report: Report, *, by: Actor, at: datetime, text: str) -> Report:
    """End what its unit announced itself: it is over by its word, without approval."""
    held = propose_result(
        report,
        by=by,
        at=at,
        outcome=Result.Outcome.FIXED,
        text=text,
        no_photo_because=_("Planned work that was announced."),
    )
    if held.status == Status.RESOLVED:
        return held
    _await(held, "")
    return publish("publish_result", held, by=Side.SYSTEM, at=at)


@transaction.atomic
def publish_result(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Publish the latest result, stop the clocks and tell the reporter, as one."""
    return publish("publish_result", report, by=by, at=at, version=version)


@transaction.atomic
def send_result_back(
    report: Report, *, by: Actor, at: datetime, text: str, version: int | None = None
) -> Report:
    """Give a result back to the unit with what is missing in it."""
    step = "send_result_back"
    return take(step, report, by=by, at=at, version=version, text=text).report


@transaction.atomic
def reopen(
    report: Report, *, at: datetime, text: str, uploads: Sequence[media.Upload] = ()
) -> Report:
    """Take a case up again at its reporter's word; it always reaches the unit.

    Where it goes along with another, it is that one that is not done: the unit has it
    again, and everybody hears. What was part of an incident is a case of its own from
    then on. The citizen's date stays the first one; the unit's clock starts anew. An
    officer who has left since has it no more.
    """
    own = hold_with_master(report)
    is_shared = own.master is not None
    taken = take(
        "reopen",
        own.master or own,
        by=Side.REPORTER,
        at=at,
        text=text,
        arguments={"case": own.public_id} if is_shared else {},
        resolved_at=None,
        committed_on=None,
    )
    held = taken.report
    if is_shared:
        again = Happening(
            code=Event.Code.REOPENED,
            arguments={"case": held.public_id},
            visibility=Event.Visibility.STAFF,
        )
        record(own, [again], at=at, after=last_event(own))
        Incident.objects.filter(head=held).update(closed_at=None)
    officers = officers_of(held, on=localdate(at))
    if held.assignee_id and not officers.filter(pk=held.assignee_id).exists():
        held.assignee = None
        held.save(update_fields=["assignee"])
    # Photos of another reporter than the case's own are shown to staff alone.
    beside = taken.event if is_shared else None
    defer(media.keep(uploads, report=held, event=beside, at=at))
    Clock.objects.filter(report=held, party=Clock.Party.CITIZEN).update(stopped_at=None)
    grouping.leave(held, at=at)
    deadline = read_deadline(held.category, on=localdate(at))
    start_unit_clock(held, deadline, at=at)
    clocks.begin_targets(held, deadline, steps=clocks.ON_REOPENING, at=at)
    tell(taken.event, at=at)
    return held


@transaction.atomic
def withdraw(report: Report, *, at: datetime) -> Report:
    """Take a report back at its reporter's word; the code then answers nobody.

    What others told of the same thing stands: the oldest of their reports carries on.
    """
    before, along = succeeding.hold_with_duplicates(report)
    taken = take("withdraw", report, by=Side.REPORTER, at=at)
    if along:
        heir, *others = along
        succeeding.carry_on(heir, instead_of=before, others=others, at=at)
    held = _stop(taken, at=at)
    tell(taken.event, at=at)
    return held


def publish(
    step: str,
    report: Report,
    *,
    by: Actor | Side,
    at: datetime,
    version: int | None = None,
) -> Report:
    """Publish the latest result by one of the steps that do, inside its transaction."""
    taken = take(
        step,
        report,
        by=by,
        at=at,
        version=version,
        resolved_at=at,
    )
    waiting = Result.objects.filter(report=report, published_at=None)
    result = waiting.order_by("-pk").first()
    if result is None:
        raise NotNow
    result.published_at = at
    result.save(update_fields=["published_at"])
    if by is not Side.SYSTEM:
        # Whoever publishes has seen the photos; of itself, nobody has.
        ready = result.attachments.filter(state=Attachment.State.READY)
        ready.filter(kind=Attachment.Kind.PHOTO).update(approved_at=at)
    held = _stop(taken, at=at)
    # Of an incident, it answers every report in it; of any other case, none.
    answered = grouping.answer_all(held, result, as_=taken.event, at=at)
    tell_all([taken.event, *answered], at=at)
    return held


def _go_on(report: Report, *, at: datetime) -> Report:
    """Lead what was filed to who has the next word on it; there may be nobody left."""
    result = Result.objects.filter(report=report, published_at=None).latest("pk")
    if approval := OPERATORS_ALONE.get(Result.Outcome(result.outcome)):
        return _await(report, approval)
    if result.organisation.publishes_itself:
        _await(report, "")
        return publish("publish_result", report, by=Side.SYSTEM, at=at)
    return _await(report, "")


def _await(report: Report, approval: str) -> Report:
    report.approval = approval
    report.save(update_fields=["approval"])
    return report


def _odd(shot: Shot) -> str:
    """Say what is odd about a photo, and what to do."""
    if shot.is_far():
        said = _(
            "A photo was taken %(metres)s m from the place. Choose another one, or say "
            "why."
        )
        return said % {"metres": shot.metres_off}
    moment = date_format(localtime(shot.at), "H:i, d/m/Y")
    said = _("A photo was taken at %(moment)s. Choose a recent one, or say why.")
    return said % {"moment": moment}


def _stop(taken: Taken, *, at: datetime) -> Report:
    report = taken.report
    Clock.objects.filter(report=report, stopped_at__isnull=True).update(stopped_at=at)
    return report
