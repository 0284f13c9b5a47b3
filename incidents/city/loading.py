"""Load the city's folder, all of it or nothing, as often as one likes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from gis_data.models import DefaultPoint
from incidents.models import (
    CalendarDay,
    Category,
    Contract,
    DeadlineRule,
    Organisation,
    OrganisationSuccession,
    Question,
    RefusalReason,
    ReplyTemplate,
    ReturnReason,
)
from incidents.questions import broken_choices
from incidents.recounting import ask_for_recount, standing

from .answering import load_articles
from .charging import charge
from .keeping import Count, Keeper
from .places import Places, read_places
from .reading import Line, read_table, read_tables

TOLD = {
    each.value: each.value
    for each in (DefaultPoint.Kind.OFFICE, DefaultPoint.Kind.GEOCODER)
}
UNITS = {"days": DeadlineRule.Unit.WORKING_DAYS, "minutes": DeadlineRule.Unit.MINUTES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a folder made of the database, file by file."""

    counts: dict[str, Count] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        return sum(each.created + each.changed for each in self.counts.values())


@transaction.atomic
def load_city(folder: Path) -> Loaded:
    """Bring categories, organisations, responsibilities, days and texts up to date.

    A responsibility for a place the map does not have yet is left out and counted:
    loading again once the map is there picks it up.
    """
    places, before = read_places(folder / "groups.csv"), standing()
    counts = {
        "calendar.csv": _days(folder),
        "refusals.toml": _refusals(folder),
        "returns.toml": _returns(folder),
        "reply_templates.csv": _replies(folder),
    }
    if (folder / "default_points.csv").exists():
        counts["default_points.csv"] = _default_points(folder)
    categories, counts["categories.csv"] = _categories(folder)
    counts["questions.csv"] = _questions(folder, categories)
    if (folder / "articles.toml").exists():
        counts["articles.toml"] = load_articles(folder / "articles.toml", categories)
    counts["deadlines.csv"] = _deadlines(folder, categories)
    organisations, counts["organisations.csv"] = _organisations(folder, places)
    counts["successions.csv"] = _successions(folder, organisations)
    counts["contracts.csv"] = _contracts(folder, organisations)
    counts["responsibilities.csv"] = charge(
        folder / "responsibilities.csv", categories, organisations, places
    )
    ask_for_recount(before.changes(standing()), by=None, at=timezone.now())
    return Loaded(counts=counts, missing=places.missing)


def read_days(path: Path) -> Iterator[tuple[Line, CalendarDay]]:
    """Read the days the city decided about."""
    columns = ("date", "kind", "name", "name_en", "confirmed", "legal_basis")
    for line in read_table(path, columns):
        yield (
            line,
            CalendarDay(
                on=line.day("date"),
                kind=line.needed("kind"),
                name=line.needed("name"),
                name_en=line.text("name_en"),
                is_confirmed=line.flag("confirmed"),
                legal_basis=line.needed("legal_basis"),
            ),
        )


def _days(folder: Path) -> Count:
    keeper = Keeper(
        model=CalendarDay,
        key=lambda day: (day.on,),
        fields=("kind", "name", "name_en", "is_confirmed", "legal_basis"),
    )
    keeper.keep(read_days(folder / "calendar.csv"))
    return keeper.count


def _refusals(folder: Path) -> Count:
    columns = ("name", "name_en", "guidance", "guidance_en", "sms", "sms_en")
    keeper = Keeper(
        model=RefusalReason, key=lambda reason: (reason.code,), fields=columns
    )
    said = read_tables(folder / "refusals.toml", columns)
    keeper.keep(
        (line, RefusalReason(code=code, **line.cells)) for code, line in said.items()
    )
    return keeper.count


def _returns(folder: Path) -> Count:
    columns = ("name", "name_en")
    keeper = Keeper(
        model=ReturnReason, key=lambda reason: (reason.code,), fields=columns
    )
    said = read_tables(folder / "returns.toml", columns)
    keeper.keep(
        (line, ReturnReason(code=code, **line.cells)) for code, line in said.items()
    )
    return keeper.count


def _replies(folder: Path) -> Count:
    """Load the words that every organisation may pick; its own are its own affair."""
    keeper = Keeper(
        model=ReplyTemplate,
        key=lambda words: (words.organisation_id, words.purpose, words.name),
        fields=("text",),
    )
    lines = read_table(folder / "reply_templates.csv", ("purpose", "name", "text"))
    keeper.keep(
        (
            line,
            ReplyTemplate(
                purpose=line.needed("purpose"),
                name=line.needed("name"),
                text=line.needed("text"),
            ),
        )
        for line in lines
    )
    return keeper.count


def _default_points(folder: Path) -> Count:
    """Load the points that geocoders are known to answer for the whole city."""
    keeper = Keeper(
        model=DefaultPoint,
        key=lambda row: (row.point.x, row.point.y, row.source),
        fields=("kind", "name"),
    )
    columns, now = ("lon", "lat", "kind", "name", "source"), timezone.now()
    keeper.keep(
        (
            line,
            DefaultPoint(
                point=Point(line.degrees("lon"), line.degrees("lat"), srid=4326),
                kind=line.found("kind", line.needed("kind"), TOLD),
                name=line.text("name"),
                source=line.needed("source"),
                recorded_at=now,
            ),
        )
        for line in read_table(folder / "default_points.csv", columns)
    )
    return keeper.count


def _categories(folder: Path) -> tuple[dict[str, Category], Count]:
    keeper = Keeper(
        model=Category,
        key=lambda category: (category.code,),
        fields=(
            "branch",
            "name",
            "name_en",
            "urgency",
            "needs_place",
            "is_public",
            "routes_itself_on",
            "validity",
        ),
    )
    columns = {"code", "branch", "name", "name_en", "urgency", "needs_place"}
    columns |= {"sensitive", "routes_itself_on", "valid_from", "valid_to"}
    lines = read_table(folder / "categories.csv", columns)
    known: dict[str, Category] = {}
    for generation in _by_generation(lines, "branch"):
        rows = keeper.keep((line, _category(line, known)) for line in generation)
        known |= {row.code: row for row in rows}
    return known, keeper.count


def _category(line: Line, known: dict[str, Category]) -> Category:
    return Category(
        code=line.needed("code"),
        branch=line.known("branch", known) if line.text("branch") else None,
        name=line.needed("name"),
        name_en=line.text("name_en"),
        urgency=line.needed("urgency"),
        needs_place=line.flag("needs_place"),
        is_public=not line.flag("sensitive"),
        routes_itself_on=line.words("routes_itself_on"),
        validity=line.validity(),
    )


def _questions(folder: Path, categories: dict[str, Category]) -> Count:
    keeper = Keeper(
        model=Question,
        key=lambda question: (question.category_id, question.code),
        fields=("kind", "text", "text_en", "choices", "position"),
    )
    columns = ("category", "code", "kind", "text", "text_en", "choices", "position")
    lines = read_table(folder / "questions.csv", columns)
    keeper.keep((line, _question(line, categories)) for line in lines)
    return keeper.count


def _question(line: Line, categories: dict[str, Category]) -> Question:
    kind = line.needed("kind")
    choices = [
        said for each in line.text("choices").split(";") if (said := each.strip())
    ]
    if cause := broken_choices(kind, choices):
        raise line.broken("choices", cause)
    return Question(
        category=line.known("category", categories),
        code=line.needed("code"),
        kind=kind,
        text=line.needed("text"),
        text_en=line.text("text_en"),
        choices=choices,
        position=line.whole("position"),
    )


def _deadlines(folder: Path, categories: dict[str, Category]) -> Count:
    keeper = Keeper(
        model=DeadlineRule,
        key=lambda rule: (rule.category_id, rule.urgency, rule.step, rule.starts_on),
        fields=("amount", "unit", "is_target", "legal_basis"),
    )
    columns = {"category", "urgency", "step", "amount", "unit", "target", "from"}
    lines = read_table(folder / "deadlines.csv", columns | {"legal_basis"})
    keeper.keep((line, _deadline(line, categories)) for line in lines)
    return keeper.count


def _deadline(line: Line, categories: dict[str, Category]) -> DeadlineRule:
    urgency = line.text("urgency")
    if urgency not in ("", *Category.Urgency.values):
        raise line.broken("urgency", f"{urgency!r} is not known")
    return DeadlineRule(
        category=line.known("category", categories) if line.text("category") else None,
        urgency=urgency,
        step=line.text("step"),
        amount=line.whole("amount"),
        unit=line.known("unit", UNITS),
        is_target=line.flag("target"),
        starts_on=line.day("from"),
        legal_basis=line.needed("legal_basis"),
    )


def _organisations(
    folder: Path, places: Places
) -> tuple[dict[str, Organisation], Count]:
    keeper = Keeper(
        model=Organisation,
        key=lambda organisation: (organisation.code,),
        fields=("name", "name_en", "type", "parent", "place", "phone", "validity"),
    )
    columns = {"code", "name", "name_en", "type", "parent", "place", "phone"}
    columns |= {"valid_from", "valid_to", "note"}
    lines = read_table(folder / "organisations.csv", columns)
    known: dict[str, Organisation] = {}
    for generation in _by_generation(lines, "parent"):
        rows = keeper.keep(
            (line, _organisation(line, known, places)) for line in generation
        )
        known |= {row.code: row for row in rows}
    return known, keeper.count


def _organisation(
    line: Line, known: dict[str, Organisation], places: Places
) -> Organisation:
    spot = places.claim(line, "place")
    return Organisation(
        code=line.needed("code"),
        name=line.needed("name"),
        name_en=line.text("name_en"),
        type=line.needed("type"),
        parent=line.known("parent", known) if line.text("parent") else None,
        place_id=spot.pk if spot else None,
        phone=line.text("phone"),
        validity=line.validity(),
    )


def _successions(folder: Path, organisations: dict[str, Organisation]) -> Count:
    keeper = Keeper(
        model=OrganisationSuccession,
        key=lambda each: (each.predecessor_id, each.successor_id),
        fields=("on", "legal_basis"),
    )
    columns = ("predecessor", "successor", "from", "legal_basis")
    keeper.keep(
        (
            line,
            OrganisationSuccession(
                predecessor=line.known("predecessor", organisations),
                successor=line.known("successor", organisations),
                on=line.day("from"),
                legal_basis=line.text("legal_basis"),
            ),
        )
        for line in read_table(folder / "successions.csv", columns)
    )
    return keeper.count


def _contracts(folder: Path, organisations: dict[str, Organisation]) -> Count:
    keeper = Keeper(
        model=Contract,
        key=lambda each: (
            each.owner_id,
            each.contractor_id,
            each.scope,
            each.validity.lower,
        ),
        fields=("validity", "is_confirmed"),
    )
    columns = {"owner", "contractor", "scope", "valid_from", "valid_to", "confirmed"}
    keeper.keep(
        (
            line,
            Contract(
                owner=line.known("owner", organisations),
                contractor=line.known("contractor", organisations),
                scope=line.needed("scope"),
                validity=line.validity(),
                is_confirmed=line.flag("confirmed"),
            ),
        )
        for line in read_table(folder / "contracts.csv", columns)
    )
    return keeper.count


def _by_generation(lines: list[Line], parent: str) -> Iterator[list[Line]]:
    """Give parents before their children, whatever the order in the file."""
    waiting, done = lines, {""}
    while waiting:
        ready = [line for line in waiting if line.text(parent) in done]
        if not ready:
            raise waiting[0].broken(parent, "is not in this file, or leads to itself")
        yield ready
        waiting = [line for line in waiting if line.text(parent) not in done]
        done |= {line.text("code") for line in ready}
