"""Seed: draw what people tell, route each, lead it through its life, keep the lot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils.timezone import localdate

from gis_data.locating import Found
from incidents.decisions import Decision
from incidents.errors import NothingToSeedOn
from incidents.intake import Telling, acts_by_itself
from incidents.models import (
    Category,
    Organisation,
    RefusalReason,
    Report,
    ReturnReason,
    Status,
)
from incidents.models.status import ENDED
from incidents.routing import route

from .cases import Case, Deadlines, filed
from .gathered import keep_incidents
from .ground import Ground, read_ground
from .lives import CLOSED_AFTER, Cast, Fate, live, targets, title_of
from .people import Account, desk_user, keep_accounts, keep_officers
from .photos import keep_photos, remove_files
from .tellings import Draft, draw, season
from .words import Words, read_words

PHOTOGRAPHED = 18
TRIES = 20
LATE_SHARE = 0.04  #: Of the handled: those handled after their date.


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """What a run made: nothing but accounts where there were demo reports already."""

    accounts: tuple[Account, ...]
    reports: int
    by_status: dict[str, int]


@transaction.atomic
def seed(
    *,
    reports: int,
    days: int,
    seed: int,
    at: datetime,
    photographed: int = PHOTOGRAPHED,
) -> Seeded:
    """Fill the database with a season of demo reports, once, all of it or nothing.

    The same `seed` draws the same reports; only their secrets differ: codes, public
    ids, salts and passwords.
    """
    words = read_words(settings.CITY_DIR)
    accounts = keep_accounts(words.accounts, on=localdate(at))
    if Report.objects.filter(is_demo=True).exists():
        return Seeded(accounts=tuple(accounts), reports=0, by_status={})
    cases = _cases(words, reports=reports, days=days, seed=seed, at=at)
    _keep(cases)
    keep_incidents(words, by=desk_user(), at=at, seed=seed)
    with ExitStack() as on_failure:
        rng, fit = Random(seed), [case for case in cases if _is_photogenic(case)]  # noqa: S311
        chosen = rng.sample(fit, min(photographed, len(fit)))
        for attachment in keep_photos(chosen, rng=rng):
            on_failure.callback(remove_files, [attachment])
        on_failure.pop_all()
    by_status: dict[str, int] = {}
    for case in cases:
        status = case.report.status
        by_status[status] = by_status.get(status, 0) + 1
    return Seeded(accounts=tuple(accounts), reports=len(cases), by_status=by_status)


def _cases(
    words: Words, *, reports: int, days: int, seed: int, at: datetime
) -> list[Case]:
    rng = Random(seed)  # noqa: S311
    first, last = localdate(at - timedelta(days=days + 2)), localdate(at)
    units = Organisation.objects.in_bulk()
    tried = _units_with_accounts(words, units)
    busy = frozenset(unit.place_id for unit in tried if unit.place_id)
    ground = read_ground(first=first, last=last, seed=seed, busy=busy)
    categories = Category.objects.in_force(on=last).in_bulk(field_name="code")
    if not (ground.wards and units and categories):
        raise NothingToSeedOn
    drafts = draw(
        reports,
        when=season(at=at, days=days, rng=rng),
        ground=ground,
        words=words,
        categories=categories,
        rng=rng,
    )
    deadlines = Deadlines(first=first, last=last)
    filings = [
        _filed(draft, ground=ground, units=units, deadlines=deadlines, rng=rng)
        for draft in drafts
    ]
    _link(drafts, filings)
    fates = _fates(drafts, filings, units=units, tried=tried, at=at, rng=rng)
    officers = keep_officers({fate.unit for fate in fates}, on=last)
    cast = Cast(
        desk=desk_user(),
        officers=officers,
        reasons=RefusalReason.objects.in_bulk(field_name="code"),
        returns=list(ReturnReason.objects.order_by("pk")),
        words=words,
        rng=rng,
    )
    for fate in fates:
        live(fate, cast)
    return filings


def _units_with_accounts(
    words: Words, units: dict[int, Organisation]
) -> set[Organisation]:
    codes = {role.organisation for role in words.accounts}
    return {unit for unit in units.values() if unit.code in codes}


def _filed(
    draft: Draft,
    *,
    ground: Ground,
    units: dict[int, Organisation],
    deadlines: Deadlines,
    rng: Random,
) -> Case:
    """File a report as intake does; a point that fell off the map is drawn again."""
    telling = draft.telling
    decision = _routed(telling, at=draft.at)
    for _ in range(TRIES):
        if decision.location.reason != Found.OFF_THE_MAP:
            break
        telling = replace(telling, point=ground.point(draft.ward, rng))
        decision = _routed(telling, at=draft.at)
    acts = acts_by_itself(decision, telling, channel=draft.channel)
    return filed(
        telling,
        decision,
        acts=acts,
        channel=draft.channel,
        at=draft.at,
        units=units,
        deadlines=deadlines,
    )


def _routed(telling: Telling, *, at: datetime) -> Decision:
    return route(
        telling.point,
        telling.category,
        at,
        accuracy=telling.accuracy or 0,
        ward_id=telling.declared_ward.pk if telling.declared_ward else None,
        address=telling.address,
        asset=telling.asset,
    )


def _fates(
    drafts: Sequence[Draft],
    cases: Sequence[Case],
    *,
    units: dict[int, Organisation],
    tried: set[Organisation],
    at: datetime,
    rng: Random,
) -> list[Fate]:
    """Say what becomes of each case; open ones are few, new or late."""
    committees = {
        unit.place_id: unit
        for unit in units.values()
        if unit.type == Organisation.Type.WARD and localdate(at) in unit.validity
    }
    ends = [_end(draft, rng) for draft in drafts]
    holders = [
        _unit(draft, case, units=units, committees=committees, rng=rng)
        for draft, case in zip(drafts, cases, strict=True)
    ]
    plain = [turn for turn, end in enumerate(ends) if end is None]
    chosen = targets(
        [cases[n] for n in plain],
        likely=[holders[n] in tried for n in plain],
        of=len(cases),
        at=at,
        rng=rng,
    )
    is_open = {plain[n]: status for n, status in chosen.items()}
    fates = []
    for turn, (draft, case) in enumerate(zip(drafts, cases, strict=True)):
        target = ends[turn] or is_open.get(turn) or _ending(case, at=at, rng=rng)
        fates.append(
            Fate(
                case=case,
                subject=draft.subject,
                unit=holders[turn],
                target=target,
                until=_until(case, target, at=at, rng=rng),
                title=title_of(case.report, draft.subject, rng=rng),
                refusal=draft.refusal,
            )
        )
    return fates


def _end(draft: Draft, rng: Random) -> Status | None:
    """Return where a report ends by what it says, if it does."""
    if draft.again is not None:
        return Status.DUPLICATE
    if draft.telling.kind == Report.Kind.QUESTION and rng.random() < 0.85:
        return Status.ANSWERED
    return draft.written_for


def _ending(case: Case, *, at: datetime, rng: Random) -> Status:
    is_old = at - case.report.received_at > CLOSED_AFTER * 1.5
    return Status.CLOSED if is_old and rng.random() < 0.3 else Status.RESOLVED


def _unit(
    draft: Draft,
    case: Case,
    *,
    units: dict[int, Organisation],
    committees: dict[int | None, Organisation],
    rng: Random,
) -> Organisation:
    """Choose as the desk does: as proposed, else of the claimants, else the ward's."""
    if case.record.organisation_id is not None:
        return units[case.record.organisation_id]
    if case.decision.claims:
        return units[rng.choice(case.decision.claims).unit.id]
    committee = committees.get(draft.ward.place.pk)
    return committee or units[min(units)]


def _until(case: Case, target: Status, *, at: datetime, rng: Random) -> datetime:
    """Draw the moment of the last step: within the date, but for a few."""
    received_at = case.report.received_at
    age = at - received_at
    if target in ENDED:
        takes = timedelta(hours=min(rng.lognormvariate(3.2, 0.9), 110))
        if rng.random() < LATE_SHARE:
            takes = timedelta(days=rng.uniform(9, 20))
        return received_at + min(takes, age * 0.95)
    return received_at + age * rng.uniform(0.1, 0.7)


def _link(drafts: Sequence[Draft], cases: Sequence[Case]) -> None:
    """Tie each report that tells of an incident again to the one before."""
    for draft, case in zip(drafts, cases, strict=True):
        if draft.again is not None:
            case.report.master = cases[draft.again].report


def _keep(cases: Iterable[Case]) -> None:
    """Write all rows of all cases, table by table."""
    cases = list(cases)
    _write(case.report for case in cases if case.report.master is None)
    _write(case.report for case in cases if case.report.master is not None)
    _write(case.record for case in cases)
    _write(case.contact for case in cases if case.contact)
    for rows in ("transfers", "clocks", "events", "notes", "results"):
        _write(row for case in cases for row in getattr(case, rows))


def _write(rows: Iterable[Model]) -> None:
    written = list(rows)
    if written:
        type(written[0])._default_manager.bulk_create(written, batch_size=500)


def _is_photogenic(case: Case) -> bool:
    report = case.report
    shown = report.is_public and report.point is not None and case.results
    return bool(shown and case.results[-1].published_at)
