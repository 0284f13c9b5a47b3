from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import override

from incidents.city.loading import read_days
from incidents.deadlines import (
    Calendar,
    Override,
    calendar_of,
    days_skipped,
    due,
    read_calendar,
    read_deadline,
    read_deadlines,
    working_days_left,
)
from incidents.errors import NoDeadlineRule
from incidents.models import CalendarDay, Category, DeadlineRule

ALWAYS = DateRange(None, None)
DAY = date(2026, 11, 20)

#: Receipt → due after five working days, over Tết, nghỉ bù and swap days.
VECTORS = {
    "2024-02-06": "2024-02-20",
    "2024-04-26": "2024-05-07",
    "2025-01-22": "2025-02-05",
    "2025-04-23": "2025-04-29",  # earlier than naive: 26/4 is a make-up Saturday
    "2025-08-28": "2025-09-08",
    "2025-12-31": "2026-01-09",  # the library alone: 08
    "2026-01-05": "2026-01-10",  # a make-up Saturday; the library alone: 12
    "2026-02-12": "2026-02-26",
    "2026-02-14": "2026-02-27",  # a Saturday
    "2026-04-24": "2026-05-06",
    "2026-08-20": "2026-08-26",
    "2026-08-22": "2026-08-28",  # a make-up Saturday
    "2026-11-20": "2026-11-30",  # 24/11 off, as shipped
    "2026-11-23": "2026-12-01",
}


@pytest.fixture
def calendar() -> Calendar:
    shipped = read_days(settings.CITY_DIR / "calendar.csv")
    return calendar_of(day for _, day in shipped)


def local(day: str, hour: str = "10:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}+07:00")


def category(code: str, branch: Category | None = None, urgency: str = "normal"):
    return Category.objects.create(
        code=code, name=code, branch=branch, urgency=urgency, validity=ALWAYS
    )


def rule(amount: int, **about) -> DeadlineRule:
    said = {"unit": "days", "starts_on": date(2020, 1, 1), "legal_basis": "Article 1"}
    return DeadlineRule.objects.create(amount=amount, **said | about)


@pytest.mark.parametrize(("received", "expected"), VECTORS.items())
def test_five_working_days_end_where_the_offices_say(received, expected, calendar):
    found = due(local(received), working_days=5, calendar=calendar)

    assert found.due_at == local(expected, "23:59:59")


@pytest.mark.parametrize("hour", ["00:00:00", "17:01:00", "23:59:59"])
def test_the_hour_of_receipt_does_not_matter(hour, calendar):
    found = due(local("2026-11-16", hour), working_days=5, calendar=calendar)

    assert found.due_at == local("2026-11-23", "23:59:59")


def test_the_day_of_receipt_is_the_citys_not_greenwichs(calendar):
    late_evening_in_greenwich = datetime(2026, 11, 15, 18, tzinfo=UTC)

    found = due(late_evening_in_greenwich, working_days=1, calendar=calendar)

    assert found.due_at == local("2026-11-17", "23:59:59")


def test_24_november_counts_once_the_city_says_it_is_worked(calendar):
    worked = Override(on=date(2026, 11, 24), works=True, name="làm việc")
    decided = Calendar(
        country=calendar.country,
        overrides=calendar.overrides | {worked.on: worked},
    )

    found = due(local("2026-11-20"), working_days=5, calendar=decided)

    assert found.due_at == local("2026-11-27", "23:59:59")


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("vi", ["Thứ bảy", "Chủ nhật", "Ngày Văn hóa Việt Nam"]),
        ("en", ["Saturday", "Sunday", "Vietnam Culture Day"]),
    ],
)
def test_every_skipped_day_says_why_in_the_readers_language(language, names, calendar):
    with override(language):
        found = due(local("2026-11-20"), working_days=5, calendar=calendar)
        skipped = {each.on.day: each.why for each in found.skipped}

    assert [skipped[21], skipped[22], skipped[24]] == names
    assert list(skipped) == [21, 22, 24, 28, 29]


def test_a_swap_day_names_the_day_it_is_worked_on(calendar):
    found = due(local("2026-08-28"), working_days=1, calendar=calendar)

    assert "22/08/2026" in next(s.why for s in found.skipped if s.on.day == 31)


@pytest.mark.parametrize(
    ("at", "left"),
    [("2026-11-20", 5), ("2026-11-21", 5), ("2026-11-27", 1), ("2026-11-30", 0)],
)
def test_working_days_left_leave_out_today_and_days_off(at, left, calendar):
    due_at = local("2026-11-30", "23:59:59")

    assert working_days_left(due_at, at=local(at), calendar=calendar) == left


def test_no_working_day_is_left_when_it_is_late(calendar):
    due_at = local("2026-11-30", "23:59:59")
    at = due_at + timedelta(days=3)

    assert working_days_left(due_at, at=at, calendar=calendar) == 0
    assert days_skipped(due_at, at=at, calendar=calendar) == ()


def test_what_remains_and_what_is_skipped_fill_the_days_between(calendar):
    at, due_at = local("2026-11-20"), local("2026-11-30", "23:59:59")

    skipped = days_skipped(due_at, at=at, calendar=calendar)
    left = working_days_left(due_at, at=at, calendar=calendar)

    assert len(skipped) + left == 10


def test_the_version_follows_the_days_and_not_their_names(calendar):
    on = date(2026, 11, 24)
    renamed = Override(on=on, works=False, name="another name")
    worked = Override(on=on, works=True, name="another name")

    def version(day: Override) -> str:
        overrides = calendar.overrides | {on: day}
        return Calendar(country=calendar.country, overrides=overrides).version

    assert version(renamed) == calendar.version
    assert version(worked) != calendar.version
    assert len(calendar.version) <= 16


@pytest.mark.django_db
def test_calendar_and_rule_are_read_in_one_statement(django_assert_num_queries):
    flood = category("HT-NUOC.ngap", category("HT-NUOC", category("HT")))
    rule(5)
    CalendarDay.objects.create(on=DAY + timedelta(days=3), kind="off", name="nghỉ")

    with django_assert_num_queries(1):
        deadline = read_deadline(flood, on=DAY)
        found = deadline.due(local("2026-11-20"))

    assert found.due_at == local("2026-12-01", "23:59:59")
    assert deadline.calendar == read_calendar()


@pytest.mark.django_db
def test_the_closest_rule_wins():
    field = category("HT")
    branch = category("HT-NUOC", field)
    flood = category("HT-NUOC.ngap", branch, urgency="high")
    amounts = []

    for amount, about in enumerate(
        [
            {},
            {"urgency": "high"},
            {"category": field},
            {"category": branch},
            {"category": flood},
        ],
        start=1,
    ):
        rule(amount, **about)
        amounts.append(read_deadline(flood, on=DAY).rule.amount)

    assert amounts == [1, 2, 3, 4, 5]
    assert read_deadline(None, on=DAY).rule.amount == 1


@pytest.mark.django_db
def test_rules_of_other_categories_other_days_and_targets_are_no_deadline():
    flood, noise = category("HT"), category("TT")
    rule(5)
    rule(7, category=noise)
    rule(8, starts_on=DAY + timedelta(days=1))
    rule(9, urgency="normal", step="safe", is_target=True)

    assert read_deadline(flood, on=DAY).rule.amount == 5
    assert read_deadline(flood, on=DAY + timedelta(days=1)).rule.amount == 8


@pytest.mark.django_db
def test_a_rule_in_minutes_runs_by_the_clock_even_at_tet():
    rule(30, unit="minutes")
    on_tet = local("2026-02-17", "23:45:00")

    found = read_deadline(None, on=on_tet.date()).due(on_tet)

    assert found.due_at == on_tet + timedelta(minutes=30)
    assert found.skipped == ()


@pytest.mark.django_db
def test_a_city_without_a_rule_says_so():
    with pytest.raises(NoDeadlineRule):
        read_deadline(None, on=DAY)


@pytest.mark.django_db
def test_rules_held_in_memory_say_what_is_read_one_by_one(django_assert_num_queries):
    field = category("HT")
    branch = category("HT-NUOC", field)
    leaves = [
        category("HT-NUOC.ngap", branch, urgency="high"),
        category("HT-NUOC.hoi", branch),
        category("HT.cay", field, urgency="high"),
        category("TT", urgency="high"),
        category("MT"),
    ]
    rule(5)
    rule(4, starts_on=DAY)
    rule(3, urgency="high")
    rule(2, urgency="high", category=field)
    rule(90, category=branch, unit="minutes")
    rule(1, category=leaves[0], is_target=True, step="safe")
    rule(6, category=leaves[0], starts_on=DAY + timedelta(days=1))
    asked = [(each, DAY + timedelta(days=n)) for each in leaves for n in (-1, 0, 1)]
    one_by_one = [read_deadline(*each[:1], on=each[1]) for each in asked]

    with django_assert_num_queries(2):
        held = read_deadlines()
        rules = [held.rule(each, on=on) for each, on in asked]

    moments = [local(str(on), "20:15:00") for _, on in asked]
    together = list(zip(one_by_one, rules, moments, strict=True))
    assert rules == [each.rule for each in one_by_one]
    assert len(set(rules)) == 6
    assert all(held.due_at(r, at) == one.due(at).due_at for one, r, at in together)
    assert held.calendar_version == one_by_one[0].calendar.version


@pytest.mark.django_db
def test_rules_held_in_memory_say_where_none_is_in_force_yet():
    rule(5, starts_on=DAY)

    with pytest.raises(NoDeadlineRule):
        read_deadlines().rule(category("HT"), on=DAY - timedelta(days=1))
