"""Rows written by statements that are built once a process: what a filing leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def insert(*rows: Model) -> None:
    """Insert new rows of one model in one statement, and give each its id.

    Columns and checks are the model's own. No signal is sent, for nobody listens.
    """
    statement, fields = _insertion(type(rows[0]), len(rows))
    for row in rows:
        row._prepare_related_fields_for_save(operation_name="insert")  # type: ignore[attr-defined]
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        given = cursor.fetchall()
    for row, (pk,) in zip(rows, given, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, connection.alias


@cache
def _insertion(model: type[Model], rows: int) -> tuple[str, Sequence[Field[Any, Any]]]:
    names = model._meta
    fields = [
        field
        for field in names.concrete_fields
        if not (field.primary_key or field.generated)
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    row = f"({', '.join(['%s'] * len(fields))})"
    statement = (
        f'INSERT INTO "{names.db_table}" ({columns}) '  # noqa: S608
        f"VALUES {', '.join([row] * rows)} RETURNING id"
    )
    return statement, fields
