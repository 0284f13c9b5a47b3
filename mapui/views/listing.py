"""A page of a list that nobody counted: one row more is read than is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet

ON_A_PAGE = 25
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Row]):
    """Some rows of a list, and whether there are others before and after."""

    rows: list[Row]
    number: int
    has_next: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def previous_number(self) -> int:
        return self.number - 1


def listed(
    found: QuerySet[Row], *, page: str | None, on_a_page: int = ON_A_PAGE
) -> Listed[Row]:
    """Read one page, in one statement; a page number that is none is the first."""
    number = max(1, int(page)) if page and page.isdecimal() and len(page) < 6 else 1
    start = (number - 1) * on_a_page
    rows = list(found[start : start + on_a_page + 1])
    return Listed(rows=rows[:on_a_page], number=number, has_next=len(rows) > on_a_page)
