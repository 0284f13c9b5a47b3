"""Beside a unit's list: what its page tells around the cases, read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F
from django.utils.timezone import localdate

from accounts.models import User
from gis_data.models import Place

from .bordering import committees_of
from .deadlines import Calendar, calendar_of
from .duty import with_duty
from .models import CalendarDay, Category, Report
from .models.together import Row, ask_together
from .permissions import Actor, colleagues_of
from .worklist import asked_of

#: So many cases that may be the unit's own are shown above its list.
QUESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The unit's people and days, and what else it is asked."""

    calendar: Calendar
    officers: tuple[User, ...]  #: Each with `is_on_duty`.
    questions: tuple[Report, ...]  #: With nothing of them but what the page tells.
    has_border: bool

    @property
    def on_call(self) -> list[User]:
        """Who of them answers for urgent cases now."""
        return [each for each in self.officers if getattr(each, "is_on_duty", False)]


def read_beside(actor: Actor, *, at: datetime) -> Beside:
    """Read what stands beside the work of a person's units, in one statement."""
    people = with_duty(colleagues_of(actor, on=localdate(at)), actor.units, at=at)
    said = ask_together(
        days=CalendarDay.objects.values("on", "kind", "name", "name_en"),
        officers=people.values(*OFFICER),
        questions=asked_of(actor).values("version", "address", **QUESTION)[:QUESTIONS],
        border=committees_of(actor).values("id")[:1],
    )
    return Beside(
        calendar=calendar_of(_day(row) for row in said["days"]),
        officers=tuple(_officer(row) for row in said["officers"]),
        questions=tuple(_question(row) for row in said["questions"]),
        has_border=bool(said["border"]),
    )


OFFICER = ["id", "first_name", "last_name", "username", "is_on_duty"]
QUESTION = {
    "told_by": F("public_id"),
    "category_name": F("category__name"),
    "category_name_en": F("category__name_en"),
    "ward": F("current_place__name"),
    "ward_en": F("current_place__name_en"),
    "then": F("place__name"),
    "then_en": F("place__name_en"),
}


def _day(row: Row) -> CalendarDay:
    return CalendarDay(**row | {"on": date.fromisoformat(row["on"])})


def _officer(row: Row) -> User:
    is_on_duty = row.pop("is_on_duty")
    officer = User(**row)
    officer.is_on_duty = is_on_duty  # type: ignore[attr-defined]
    return officer


def _question(row: Row) -> Report:
    return Report(
        public_id=row["told_by"],
        version=row["version"],
        address=row["address"],
        category=Category(name=row["category_name"], name_en=row["category_name_en"]),
        current_place=_place(row["ward"], row["ward_en"]),
        place=_place(row["then"], row["then_en"]),
    )


def _place(name: str | None, name_en: str | None) -> Place | None:
    return Place(name=name, name_en=name_en or "") if name else None
