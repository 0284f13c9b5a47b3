"""Directed: a leader above a unit asks something of it on a case, and is answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.models import User

from .deadlines import end_of
from .errors import Missing, NotAllowed, NotNow
from .history import Happening, last_event, naming, record
from .models import Directive, DirectiveQuerySet, Event, Membership, Report
from .notifications import defer
from .permissions import Actor, Side, visible_to
from .staff_notices import staff_jobs
from .workflow import take

#: A directive asks for an answer by a day no later than this.
ANSWERED_WITHIN = timedelta(days=60)
Role = Membership.Role


def may_direct(actor: Actor, report: Report, *, on: date) -> bool:
    """Tell whether this person leads what stands above the unit, or the city.

    A contract that is in force counts as parentage, as everywhere.
    """
    if report.organisation_id is None:
        return False
    above = RawSQL(ABOVE, (report.organisation_id, on, on, report.organisation_id))  # noqa: S611
    leads = Q(role=Role.LEADER, organisation__in=above) | Q(role=Role.CITY_LEADER)
    held = Membership.objects.in_force(on=on).filter(leads, user=actor.user)
    return held.filter(Q(place=None) | Q(place=report.current_place_id)).exists()


@transaction.atomic
def direct(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    kind: str,
    text: str,
    due_on: date | None,
    version: int | None = None,
) -> Report:
    """Ask something of the unit that has a case, by a day; it hears of it at once."""
    if kind not in Directive.Kind.values:
        raise Missing(_("This is needed here."), field="kind")
    today = localdate(at)
    if due_on is not None and not today <= due_on <= today + ANSWERED_WITHIN:
        said = _("Give today or a day to come, within %(days)s days.")
        raise Missing(said % {"days": ANSWERED_WITHIN.days}, field="due_on")
    taken = take(
        "direct",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        due_on=due_on,
        proven=_proven(by, report, at=at),
        arguments={"until": f"{due_on:%d/%m/%Y}", "kind": kind} if due_on else {},
    )
    held = taken.report
    if held.organisation is None or due_on is None:
        raise NotNow
    Directive.objects.create(
        report=held,
        organisation=held.organisation,
        kind=kind,
        due_at=end_of(due_on),
        given=taken.event,
        by=by.user,
        at=at,
    )
    return held


@transaction.atomic
def answer_directive(
    report: Report,
    *,
    directive: Directive | None,
    by: Actor,
    at: datetime,
    text: str,
    version: int | None = None,
) -> Report:
    """Say what was done about a directive; its giver hears of it."""
    held = _hold(report, directive)
    taken = take(
        "answer_directive",
        report,
        by=by,
        at=at,
        version=version,
        text=text,
        arguments={"giver": str(held.by_id)},
    )
    if held.answered_at is not None or held.closed_at is not None:
        raise NotNow(_("This directive was answered or closed already."))
    if held.organisation_id != taken.report.organisation_id:
        raise NotAllowed
    held.answer, held.answered_at = taken.event, at
    held.save(update_fields=["answer", "answered_at"])
    return taken.report


@transaction.atomic
def close_directive(
    report: Report,
    *,
    directive: Directive | None,
    by: Actor,
    at: datetime,
    version: int | None = None,
) -> Report:
    """Let a directive rest, answered or not: only who gave it may."""
    held = _hold(report, directive)
    if held.by_id != by.user.pk:
        raise NotAllowed
    taken = take(
        "close_directive",
        report,
        by=by,
        at=at,
        version=version,
        proven=frozenset({Side.ABOVE}),
    )
    if held.closed_at is not None:
        raise NotNow(_("This directive was closed already."))
    held.closed_at = at
    held.save(update_fields=["closed_at"])
    return taken.report


def let_go(reports: Iterable[int], *, at: datetime, by: User | None = None) -> None:
    """Close what was asked of units that have these cases no more; its givers hear.

    What was answered stays to be closed by its giver.
    """
    held = Directive.objects.unanswered().filter(report__in=list(reports))
    held = held.exclude(organisation=F("report__organisation")).order_by("report", "pk")
    known = held.select_related("report", "organisation")
    for each in known.select_for_update(of=("self",)):
        lapsed = Happening(
            code=Event.Code.DIRECTIVE_LAPSED,
            arguments=naming(each.organisation) | {"giver": str(each.by_id)},
            visibility=Event.Visibility.STAFF,
        )
        after = last_event(each.report)
        (event,) = record(each.report, [lapsed], at=at, by=by, after=after)
        each.closed_at = at
        each.save(update_fields=["closed_at"])
        defer(staff_jobs(event))


def hand_on(reports: Iterable[int]) -> None:
    """Let those answer who carry on by law for the units that were asked."""
    heir = Report.objects.filter(pk=OuterRef("report")).values("organisation")
    held = Directive.objects.unanswered().filter(report__in=list(reports))
    held.exclude(report__organisation=None).update(organisation=Subquery(heir))


def directives_on(report: Report) -> DirectiveQuerySet:
    """Return what was asked on one case, the newest first, with its words."""
    asked = Directive.objects.filter(report=report).order_by("-pk")
    return asked.select_related("organisation", "by", "given__note", "answer__note")


def given_by(actor: Actor) -> DirectiveQuerySet:
    """Return what somebody has asked of units, what is open and late first."""
    return _in_order(Directive.objects.filter(by=actor.user), actor)


def asked_of(actor: Actor) -> DirectiveQuerySet:
    """Return what is asked of somebody's units, on the cases that they may see."""
    whole = actor.units - actor.confined.keys()
    asked = Q(organisation__in=whole, report__organisation__in=whole)
    for unit, places in actor.confined.items():
        asked |= Q(
            organisation=unit,
            report__organisation=unit,
            report__current_place__in=places,
        )
    return _in_order(Directive.objects.filter(asked).exclude(by=actor.user), actor)


def _in_order(directives: DirectiveQuerySet, actor: Actor) -> DirectiveQuerySet:
    """Put what waits for an answer first, then what waits to be closed.

    What was asked on a case that is no more for somebody's eyes is not either.
    """
    seen = Report.objects.filter(visible_to(actor))
    known = directives.filter(report__in=seen.values("pk")).select_related(
        "organisation",
        "by",
        "given__note",
        "answer__note",
        "report__category",
        "report__place",
        "report__current_place",
    )
    return known.order_by(
        F("closed_at").desc(nulls_first=True),
        F("answered_at").desc(nulls_first=True),
        "due_at",
        "pk",
    )


def _proven(by: Actor, report: Report, *, at: datetime) -> frozenset[Side]:
    is_above = may_direct(by, report, on=localdate(at))
    return frozenset({Side.ABOVE}) if is_above else frozenset()


def _hold(report: Report, directive: Directive | None) -> Directive:
    """Hold a directive of this case, after the case itself as every step does."""
    if directive is None:
        raise Missing(_("This is needed here."), field="directive")
    Report.objects.select_for_update(of=("self",)).get(pk=report.pk)
    held = Directive.objects.select_for_update(of=("self",))
    found = held.filter(pk=directive.pk, report=report).first()
    if found is None:
        raise NotAllowed
    return found


#: Who stands above a unit that day, without the unit itself.
ABOVE = """
WITH RECURSIVE above AS (
    SELECT %s::bigint AS id
    UNION
    SELECT whole.id FROM above JOIN (
        SELECT parent_id AS id, id AS part FROM incidents_organisation
        WHERE parent_id IS NOT NULL AND validity @> %s::date
        UNION ALL
        SELECT owner_id, contractor_id FROM incidents_contract
        WHERE validity @> %s::date
    ) whole ON whole.part = above.id
)
SELECT id FROM above WHERE id <> %s
"""
