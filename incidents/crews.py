"""Crews: one job by a one-time link, seen and reported by people without accounts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from . import media
from .errors import CrewLinkSpent, Missing, NoSuchLink, NotAllowed, NotNow
from .history import Happening, last_event, record
from .models import (
    Attachment,
    CrewLink,
    CrewResult,
    Event,
    Report,
    Result,
    StagedFile,
    Status,
)
from .models.secret_link import digest_of, new_secret
from .models.status import IN_HAND
from .notifications import defer
from .permissions import Actor, Side
from .resolution import DONE_ON_SITE, SEEN_IN, file_result
from .staff_notices import staff_jobs
from .staging import delete_file

#: Of what a unit can say of a job, what a crew can.
OUTCOMES = (
    Result.Outcome.FIXED,
    Result.Outcome.TEMPORARY,
    Result.Outcome.NOT_FOUND,
    Result.Outcome.OTHER_OWNER,
)
#: While a unit has work to do on a case, and none of it awaits approval.
OPEN = IN_HAND - {Status.AWAITING}
#: So many links of a case may be open at once.
OPEN_AT_MOST = 5


def may_send_crews(report: Report, actor: Actor) -> bool:
    """Tell whether this person may give the job to a crew now."""
    is_theirs = bool(actor.sides(report) & {Side.UNIT, Side.PART})
    return is_theirs and report.status in OPEN


@transaction.atomic
def make_link(
    report: Report,
    *,
    crew: str,
    job: str,
    hours: int,
    photos: Sequence[Attachment],
    by: Actor,
    at: datetime,
) -> tuple[CrewLink, str]:
    """Make a link for one crew; its secret is returned once and kept by nobody.

    History tells its number, never the crew's name.
    """
    held = _hold(report.pk)
    if not may_send_crews(held, by):
        raise NotNow if held.status not in OPEN else NotAllowed
    if not crew.strip():
        raise Missing(_("Say which crew it is for."), field="crew")
    unit = held.organisation
    if unit is None:
        raise RuntimeError("A case in hand has a unit; the database sees to it.")
    links = CrewLink.objects.filter(report=held)
    if links.filter(revoked_at=None, expires_at__gt=at).count() >= OPEN_AT_MOST:
        said = _("So many links of this case are open already. Take one back first.")
        raise Missing(said, field="crew")
    token = new_secret()
    link = CrewLink.objects.create(
        report=held,
        number=links.count() + 1,
        organisation=unit,
        crew=crew.strip(),
        job=job.strip(),
        token_digest=digest_of(token),
        made_by=by.user,
        made_at=at,
        expires_at=at + timedelta(hours=hours),
    )
    link.photos.set(photos)
    _write(held, Event.Code.CREW_LINKED, link, at=at, by=by)
    return link, token


@transaction.atomic
def revoke_link(report: Report, number: int, *, by: Actor, at: datetime) -> CrewLink:
    """Take a link back: from now on it opens nothing."""
    held = _hold(report.pk)
    if not by.sides(held) & {Side.UNIT, Side.PART}:
        raise NotAllowed
    link = _find(held, number)
    if link.revoked_at is None:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
        _write(held, Event.Code.CREW_ENDED, link, at=at, by=by)
    return link


def open_link(token: str, *, at: datetime) -> CrewLink:
    """Find the link of a secret; a wrong one and none at all are the same to us.

    One that is over is found, for who has it may know that; see `is_open`.
    """
    links = CrewLink.objects.select_related(
        "organisation",
        "report__category",
        "report__place",
        "report__current_place",
        "result",
    )
    found = links.filter(token_digest=digest_of(token)).first()
    if found is None:
        raise NoSuchLink
    return found


def is_open(link: CrewLink, *, at: datetime) -> bool:
    """Tell whether a crew sees the job: the link holds and the unit has the case."""
    report = link.report
    is_theirs = report.organisation_id == link.organisation_id
    return link.is_alive(at=at) and is_theirs and report.status in IN_HAND


@transaction.atomic
def tell_progress(link: CrewLink, *, text: str, at: datetime) -> Report:
    """Write down how it goes, for the unit to read."""
    held, link = _hold_open(link, at=at)
    if not text.strip():
        raise Missing(_("Write a few words."), field="text")
    _write(held, Event.Code.CREW_NOTE, link, at=at, text=text.strip())
    return held


@transaction.atomic
def report_done(
    link: CrewLink,
    *,
    outcome: str,
    text: str,
    uploads: Sequence[media.Upload],
    no_photo_because: str,
    at: datetime,
) -> Report:
    """Take what a crew did for an officer to confirm; the link is spent with it."""
    held, link = _hold_open(link, at=at)
    if held.status not in OPEN:
        raise NotNow
    if outcome not in OUTCOMES:
        raise Missing(_("Choose one of the outcomes."), field="outcome")
    if not text.strip():
        raise Missing(_("Write a few words."), field="text")
    is_seen = any(upload.kind in SEEN_IN for upload in uploads)
    if outcome in DONE_ON_SITE and not is_seen and not no_photo_because.strip():
        said = _("Add a photo of the work, or say why there is none.")
        raise Missing(said, field="no_photo_because")
    done = CrewResult.objects.create(
        link=link,
        outcome=outcome,
        text=text.strip(),
        no_photo_because=no_photo_because.strip(),
        at=at,
    )
    for upload in {each.checksum: each for each in uploads}.values():
        _stage(upload, done, at=at)
    link.spent_at = at
    link.save(update_fields=["spent_at"])
    _write(held, Event.Code.CREW_DONE, link, at=at)
    return held


@transaction.atomic
def confirm_result(
    report: Report,
    number: int,
    *,
    by: Actor,
    at: datetime,
    photo_because: str = "",
    version: int | None = None,
) -> Report:
    """Make what a crew reported the unit's own result: an officer answers for it."""
    done = _unsettled(_hold(report.pk), number)
    staged = list(StagedFile.objects.filter(crew_result=done).order_by("pk"))
    with ExitStack() as stack:
        files = [stack.enter_context(each.original.open("rb")) for each in staged]
        filed = file_result(
            report,
            by=by,
            at=at,
            outcome=done.outcome,
            text=done.text,
            uploads=media.look_into(files),
            no_photo_because=done.no_photo_because,
            photo_because=photo_because,
            version=version,
        )
    _settle(done, staged, at=at, is_confirmed=True)
    return filed


@transaction.atomic
def set_aside(report: Report, number: int, *, by: Actor, at: datetime) -> Report:
    """Not take what a crew reported; the unit goes on, with a new link if need be."""
    held = _hold(report.pk)
    if not by.sides(held) & {Side.UNIT, Side.PART}:
        raise NotAllowed
    done = _unsettled(held, number)
    staged = list(StagedFile.objects.filter(crew_result=done))
    _settle(done, staged, at=at, is_confirmed=False)
    _write(held, Event.Code.CREW_ENDED, done.link, at=at, by=by)
    return held


def _hold(report_id: int) -> Report:
    held = Report.objects.select_for_update(of=("self",))
    return held.select_related("organisation").get(pk=report_id)


def _hold_open(link: CrewLink, *, at: datetime) -> tuple[Report, CrewLink]:
    """Hold the case and the link for writing, in this order, as every other step."""
    held = _hold(link.report_id)
    fresh = CrewLink.objects.select_for_update().get(pk=link.pk)
    fresh.report = held
    if not is_open(fresh, at=at):
        raise CrewLinkSpent
    if fresh.spent_at is not None:
        raise CrewLinkSpent(_("The job was reported done by this link already."))
    return held, fresh


def _find(report: Report, number: int) -> CrewLink:
    link = CrewLink.objects.filter(report=report, number=number).first()
    if link is None:
        raise NoSuchLink
    return link


def _unsettled(report: Report, number: int) -> CrewResult:
    waiting = CrewResult.objects.select_for_update(of=("self",)).select_related("link")
    done = waiting.filter(
        link__report=report, link__number=number, settled_at=None
    ).first()
    if done is None:
        raise NotNow
    return done


def _settle(
    done: CrewResult, staged: Sequence[StagedFile], *, at: datetime, is_confirmed: bool
) -> None:
    done.settled_at, done.is_confirmed = at, is_confirmed
    done.save(update_fields=["settled_at", "is_confirmed"])
    StagedFile.objects.filter(pk__in=[each.pk for each in staged]).delete()
    for each in staged:
        transaction.on_commit(delete_file(each))


def _stage(upload: media.Upload, done: CrewResult, *, at: datetime) -> None:
    row = StagedFile(
        client_id=f"crew-result-{done.pk}",
        name="",
        kind=upload.kind,
        media_type=upload.media_type,
        bytes=upload.file.size or 0,
        checksum=upload.checksum,
        crew_result=done,
        at=at,
    )
    upload.file.seek(0)
    row.original.save(f"{row.public_id}.{upload.ending}", upload.file, save=False)
    row.save(force_insert=True)


def _write(
    report: Report,
    code: Event.Code,
    link: CrewLink,
    *,
    at: datetime,
    by: Actor | None = None,
    text: str = "",
) -> None:
    said = Happening(
        code=code,
        arguments={"number": str(link.number)},
        text=text,
        visibility=Event.Visibility.STAFF,
    )
    user = by.user if by else None
    (event,) = record(report, [said], at=at, by=user, after=last_event(report))
    defer(staff_jobs(event))
