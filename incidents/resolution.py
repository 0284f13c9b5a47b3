"""Resolved: a result with its proof, approved, published; and taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from . import clocks, media
from .deadlines import read_deadline
from .errors import Missing
from .handover import start_unit_clock
from .models import Attachment, Clock, Report, Result, Status, Target
from .notifications import defer, tell
from .permissions import Actor, Side, officers_of
from .work import acknowledge
from .workflow import Taken, take

#: Not yet taken by their unit, though in its hands.
UNTAKEN = frozenset({Status.TRANSFERRED, Status.REOPENED})
#: What was done on site is shown, or it is said why it cannot be.
DONE_ON_SITE = frozenset({Result.Outcome.FIXED, Result.Outcome.TEMPORARY})
SEEN_IN = frozenset({Attachment.Kind.PHOTO, Attachment.Kind.VIDEO})
#: Nobody is in danger any more, or nobody was.
SAFE = DONE_ON_SITE | {Result.Outcome.NOT_FOUND, Result.Outcome.NOT_TRUE}


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
    version: int | None = None,
) -> Report:
    """File what was done, with its photos, for approval.

    A unit set to publish by itself needs no approval. Work done on site is shown, or
    it is said why there is no photo of it.
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
    is_seen = any(upload.kind in SEEN_IN for upload in uploads)
    if outcome in DONE_ON_SITE and not is_seen and not no_photo_because.strip():
        said = _("Add a photo of the work, or say why there is none.")
        raise Missing(said, field="no_photo_because")
    held = taken.report
    unit = held.organisation
    if unit is None:
        raise RuntimeError("A case in hand has a unit; the database sees to it.")
    published = Result.objects.filter(report=held, published_at__isnull=False)
    result = Result.objects.create(
        report=held,
        round=published.count() + 1,
        organisation=unit,
        outcome=outcome,
        text=text.strip(),
        no_photo_because=no_photo_because.strip(),
        by=by.user,
        at=at,
    )
    defer(media.keep(uploads, report=held, result=result, at=at))
    if outcome in SAFE:
        clocks.meet(held, frozenset({Target.SAFE}), at=at)
    if unit.publishes_itself:
        return _publish(held, by=Side.SYSTEM, at=at)
    return held


@transaction.atomic
def publish_result(
    report: Report, *, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Publish the latest result, stop the clocks and tell the reporter, as one."""
    return _publish(report, by=by, at=at, version=version)


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

    The citizen's date stays the first one; the unit's clock starts anew. An officer
    who has left since has it no more.
    """
    taken = take(
        "reopen",
        report,
        by=Side.REPORTER,
        at=at,
        text=text,
        resolved_at=None,
        committed_on=None,
    )
    held = taken.report
    officers = officers_of(held, on=localdate(at))
    if held.assignee_id and not officers.filter(pk=held.assignee_id).exists():
        held.assignee = None
        held.save(update_fields=["assignee"])
    defer(media.keep(uploads, report=held, at=at))
    Clock.objects.filter(report=held, party=Clock.Party.CITIZEN).update(stopped_at=None)
    deadline = read_deadline(held.category, on=localdate(at))
    start_unit_clock(held, deadline, at=at)
    clocks.begin_targets(held, deadline, steps=clocks.ON_REOPENING, at=at)
    tell(taken.event, at=at)
    return held


@transaction.atomic
def withdraw(report: Report, *, at: datetime) -> Report:
    """Take a report back at its reporter's word; the code then answers nobody."""
    taken = take("withdraw", report, by=Side.REPORTER, at=at)
    held = _stop(taken, at=at)
    tell(taken.event, at=at)
    return held


def _publish(
    report: Report, *, by: Actor | Side, at: datetime, version: int | None = None
) -> Report:
    taken = take(
        "publish_result",
        report,
        by=by,
        at=at,
        version=version,
        resolved_at=at,
    )
    result = Result.objects.filter(report=report, published_at=None).latest("pk")
    result.published_at = at
    result.save(update_fields=["published_at"])
    if by is not Side.SYSTEM:
        # Whoever publishes has seen the photos; of itself, nobody has.
        ready = result.attachments.filter(state=Attachment.State.READY)
        ready.filter(kind=Attachment.Kind.PHOTO).update(approved_at=at)
    held = _stop(taken, at=at)
    tell(taken.event, at=at)
    return held


def _stop(taken: Taken, *, at: datetime) -> Report:
    report = taken.report
    Clock.objects.filter(report=report, stopped_at__isnull=True).update(stopped_at=at)
    return report
