from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.city import read_city
from incidents.leading.periods import Period
from incidents.leading.worked_days import working_spans

FOLDERS = settings.BASE_DIR / "cities"
CITIES = sorted(each.parent for each in FOLDERS.glob("*/city.toml"))
#: What no other city could have said for this one.
NEEDED = [
    "name",
    "languages",
    "time_zone",
    "phone_region",
    "code_prefix",
    "service_name",
    "contact_required",
    "emergency",
    "reporting_day",
    "rating_days",
    "remind_days",
    "after_photo_metres",
    "after_photo_hours",
    "follows_at_most",
    "notice_days",
    "call_tries",
    "call_hours",
    "centre",
    "bounds",
    "root_place",
]


@pytest.fixture(params=CITIES, ids=lambda folder: folder.name)
def folder(request, tmp_path):
    """A city's folder with its settings alone, to be written in."""
    text = (request.param / "city.toml").read_text(encoding="utf-8")
    (tmp_path / "city.toml").write_text(text, encoding="utf-8")
    return tmp_path


def rewrite(folder: Path, name: str, line: str) -> None:
    """Say one setting otherwise, or not at all: in a line, or in tables of its name."""
    path = folder / "city.toml"
    text = path.read_text(encoding="utf-8")
    line_of = re.compile(rf"^{name} = .*\n", re.M)
    table_of = re.compile(rf"^\[+{name}\]+\n(?:(?!\[).*\n?)*", re.M)
    one = line_of if line_of.search(text) else table_of
    assert one.search(text)
    text = one.sub("", text)
    path.write_text(f"{line}\n{text}", encoding="utf-8")


def test_a_folder_that_says_no_hours_has_the_usual_ones(folder, settings):
    rewrite(folder, "reporting_time", "")
    rewrite(folder, "working_hours", "")

    settings.CITY = read_city(folder)

    until = Period(year=2026, month=11).until
    day = settings.CITY.reporting_day
    assert (until.date(), until.time()) == (date(2026, 11, day), time(0))
    assert working_spans() == [(480, 720), (780, 1020)]


@pytest.mark.parametrize("name", NEEDED)
def test_a_setting_that_has_to_be_said_is_named_when_it_is_not(folder, name):
    rewrite(folder, name, "")

    with pytest.raises(
        ImproperlyConfigured, match=rf"city\.toml does not say {name}\."
    ):
        read_city(folder)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("reporting_day", "reporting_day = 0"),
        ("reporting_time", 'reporting_time = "12:00"'),
        ("working_hours", "working_hours = []"),
        ("working_hours", 'working_hours = ["7h30-11h30"]'),
        ("working_hours", 'working_hours = ["17:00-08:00"]'),
        ("working_hours", 'working_hours = ["13:00-17:00", "08:00-12:00"]'),
        ("working_hours", 'working_hours = ["08:00-25:00"]'),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(folder, name, line):
    rewrite(folder, name, line)

    with pytest.raises(ImproperlyConfigured, match=rf"city\.toml: .*{name}"):
        read_city(folder)


def test_what_is_no_setting_is_named(folder):
    rewrite(folder, "reporting_time", "reporting_hour = 12")

    with pytest.raises(ImproperlyConfigured, match=r"no setting: reporting_hour\."):
        read_city(folder)


def test_what_is_no_setting_of_a_table_is_named_with_the_table(folder):
    rewrite(folder, "priority", "priority = { late_week = 1.0 }")

    with pytest.raises(ImproperlyConfigured, match=r"\[priority\] of .*: late_week\."):
        read_city(folder)
