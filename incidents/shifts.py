"""In charge of a shift: who waits and who has what, storms, notes, a second look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Count,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils.timezone import get_default_timezone, localdate, localtime
from django.utils.translation import gettext as _

from accounts.models import User

from .errors import Missing, NotAllowed, NotNow
from .models import (
    CallDraft,
    Event,
    Membership,
    Organisation,
    Report,
    ReportQuerySet,
    SampledCase,
    ShiftNote,
    ShiftNoteReading,
    Status,
    Storm,
)
from .permissions import AT_THE_DESK, Actor, visible_to
from .workflow import CLAIM_HOLDS, take

#: A storm that nobody ends is over by then at the latest.
STORM_AT_MOST = timedelta(hours=24)
#: What an operator brings to an end at the desk.
SETTLED = (
    Event.Code.TRANSFERRED,
    Event.Code.ANSWERED,
    Event.Code.REFUSED,
    Event.Code.THANKED,
    Event.Code.EMERGENCY,
)
#: How long what waits has waited, in minutes; the first is what the desk has.
AGES = (30, 240)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From when to when the same people are at the desk."""

    began_at: datetime
    ends_at: datetime


def shift_at(at: datetime) -> Shift:
    """Return the shift of a moment, by the hours the city has set."""
    zone, today = get_default_timezone(), localtime(at).date()
    begins = [time.fromisoformat(each) for each in settings.CITY.shifts]
    moments = sorted(
        datetime.combine(today + timedelta(days=days), begin, tzinfo=zone)
        for days in (-1, 0, 1)
        for begin in begins
    )
    return Shift(
        began_at=max(each for each in moments if each <= at),
        ends_at=min(each for each in moments if each > at),
    )


def waiting_by_age(by: Actor, *, at: datetime) -> dict[str, int]:
    """Count what waits to be received by how long it has, in one statement."""
    _leads_only(by)
    soon = at - timedelta(minutes=settings.CITY.call_minutes)
    half, long = (at - timedelta(minutes=minutes) for minutes in AGES)
    came = {
        "in_time": Q(received_at__gt=soon),
        "late": Q(received_at__lte=soon, received_at__gt=half),
        "very_late": Q(received_at__lte=half, received_at__gt=long),
        "forgotten": Q(received_at__lte=long),
    }
    return _received(by).aggregate(
        **{name: Count("pk", filter=when) for name, when in came.items()}
    )


def late_to_receive(by: Actor, *, at: datetime) -> ReportQuerySet:
    """Return what has waited longer than the desk should take, the longest first."""
    _leads_only(by)
    soon = at - timedelta(minutes=settings.CITY.call_minutes)
    late = _received(by).filter(received_at__lte=soon)
    return (
        late.with_its_ward().select_related("claimed_by").order_by("received_at", "pk")
    )


def operators_on(*, at: datetime) -> QuerySet[User]:
    """Return who works at the desk that day, with what each has in hand and has done.

    `claims` and `calls` are open now, `oldest_call` is when the oldest of them rang,
    and `settled` counts what this shift brought to an end.
    """
    here = Membership.objects.in_force(on=localdate(at)).filter(
        role__in=AT_THE_DESK, organisation__type=Organisation.Type.OPERATOR
    )
    claims = Report.objects.filter(
        claimed_by=OuterRef("pk"), claimed_at__gt=at - CLAIM_HOLDS
    ).order_by()
    drafts = CallDraft.objects.filter(user=OuterRef("pk"), dropped_at=None).order_by()
    done = Event.objects.filter(
        by=OuterRef("pk"), at__gte=shift_at(at).began_at, code__in=SETTLED
    ).order_by()
    people = User.objects.filter(pk__in=here.values("user"), is_active=True)
    return people.annotate(
        claims=_count(claims, "claimed_by"),
        calls=_count(drafts, "user"),
        oldest_call=Subquery(
            drafts.values("user").annotate(n=Min("started_at")).values("n")
        ),
        settled=_count(done, "by"),
    ).order_by("first_name", "last_name", "username")


def _count(rows: QuerySet[Any], whose: str) -> Coalesce:
    counted = rows.values(whose).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@transaction.atomic
def give_claim(
    report: Report, *, to: User, by: Actor, at: datetime, version: int | None = None
) -> Report:
    """Put a case on another operator's screen, whoever has it now."""
    _leads_only(by)
    if not operators_on(at=at).filter(pk=to.pk).exists():
        wanted = _("Choose somebody who works at the desk today.")
        raise Missing(wanted, field="operator")
    held = Report.objects.select_for_update().get(pk=report.pk)
    if held.claimed_by_id is not None:
        held.claimed_by = held.claimed_at = None
        held.save(update_fields=["claimed_by", "claimed_at"])
    said = {"officer": str(to.pk)}
    return take(
        "give_claim",
        report,
        by=by,
        at=at,
        version=version,
        arguments=said,
        claimed_by=to,
        claimed_at=at,
    ).report


@transaction.atomic
def begin_storm(
    *, reason: str, until: datetime | None, by: Actor, at: datetime
) -> Storm:
    """Tell the desk that many will report the same, why, and until when.

    It relaxes nothing: every report is received, and every date stays.
    """
    _leads_only(by)
    if not reason.strip():
        raise Missing(_("Say what the storm is."), field="reason")
    if until is None or not at < until <= at + STORM_AT_MOST:
        wanted = _("Give an hour within the next %(hours)s hours.")
        hours = STORM_AT_MOST // timedelta(hours=1)
        raise Missing(wanted % {"hours": hours}, field="until")
    if Storm.objects.blowing(at=at).select_for_update().exists():
        raise NotNow(_("Storm mode is on already."))
    return Storm.objects.create(
        begun_at=at, begun_by=by.user, reason=reason.strip(), until=until
    )


@transaction.atomic
def end_storm(*, by: Actor, at: datetime) -> int:
    """End the storm before its hour; return whether there was one."""
    _leads_only(by)
    return Storm.objects.blowing(at=at).update(ended_at=at, ended_by=by.user)


@transaction.atomic
def leave_note(*, text: str, by: Actor, at: datetime) -> ShiftNote:
    """Leave the next shift what it must know; whoever writes it has read it."""
    _leads_only(by)
    if not text.strip():
        raise Missing(_("Write a few words."), field="text")
    note = ShiftNote.objects.create(at=at, by=by.user, text=text.strip())
    ShiftNoteReading.objects.create(note=note, by=by.user, at=at)
    return note


@transaction.atomic
def read_note(note: ShiftNote, *, by: Actor, at: datetime) -> ShiftNoteReading:
    """Write down that somebody at the desk has read a note; the first time counts."""
    if not by.is_desk:
        raise NotAllowed
    reading, _is_new = ShiftNoteReading.objects.get_or_create(
        note=note, by=by.user, defaults={"at": at}
    )
    return reading


@transaction.atomic
def draw_sample(*, by: Actor, at: datetime) -> list[SampledCase]:
    """Draw some of what each operator settled in this shift, to be looked at again.

    The lot is fixed by the shift and the operator, and drawn once: nobody can draw
    until a case that suits them comes, and who draws again gets the same.
    """
    _leads_only(by)
    shift = shift_at(at)
    done = Event.objects.filter(
        at__gte=shift.began_at, at__lte=at, code__in=SETTLED, by__isnull=False
    )
    settled: dict[int, set[int]] = {}
    for operator, report in done.values_list("by", "report").distinct():
        settled.setdefault(operator, set()).add(report)
    there = operators_on(at=at).filter(pk__in=settled).values("pk")
    # Two who draw at once take turns for each operator.
    people = User.objects.filter(pk__in=there).select_for_update(no_key=True)
    held = list(people.order_by("pk"))
    drawn = SampledCase.objects.filter(shift_began_at=shift.began_at)
    known = set(drawn.values_list("operator", flat=True))
    rows = []
    for person in held:
        if person.pk in known:
            continue
        lot = f"{shift.began_at.isoformat()} {person.pk}"
        mine = sorted(settled[person.pk], key=partial(_turn_of, lot))
        rows += [
            SampledCase(
                report_id=report,
                operator=person,
                shift_began_at=shift.began_at,
                drawn_at=at,
            )
            for report in mine[: settings.CITY.sampled_a_shift]
        ]
    SampledCase.objects.bulk_create(rows)
    return list(drawn.all())


def _turn_of(lot: str, report: int) -> str:
    """Return where a case stands in a lot, whichever others are in it."""
    return sha256(f"{lot} {report}".encode()).hexdigest()


@transaction.atomic
def score_sample(
    sample: SampledCase, *, score: int | None, note: str, by: Actor, at: datetime
) -> SampledCase:
    """Say how well a case was taken, in one to five and a few words."""
    _leads_only(by)
    held = SampledCase.objects.select_for_update().get(pk=sample.pk)
    if held.operator_id == by.user.pk:
        raise NotAllowed(_("Your own cases are looked at by somebody else."))
    if score is None or not 1 <= score <= 5:
        raise Missing(_("Choose a score from 1 to 5."), field="score")
    held.score, held.note = score, note.strip()[:1000]
    held.scored_by, held.scored_at = by.user, at
    held.save(update_fields=["score", "note", "scored_by", "scored_at"])
    return held


def samples(*, began_at: datetime) -> QuerySet[SampledCase]:
    """Return what was drawn of a shift, by operator."""
    drawn = SampledCase.objects.filter(shift_began_at=began_at)
    return drawn.select_related("operator", "report__category").order_by(
        "operator__username", "pk"
    )


def samples_of(user: User) -> QuerySet[SampledCase]:
    """Return what an operator is told of their own work, the latest first."""
    scored = SampledCase.objects.filter(operator=user, score__isnull=False)
    return scored.select_related("report__category").order_by(
        F("scored_at").desc(), "-pk"
    )


def _received(by: Actor) -> ReportQuerySet:
    return Report.objects.filter(visible_to(by), status=Status.RECEIVED)


def _leads_only(by: Actor) -> None:
    if not by.leads_shift:
        raise NotAllowed
