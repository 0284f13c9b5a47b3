"""What becomes of each case: few are open, most are handled, as in a real month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from accounts.models import User
from incidents.models import (
    Organisation,
    RefusalReason,
    Report,
    ReturnReason,
    Status,
)
from incidents.permissions import Side

from .cases import ALL_STEPS, Case
from .words import Subject, Words

S = Status
#: Of the month to 25 October 2025: all reports, those in hand, those of them late.
MONTH, IN_HAND, LATE = 14_707, 396, 125
FRESH, LATE_AFTER = timedelta(days=5), timedelta(days=9)
#: How often a case that is open now stands in each state.
OPEN = {
    S.RECEIVED: 12,
    S.INFO_REQUESTED: 4,
    S.ACCEPTED: 4,
    S.RETURNED: 3,
    S.TRANSFERRED: 14,
    S.ACKNOWLEDGED: 9,
    S.VERIFYING: 6,
    S.IN_PROGRESS: 16,
    S.PAUSED: 4,
    S.AWAITING: 7,
    S.REOPENED: 2,
}
LATE_IN = [S.TRANSFERRED, S.ACKNOWLEDGED, S.IN_PROGRESS, S.IN_PROGRESS, S.PAUSED]
#: Only a person at the desk brings a case there.
WAITS = {S.RECEIVED, S.INFO_REQUESTED, S.ACCEPTED}
#: How many of a thousand are taken back by their reporters.
WITHDRAWN = 5
OUTCOMES = {
    "fixed": 80,
    "temporary": 5,
    "planned": 5,
    "not_found": 3,
    "not_true": 3,
    "other_owner": 4,
}
TITLED, CLOSED_AFTER = 0.4, timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of the road to a result: steps, each with the part of the time it takes.

    Where `reaches` is what a case is to come to, it ends there.
    """

    steps: tuple[tuple[str, float], ...]
    reaches: Status | None = None
    chance: float = 1.0
    and_back: tuple[tuple[str, float], ...] = ()


AT_ONCE = {
    S.RECEIVED: "",
    S.INFO_REQUESTED: "ask",
    S.REFUSED: "refuse",
    S.ANSWERED: "answer",
    S.THANKED: "thank",
    S.EMERGENCY: "point_to_emergency",
    S.WITHDRAWN: "withdraw",
    S.DUPLICATE: "merge",
}
#: The first two legs are walked at filing where a decision acts by itself.
ROAD = (
    Leg((("accept", 0.02),), S.ACCEPTED),
    Leg((("transfer", 0.03),)),
    Leg((("approve_title", 0.02),)),
    Leg((), S.TRANSFERRED),
    Leg((("send_back", 0.2),), S.RETURNED, 0.03, (("transfer", 0.1),)),
    Leg((("acknowledge", 0.1),), S.ACKNOWLEDGED),
    Leg((("verify", 0.15),), S.VERIFYING, 0.35),
    Leg((("start", 0.15),)),
    Leg((("note", 0.1),), None, 0.25),
    Leg((("pause", 0.1),), S.PAUSED, 0.04, (("resume", 0.3),)),
    Leg((), S.IN_PROGRESS),
    Leg((("propose_result", 0.5),), S.AWAITING),
    Leg((("send_result_back", 0.05),), None, 0.03, (("propose_result", 0.1),)),
    Leg((("publish_result", 0.05),)),
    Leg(
        (("reopen", 0.2),),
        S.REOPENED,
        0.01,
        (
            ("acknowledge", 0.1),
            ("start", 0.1),
            ("propose_result", 0.2),
            ("publish_result", 0.05),
        ),
    ),
    Leg((), S.RESOLVED),
    Leg((("close", 0.1),), S.CLOSED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who acts in the histories, and in what words."""

    desk: User | None
    officers: Mapping[int, User]
    reasons: Mapping[str, RefusalReason]
    returns: Sequence[ReturnReason]
    words: Words
    rng: Random

    def officer(self, unit: Organisation | None) -> User | None:
        return self.officers.get(unit.pk) if unit else None

    def say(self, what: str) -> str:
        return self.rng.choice(self.words.words[what])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a case is to come to, and by when it is to be there."""

    case: Case
    subject: Subject
    unit: Organisation
    target: Status
    until: datetime
    title: str
    refusal: str = ""


def targets(
    cases: Sequence[Case],
    *,
    likely: Sequence[bool],
    of: int,
    at: datetime,
    rng: Random,
) -> dict[int, Status]:
    """Say which cases are open, late or taken back, by their place in the list.

    Every state is there even among few; `of` is how many reports there are in all.
    The `likely` are rather open than others, so that who signs in finds work.
    """
    ages = [at - case.report.received_at for case in cases]
    drawn = [rng.random() * (0.55 if each else 1) for each in likely]
    free = sorted(range(len(cases)), key=lambda n: drawn[n])
    chosen: dict[int, Status] = {}

    def choose(status: Status, wanted: int, *, among: Iterable[int]) -> None:
        for n in among:
            if wanted <= 0:
                return
            waits = status in WAITS and cases[n].transfers
            if n not in chosen and not waits:
                chosen[n] = status
                wanted -= 1

    late = round(of * LATE / MONTH)
    in_time = max(round(of * IN_HAND / MONTH) - late, len(OPEN))
    fresh = [n for n in free if ages[n] < FRESH]
    newest = sorted(fresh, key=lambda n: ages[n])
    stale = [n for n in free if LATE_AFTER < ages[n] < 4 * LATE_AFTER]
    for status, often in OPEN.items():
        wanted = max(round(in_time * often / sum(OPEN.values())), 1)
        pool = newest if status in WAITS else fresh
        choose(status, wanted, among=[*pool, *free])
    for turn in range(late):
        choose(LATE_IN[turn % len(LATE_IN)], 1, among=stale)
    choose(S.WITHDRAWN, max(round(of * WITHDRAWN / 1000), 1), among=free)
    return chosen


def live(fate: Fate, cast: Cast) -> None:
    """Lead a case step by step to what it is to come to."""
    steps = list(_steps(fate, cast))
    report = fate.case.report
    span = (fate.until - report.received_at) / timedelta(seconds=1)
    total = sum(weight for _, weight in steps) or 1
    passed = 0.0
    for name, weight in steps:
        passed += weight * cast.rng.uniform(0.6, 1)
        seconds = int(span * passed / total)
        _take(name, fate, cast, at=report.received_at + timedelta(seconds=seconds))
    if report.status != fate.target:
        raise RuntimeError(f"{report} came to {report.status}, not {fate.target}.")


def _steps(fate: Fate, cast: Cast) -> Iterator[tuple[str, float]]:
    """Give the steps to a state, each with the part of the time it takes."""
    if fate.target in AT_ONCE:
        if step := AT_ONCE[fate.target]:
            yield step, 1
        return
    for leg in ROAD[2 if fate.case.transfers else 0 :]:
        is_there = leg.reaches == fate.target
        if is_there or cast.rng.random() < leg.chance:
            yield from leg.steps
            if is_there:
                return
            yield from leg.and_back


def _take(name: str, fate: Fate, cast: Cast, *, at: datetime) -> None:
    case, by = fate.case, _by(name, fate, cast)
    text = cast.say(name) if name in cast.words.words else ""
    match name:
        case "transfer":
            reason = cast.say("override")
            case.transfer(fate.unit, at=at, by=by, reason=reason)
        case "send_back":
            why = cast.rng.choice(cast.returns)
            case.send_back(at=at, by=by, text=text, reason=why)
        case "propose_result":
            _propose(fate, cast, at=at, by=by)
        case "publish_result":
            case.publish(at=at, by=by)
        case "reopen":
            case.reopen(at=at, text=text)
        case "approve_title":
            if fate.title:
                case.take(name, at=at, by=by, public_title=fate.title)
        case _:
            given = _given(name, fate, cast, at=at)
            case.take(name, at=at, by=by, **{"text": text} | given)


def _by(name: str, fate: Fate, cast: Cast) -> User | None:
    """Return who takes a step: an officer of the unit, the desk, or no account."""
    sides = ALL_STEPS[name].sides
    if Side.UNIT in sides:
        return cast.officer(fate.case.report.organisation)
    return cast.desk if Side.DESK in sides else None


def _given(name: str, fate: Fate, cast: Cast, *, at: datetime) -> dict[str, Any]:
    """Return what is given with a step besides words."""
    if name in {"accept", "answer"}:
        return {"accepted_at": at}
    if name == "refuse":
        reason = cast.reasons[fate.refusal]
        said = reason.guidance
        return {
            "refusal_reason": reason,
            "refusal_text": said,
            "text": said,
            "is_quarantined": reason.is_quarantined,
        }
    if name == "pause":
        until = localdate(at + timedelta(days=cast.rng.randint(4, 12)))
        return {"paused_until": until, "arguments": {"until": f"{until:%d/%m/%Y}"}}
    return {}


def _propose(fate: Fate, cast: Cast, *, at: datetime, by: User | None) -> None:
    rng, subject = cast.rng, fate.subject
    outcome = subject.outcome
    if outcome == "fixed":
        outcome = rng.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
    done = subject.done if outcome == "fixed" else []
    text = rng.choice(done or cast.words.result[outcome])
    no_photo = cast.say("no_photo") if fate.case.report.point is None else ""
    fate.case.propose(at=at, by=by, outcome=outcome, text=text, no_photo=no_photo)


def title_of(report: Report, subject: Subject, *, rng: Random) -> str:
    """Return the title an operator approves, if one does: in words of our own."""
    if not report.is_public or rng.random() >= TITLED:
        return ""
    return rng.choice(subject.title)
