"""Rows brought in line with what a file says: all at once, the unchanged left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Model
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from incidents.errors import BrokenCityFile

from .reading import Line

Row = TypeVar("Row", bound=Model)
Key = tuple[Any, ...]


@dataclass(slots=True)
class Count:
    """How many rows a file made, changed and left as they were."""

    created: int = 0
    changed: int = 0
    kept: int = 0


@dataclass(kw_only=True)
class Keeper(Generic[Row]):
    """Brings one table in line with one file.

    A row is known by its key. Only the fields the file speaks of are compared and
    written: what an administrator set beside them stays. Nothing is deleted.
    """

    model: type[Row]
    key: Callable[[Row], Key]
    fields: tuple[str, ...]
    count: Count = field(default_factory=Count)
    said: dict[Key, Line] = field(default_factory=dict)

    def keep(self, said: Iterable[tuple[Line, Row]]) -> list[Row]:
        """Write what is new or differs; return a row for each that was said."""
        held = {self.key(row): row for row in self.model._default_manager.all()}
        new: list[Row] = []
        changed: list[Row] = []
        rows: list[Row] = []
        line: Line | None = None
        for line, row in said:
            key = self.key(row)
            if key in self.said:
                cause = format_lazy(
                    _("says again what {where} says"), where=self.said[key].where
                )
                raise line.broken("", cause)
            self.said[key] = line
            existing = held.get(key)
            if existing is None:
                self._check(line, row)
                new.append(row)
            elif differs := [
                each for each in self.fields if _apart(row, existing, each)
            ]:
                self._check(line, row)
                for each in differs:
                    setattr(existing, each, getattr(row, each))
                changed.append(existing)
            rows.append(existing or row)
        self._write(new, changed, file=line.file if line else "")
        self.count.created += len(new)
        self.count.changed += len(changed)
        self.count.kept += len(rows) - len(new) - len(changed)
        return rows

    def _write(self, new: list[Row], changed: list[Row], *, file: str) -> None:
        manager = self.model._default_manager
        try:
            # What ends makes room for what begins.
            if changed:
                manager.bulk_update(changed, self.fields)
            manager.bulk_create(new)
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            cause = getattr(diagnosis, "message_detail", None) or str(error)
            said = f"goes against a row that is loaded: {cause}"
            raise BrokenCityFile(file, "", "", said) from error

    def _check(self, line: Line, row: Row) -> None:
        """Refuse what a form would refuse; whom it points to is known already."""
        pointers = [each.name for each in row._meta.fields if each.remote_field]
        try:
            row.clean_fields(exclude=pointers)
        except ValidationError as error:
            column, messages = next(iter(error.message_dict.items()))
            raise line.broken(column, messages[0]) from error


def _apart(one: Model, other: Model, name: str) -> bool:
    attribute = one._meta.get_field(name).attname  # type: ignore[union-attr]
    return bool(_plain(getattr(one, attribute)) != _plain(getattr(other, attribute)))


def _plain(value: Any) -> Any:
    """Compare ranges by their days: PostgreSQL writes an open end in its own way."""
    return (value.lower, value.upper) if isinstance(value, DateRange) else value
