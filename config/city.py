"""The city this site serves, read from its folder: the code knows none by name."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: Part of a day: from an hour and a minute to another.
HOURS = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTimes:
    """How clocks are watched here: when units are reminded, and who hears after."""

    remind_days: int = 1  #: So many working days before its date a unit is reminded.
    remind_at: time = time(8)
    parent_days: int = 2  #: After so many more, those above the unit hear.
    city_days: int = 5  #: After so many, the city's leaders do.
    extension_days: int = 5  #: So many working days more at most, once.
    pause_days: int = 60  #: So many days at most may a pause last.
    #: By the step of a target: so many minutes before it and after it, by who hears.
    minutes: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRule:
    """How what is to be repaired first is reckoned, until an administrator says else.

    Points of each part, then up to how much of it counts.
    """

    urgent: float = 5.0
    high: float = 3.0
    normal: float = 1.0
    late_day: float = 0.2
    follower: float = 0.5
    repeat: float = 2.0
    days_at_most: int = 30  #: So many days late count at most.
    followers_at_most: int = 20
    repeats_at_most: int = 5
    repeat_metres: int = 30  #: The same so near one that was handled…
    repeat_days: int = 90  #: …and so soon after it is a repeat.


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRule:
    """How units are ranked in public: what each share weighs, and among whom."""

    on_time: int = 60
    came_back: int = 20
    proof: int = 20
    at_least: int = 30  #: With fewer cases handled a unit is told of and not ranked.
    preview_days: int = 3  #: So many working days units see it before everybody.


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What settings need of `cities/<code>/city.toml`; the rest is loaded as rows."""

    folder: Path
    name: dict[str, str]
    languages: list[str]
    time_zone: str
    phone_region: str
    code_prefix: str
    service_name: dict[str, str]
    contact_required: bool
    emergency: list[dict[str, str]]
    reporting_day: int  #: On which day of a month a period of the figures ends,
    #: and at what time of it the next one begins: with the day, if nobody says.
    reporting_time: time = time()
    #: When the offices work, on each working day: "07:30-11:30".
    working_hours: list[str] = field(
        default_factory=lambda: ["08:00-12:00", "13:00-17:00"]
    )
    satisfied_from: int = 4  #: A score from this on is of somebody satisfied.
    rated_at_least: int = 30  #: Of fewer ratings no share of the satisfied is told.
    rating_days: int  #: How long a rating may still be changed.
    remind_days: int  #: How many working days lie between two reminders.
    after_photo_metres: int  #: So near the place a photo of the work is taken.
    after_photo_hours: int  #: So recent it is when the result is filed.
    bad_score: int = 2  #: A score that gives who leads the unit reason to look.
    bad_rating_waits_hours: int = 2  #: So long a reporter has to reopen instead.
    asked_share: float = 0.5  #: Of those who follow a case so many are asked.
    asked_after_hours: int = 24  #: How long after the result they are.
    doubted_by: int = 2  #: So many who say no raise a concern,
    doubted_share: float = 0.5  #: where they are such a share of who answered.
    follows_at_most: int  #: How many open cases one e-mail follows at a time.
    notice_days: int  #: For so many days a notice is tried that cannot be sent.
    call_tries: int  #: So often somebody is called back before it is given up.
    call_hours: int  #: So many hours lie between two tries.
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    root_place: dict[str, str]
    alley: re.Pattern[str]  #: What an address in an alley looks like.
    call_minutes: int = 5  #: So long a call, and what waits to be received, may take.
    call_warned_minutes: int = 4  #: When an operator is warned of it.
    location_hours: int = 24  #: How long a link for the place of a report is good.
    info_days: int = 5  #: So many working days a reporter has to answer a question.
    sampled_a_shift: int = 3  #: So many cases of each operator are looked at again.
    #: When a shift begins, by the hours of the city.
    shifts: list[str] = field(default_factory=lambda: ["06:00", "14:00", "22:00"])
    #: What is read to a caller before all else, by language.
    spoken_notice: dict[str, str] = field(default_factory=dict)
    #: Reasons for which a report is refused only once the reporter was asked in vain.
    refused_after_asking: list[str] = field(default_factory=list)
    #: Refused for these, a report is afterwards for the shift lead and auditors alone.
    quarantined_reasons: list[str] = field(default_factory=list)
    #: How a unit comes to learn who reported: `ContactRule`.
    contact: dict[str, Any] = field(default_factory=dict)
    #: Which roles sign in with a second factor: `accounts.second_factor.Rule`.
    second_factor: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)  #: What a branch looks like.
    #: By which other words people look for a category, in any language.
    category_words: dict[str, str] = field(default_factory=dict)
    #: What people write short when they name a place.
    place_words: dict[str, str] = field(default_factory=dict)
    #: How its people say an address: `addresses.toml`, as gis_data.addresses reads it.
    addresses: dict[str, Any] = field(default_factory=dict)
    #: How `sms.toml` says the names of units where there is little room.
    short_names: dict[str, Any] = field(default_factory=dict)
    #: Which outside service may be asked where an address is; empty: none.
    geocoder: dict[str, Any] = field(default_factory=dict)
    #: How far apart reports of one thing may lie, by category, branch or `default`;
    #: 0 metres where one never is like another.
    likely: dict[str, dict[str, int]] = field(
        default_factory=lambda: {"default": {"metres": 50, "days": 14}}
    )
    clocks: ClockTimes = field(default_factory=ClockTimes)
    ranking: RankingRule = field(default_factory=RankingRule)
    priority: PriorityRule = field(default_factory=PriorityRule)
    #: For how many hours a crew's link may hold, as its maker chooses.
    crew_link_hours: list[int] = field(default_factory=lambda: [24])
    #: Who leads staff to a point: an address with {lat} and {lon}.
    directions: str = ""


#: Tables of `city.toml` that have settings of their own.
RULES: dict[str, type] = {
    "clocks": ClockTimes,
    "ranking": RankingRule,
    "priority": PriorityRule,
}


def read_city(folder: Path) -> City:
    """Read the folder of a city, or say which setting is missing or mistaken in it."""
    path = folder / "city.toml"
    with path.open("rb") as file:
        said: dict[str, Any] = tomllib.load(file)
    for name, kind in RULES.items():
        rules = said.pop(name, {})
        _refuse_misnamed(kind, rules, where=f"[{name}] of {path}")
        said[name] = kind(**rules)
    said |= {
        "folder": folder,
        "alley": re.compile(said.pop("alley", r"(?!)"), re.IGNORECASE),
        "addresses": _read_if_there(folder / "addresses.toml"),
        "short_names": _read_if_there(folder / "sms.toml"),
    }
    _refuse_misnamed(City, said, where=str(path))
    city = City(**said)
    _refuse_mistaken_times(city, where=str(path))
    return city


def _refuse_misnamed(kind: Any, said: dict[str, Any], *, where: str) -> None:
    """Name the settings that have to be said and are not, and those there are not."""
    known = {each.name: each for each in fields(kind)}
    missing = [
        name
        for name, each in known.items()
        if name not in said
        and each.default is MISSING
        and each.default_factory is MISSING
    ]
    if missing:
        raise ImproperlyConfigured(f"{where} does not say {', '.join(missing)}.")
    unknown = [name for name in said if name not in known]
    if unknown:
        told = f"{where} says what is no setting: {', '.join(unknown)}."
        raise ImproperlyConfigured(told)


def _refuse_mistaken_times(city: City, *, where: str) -> None:
    """Refuse a period that ends on no day or hour, and offices that never work."""
    if city.reporting_day not in range(1, 32):
        told = f"{where}: reporting_day is no day of a month: {city.reporting_day!r}."
        raise ImproperlyConfigured(told)
    hour: Any = city.reporting_time  # TOML says what it likes.
    if not isinstance(hour, time):
        told = f"{where}: write reporting_time as 12:00:00, without quotes."
        raise ImproperlyConfigured(told)
    before: tuple[int, ...] = (0, 0)
    for said in city.working_hours or [""]:
        found = HOURS.fullmatch(said)
        hours = [int(each) for each in found.groups()] if found else []
        begins, ends = tuple(hours[:2]), tuple(hours[2:])
        if not before <= begins < ends <= (24, 0):
            told = f'{where}: write working_hours as ["08:00-12:00", "13:00-17:00"], '
            raise ImproperlyConfigured(f"{told}one after another: {said!r}.")
        before = ends


def _read_if_there(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        return tomllib.load(file)
