"""What invented people tell, where and when, in the mix of a real month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.utils.timezone import get_default_timezone, localtime
from phonenumbers import country_code_for_region

from incidents.intake import Telling
from incidents.models import Category, Channel, Report, Status
from incidents.privacy import Reporter

from .ground import Ground, Ward, beside
from .people import DOMAIN
from .words import Subject, Words

Source = Report.PlaceSource
CHANNELS = {
    Channel.HOTLINE: 45,
    Channel.PORTAL: 20,
    Channel.APP: 20,
    Channel.ZALO: 8,
    Channel.EMAIL: 3,
    Channel.FANPAGE: 2,
    Channel.SMS: 2,
}
#: How often a telephone rings, hour by hour.
HOURS = [2, 1, 1, 1, 1, 2, 5, 9, 11, 11, 10, 8, 6, 8, 10, 10, 9, 8, 8, 7, 6, 5, 4, 3]
#: Of a thousand: what is written to be refused, thanked for, or shown to 113, 114, 115.
WRITTEN = {Status.REFUSED: 30, Status.THANKED: 8, Status.EMERGENCY: 4}
AGAIN = 15  #: Of a thousand: what tells of an incident that was told of before.
A_STORM_EVERY = 9  #: Days.
COUNTRY = country_code_for_region(settings.CITY.phone_region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One report as it comes in, and what it was written for."""

    at: datetime
    channel: Channel
    telling: Telling
    subject: Subject
    ward: Ward
    written_for: Status | None = None
    refusal: str = ""
    again: int | None = None  #: The place in the list of the one told of before.


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The days that are told of, those with a storm among them."""

    at: datetime
    days: int
    storms: tuple[int, ...]

    def moment(self, rng: Random, *, in_storm: bool) -> datetime:
        """Draw a moment of office hours, or of the evening after heavy rain."""
        back = rng.randrange(self.days)
        hour = rng.choices(range(24), HOURS)[0]
        if in_storm:
            back, hour = rng.choice(self.storms), rng.choice([16, 17, 17, 18, 18, 19])
        day = localtime(self.at).date() - timedelta(days=back)
        clock = time(hour, rng.randrange(60), rng.randrange(60))
        drawn = datetime.combine(day, clock, tzinfo=get_default_timezone())
        if drawn.weekday() >= 5 and not in_storm and rng.random() < 0.4:
            drawn -= timedelta(days=2)
        while drawn > self.at - timedelta(minutes=5):
            drawn -= timedelta(days=1)
        return drawn


def season(*, at: datetime, days: int, rng: Random) -> Season:
    """Draw the days of heavy rain."""
    wet = rng.sample(range(days), max(days // A_STORM_EVERY, 1))
    return Season(at=at, days=days, storms=tuple(wet))


def draw(
    reports: int,
    *,
    when: Season,
    ground: Ground,
    words: Words,
    categories: Mapping[str, Category],
    rng: Random,
) -> list[Draft]:
    """Draw so many reports, the oldest first; the same for the same random numbers."""
    subjects = {c: s for c, s in words.subjects.items() if c in categories}
    codes = rng.choices(
        list(subjects), [each.share for each in subjects.values()], k=reports
    )
    purposes = _purposes(reports, words, rng)
    wet = {day: [ground.ward(rng) for _ in range(4)] for day in when.storms}
    drafts = []
    for code, (purpose, refusal) in zip(codes, purposes, strict=True):
        subject = subjects[code]
        in_storm = subject.storm and rng.random() < 0.75
        at = when.moment(rng, in_storm=in_storm)
        day = (localtime(when.at).date() - localtime(at).date()).days
        here = rng.choice(wet[day]) if in_storm and day in wet else ground.ward(rng)
        draft = _draft(at, categories[code], subject, here, ground, words, rng)
        drafts.append(_written(draft, purpose, refusal, words, rng))
    drafts.sort(key=lambda draft: draft.at)
    return _told_again(drafts, rng)


def _draft(
    at: datetime,
    category: Category,
    subject: Subject,
    here: Ward,
    ground: Ground,
    words: Words,
    rng: Random,
) -> Draft:
    channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    asks = rng.random() < subject.questions
    place = _place(category, channel, here, ground, rng)
    telling = Telling(
        category=category,
        description=words.fill(rng.choice(subject.say), ward=here.place.name, rng=rng),
        reporter=_reporter(words, rng),
        kind=Report.Kind.QUESTION if asks else Report.Kind.REPORT,
        reporter_type=rng.choices(list(Report.ReporterType), [90, 7, 3])[0],
        hides_name=rng.random() < 0.1,
        public=rng.random() > 0.05,
        **place,
    )
    return Draft(at=at, channel=channel, telling=telling, subject=subject, ward=here)


def _place(
    category: Category, channel: Channel, here: Ward, ground: Ground, rng: Random
) -> dict[str, Any]:
    """Place a report as its channel can: by the device, a tap, an address, a ward."""
    if not category.needs_place:
        if rng.random() < 0.4:
            return {"place_source": Source.WARD, "declared_ward": here.place}
        return {"place_source": Source.NONE}
    if rng.random() < 0.02:
        return {"place_source": Source.WARD, "declared_ward": here.place}
    point = ground.point(here, rng)
    if channel in {Channel.HOTLINE, Channel.EMAIL, Channel.SMS}:
        address = f"{rng.randint(1, 480)}/{rng.randint(1, 60)}, {here.place.name}"
        return {"place_source": Source.ADDRESS, "point": point, "address": address}
    if channel == Channel.APP and rng.random() < 0.7:
        accuracy = round(min(max(rng.lognormvariate(2.2, 0.7), 3), 80), 1)
        return {"place_source": Source.GPS, "point": point, "accuracy": accuracy}
    return {"place_source": Source.TAP, "point": point}


def _reporter(words: Words, rng: Random) -> Reporter:
    """Invent a person; no telephone has such a number, no letter reaches such a box."""
    number = rng.randrange(10_000)
    way = rng.random()
    return Reporter(
        name=f"{rng.choice(words.family)} {rng.choice(words.given)}",
        phone=f"+{COUNTRY}000{number:06}" if way < 0.85 else "",
        email=f"nguoi-thu-{number:04}@{DOMAIN}" if way > 0.5 else "",
    )


def _purposes(
    reports: int, words: Words, rng: Random
) -> list[tuple[Status | None, str]]:
    """Say what each report is written for; nearly all of them for nothing special."""
    refusals = list(words.refused)
    special: list[tuple[Status | None, str]] = []
    for status, often in WRITTEN.items():
        for turn in range(max(round(reports * often / 1000), 1)):
            refusal = refusals[turn % len(refusals)] if status == "refused" else ""
            special.append((status, refusal))
    rest: list[tuple[Status | None, str]] = [(None, "")]
    purposes = (special + rest * reports)[:reports]
    rng.shuffle(purposes)
    return purposes


def _written(
    draft: Draft, purpose: Status | None, refusal: str, words: Words, rng: Random
) -> Draft:
    """Put the words in a report that make the desk refuse it, thank or warn."""
    if purpose is None:
        return draft
    among = {
        Status.REFUSED: words.refused.get(refusal, []),
        Status.THANKED: words.words["thanks"],
        Status.EMERGENCY: words.words["emergency"],
    }[purpose]
    said = words.fill(rng.choice(among), ward=draft.ward.place.name, rng=rng)
    telling = replace(draft.telling, description=said, kind=Report.Kind.REPORT)
    # A person reads these first: they come by ways that nothing is routed from.
    return replace(
        draft,
        telling=telling,
        channel=rng.choice([Channel.EMAIL, Channel.FANPAGE]),
        written_for=purpose,
        refusal=refusal,
    )


def _told_again(drafts: list[Draft], rng: Random) -> list[Draft]:
    """Let some tell of what another told shortly before, a few steps away."""
    found = dict(_repeats(drafts, rng))
    return [
        _again(draft, drafts[found[turn]], found[turn], rng) if turn in found else draft
        for turn, draft in enumerate(drafts)
    ]


def _repeats(drafts: list[Draft], rng: Random) -> Iterator[tuple[int, int]]:
    located = [
        turn
        for turn, draft in enumerate(drafts)
        if draft.telling.point and draft.written_for is None
    ]
    wanted = max(round(len(drafts) * AGAIN / 1000), 1)
    pairs = list(zip(located[::2], located[1::2], strict=False))
    for earlier, later in rng.sample(pairs, min(wanted, len(pairs))):
        yield later, earlier


def _again(draft: Draft, before: Draft, turn: int, rng: Random) -> Draft:
    point = before.telling.point
    if point is None:
        return draft
    said = replace(
        before.telling,
        point=beside((point.x, point.y), metres=12, rng=rng),
        reporter=draft.telling.reporter,
    )
    return replace(
        draft, telling=said, subject=before.subject, ward=before.ward, again=turn
    )
