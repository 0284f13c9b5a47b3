"""Several questions asked in one statement, where each costs a round trip."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Row = dict[str, Any]


def ask_together(**questions: QuerySet[Any, Any]) -> dict[str, list[Row]]:
    """Answer every question (`.values(…)`) at once, each row by the names it was given.

    What comes is JSON: days and moments are text. A question that can have no answer
    is not asked.
    """
    parts: list[str] = []
    given: list[Any] = []
    for name, question in questions.items():
        try:
            sql, values = question.query.sql_with_params()
        except EmptyResultSet:
            continue
        rows = "coalesce(json_agg(row_to_json(q)), '[]')::text"
        # What is put together here are statements that Django has written.
        parts.append(f'(SELECT {rows} FROM ({sql}) q) AS "{name}"')  # noqa: S608
        given += values
    answers: dict[str, list[Row]] = {name: [] for name in questions}
    if not parts:
        return answers
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", given)
        (row,) = cursor.fetchall()
        names = [column.name for column in cursor.description]
    said = zip(names, row, strict=True)
    return answers | {name: json.loads(text) for name, text in said}
