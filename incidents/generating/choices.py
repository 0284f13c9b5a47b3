"""What is drawn from: the city's own mix, days with storms, words, units, due dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from django.conf import settings
from django.db import connection
from django.utils.timezone import localdate

from incidents.deadlines import Deadline, read_calendar, read_deadline
from incidents.demo.tellings import A_STORM_EVERY, HOURS
from incidents.demo.words import Words, read_words
from incidents.errors import NothingToSeedOn
from incidents.mass_routing import Asked, route_many
from incidents.models import (
    Category,
    DeadlineRule,
    Organisation,
    RefusalReason,
)

from .dice import keep_die, keep_rows

#: So many ways the same thing is said of each category.
SAYINGS = 24
#: On a day of the weekend so much is told of what a working day brings.
WEEKEND_SHARE = 0.6
WARDS_UNDER_A_STORM = 8
#: Storms come in these months.
WET_MONTHS = range(5, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From which day to which moment people tell of things."""

    first: date
    at: datetime

    @property
    def days(self) -> list[date]:
        last = localdate(self.at)
        return [
            self.first + timedelta(days=n) for n in range((last - self.first).days + 1)
        ]


def keep_choices(
    span: Span, wards: Sequence[tuple[int, float]], *, rng: Random
) -> None:
    """Keep every die and every table that reports are drawn from."""
    words = read_words(settings.CITY_DIR)
    on = localdate(span.at)
    categories = Category.objects.in_force(on=on).in_bulk(field_name="code")
    told = [categories[code] for code in words.subjects if code in categories]
    if not (wards and told and Organisation.objects.exists()):
        raise NothingToSeedOn
    _keep_mix(words, told)
    _keep_days(span, wards, rng=rng)
    _keep_words(words, told, rng=rng)
    _keep_units(told, wards, at=span.at)
    _keep_due_dates(span, told)


def _keep_mix(words: Words, told: Sequence[Category]) -> None:
    columns = {
        "category_id": "bigint",
        "storms": "boolean",
        "needs_place": "boolean",
        "may_show": "boolean",
        "routes_itself_on": "text[]",
        "asks": "float8",
    }
    subjects = [words.subjects[each.code] for each in told]
    outcomes = [
        (
            each.pk,
            subject.storm,
            each.needs_place,
            each.is_public,
            each.routes_itself_on,
            subject.questions,
        )
        for each, subject in zip(told, subjects, strict=True)
    ]
    shares = [subject.share for subject in subjects]
    keep_die("generated_category", columns, outcomes, shares)


def _keep_days(span: Span, wards: Sequence[tuple[int, float]], *, rng: Random) -> None:
    """Keep days, hours and wards, and the storms: when, and over which wards."""
    days = span.days
    calm = [WEEKEND_SHARE if day.weekday() >= 5 else 1.0 for day in days]
    keep_die("generated_day", {"day": "date"}, [(day,) for day in days], calm)
    keep_die("generated_hour", {"hour": "int"}, [(n,) for n in range(24)], HOURS)
    weights = [weight for _, weight in wards]
    keep_die(
        "generated_place", {"place_id": "bigint"}, [(w,) for w, _ in wards], weights
    )
    wet = [day for day in days if day.month in WET_MONTHS] or days
    stormy = rng.sample(wet, min(max(len(days) // A_STORM_EVERY, 1), len(wet)))
    storms = [
        ((day, ward), rng.expovariate(1.0) + 0.1)
        for day in sorted(stormy)
        for ward in rng.choices([w for w, _ in wards], weights, k=WARDS_UNDER_A_STORM)
    ]
    keep_die(
        "generated_storm",
        {"day": "date", "place_id": "bigint"},
        [outcome for outcome, _ in storms],
        [weight for _, weight in storms],
    )


def _keep_words(words: Words, told: Sequence[Category], *, rng: Random) -> None:
    said, titles = [], []
    for each in told:
        subject = words.subjects[each.code]
        said += [
            (each.pk, n, words.fill(rng.choice(subject.say), ward="{ward}", rng=rng))
            for n in range(SAYINGS)
        ]
        titles += [
            (each.pk, n, len(subject.title), t) for n, t in enumerate(subject.title)
        ]
    say = {"category_id": "bigint", "turn": "int", "words": "text"}
    keep_rows("generated_saying", say, said)
    title = {"category_id": "bigint", "turn": "int", "titles": "int", "words": "text"}
    keep_rows("generated_title", title, titles)
    reasons = RefusalReason.objects.order_by("code")
    keep_die(
        "generated_refusal",
        {"reason_id": "bigint", "words": "text", "is_quarantined": "boolean"},
        [
            (each.pk, each.guidance or each.code, each.is_quarantined)
            for each in reasons
        ],
        [0.2 if each.is_quarantined else 1.0 for each in reasons],
    )
    results = [
        (outcome, text) for outcome, texts in words.result.items() for text in texts
    ]
    done = [("fixed", t) for each in told for t in words.subjects[each.code].done]
    keep_die(
        "generated_result",
        {"outcome": "text", "words": "text"},
        [*results, *done],
        [1.0] * len(results) + [8.0] * len(done),
    )


def _keep_units(
    told: Sequence[Category], wards: Sequence[tuple[int, float]], *, at: datetime
) -> None:
    """Keep who answers for what where, as routing says; else the ward's committee."""
    on = localdate(at)
    places: list[int | None] = [None, *(place for place, _ in wards)]
    committees = {
        unit.place_id: unit.pk
        for unit in Organisation.objects.filter(type=Organisation.Type.WARD)
        if on in unit.validity
    }
    pairs = [(each, place) for each in told for place in places]
    asked = [
        Asked(number=n, point=None, category_id=each.pk, at=at, ward_id=place)
        for n, (each, place) in enumerate(pairs)
    ]
    anyone = min(Organisation.objects.values_list("pk", flat=True))
    rows = []
    for n, decision in route_many(asked):
        each, place = pairs[n]
        unit, claims = decision.organisation, decision.claims
        owner = unit.id if unit else claims[0].unit.id if claims else None
        owner = owner or committees.get(place) or anyone
        rows.append((each.pk, place or 0, owner, decision.is_settled))
    columns = {
        "category_id": "bigint",
        "place_id": "bigint",
        "organisation_id": "bigint",
        "is_settled": "boolean",
    }
    keep_rows("generated_unit", columns, rows)


def _keep_due_dates(span: Span, told: Sequence[Category]) -> None:
    """Keep by when what begins on a day is due, by the rule of each category."""
    calendar = read_calendar()
    rules: dict[int, DeadlineRule] = {}
    counted: dict[tuple[int, date], datetime] = {}
    rows = []
    for each in told:
        # Rules change once in years: that of the last day stands for all of them.
        rule = read_deadline(each, on=localdate(span.at)).rule
        rules[rule.pk] = rule
        for day in span.days:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=span.at.tzinfo)
            if (rule.pk, day) not in counted:
                deadline = Deadline(rule=rule, calendar=calendar)
                counted[rule.pk, day] = deadline.due(noon).due_at
            rows.append(
                (each.pk, day, rule.pk, counted[rule.pk, day], calendar.version)
            )
    columns = {
        "category_id": "bigint",
        "day": "date",
        "rule_id": "bigint",
        "due_at": "timestamptz",
        "calendar_version": "text",
    }
    keep_rows("generated_due", columns, rows)
    _index("generated_due", "category_id, day")
    _index("generated_unit", "category_id, place_id")
    _index("generated_saying", "category_id, turn")
    _index("generated_title", "category_id, turn")


def _index(table: str, columns: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {table} ({columns}); ANALYZE {table}")
